"""The numbers of a race in numpy and scipy: what its JavaScript is held against."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from resnet_lab.widgets.race.data import RaceData
from resnet_lab.widgets.race.view import View

Values = NDArray[np.float64]


def chosen(net: dict[str, Any], view: View) -> list[dict[str, Any]]:
    return [run for run in net["runs"] if view.seed in (None, run["seed"])]


def values_at(race: RaceData, net: dict[str, Any], view: View, steps: list[int]) -> Values:
    """``run, step``: the last value, NaN before the first point, after the last, in gaps."""
    table = np.full((len(chosen(net, view)), len(steps)), np.nan)
    for row, run in zip(table, chosen(net, view), strict=True):
        measured = race["grids"][run["grid"]]["step"]
        values = np.array(run[f"{view.part}_{view.quantity}"], float)  # None becomes NaN
        for place, step in enumerate(steps):
            at = int(np.searchsorted(measured, step, side="right")) - 1
            if at >= 0 and step <= measured[-1]:
                row[place] = values[at]
    return table


def nan_mean(table: Values) -> Values:
    """Mean over the runs; NaN where none has a value."""
    count = np.isfinite(table).sum(0)
    return np.where(count, np.nansum(table, 0) / np.maximum(count, 1), np.nan)


def mean_curve(race: RaceData, net: dict[str, Any], view: View) -> tuple[list[int], Values]:
    """The steps at which one of the chosen runs was measured, and the mean at each."""
    steps = sorted({s for run in chosen(net, view) for s in race["grids"][run["grid"]]["step"]})
    return steps, nan_mean(values_at(race, net, view, steps))


def standing(race: RaceData, view: View) -> list[dict[str, Any]]:
    """The shown nets, lowest mean first, those without a value last; ties share a rank."""
    places = []
    for index, net in enumerate(race["nets"]):
        if net["label"] not in view.shown:
            continue
        now = values_at(race, net, view, [view.step])[:, 0]
        now = now[np.isfinite(now)]
        course = mean_curve(race, net, view)[1]
        course = course[np.isfinite(course)]
        places.append({
            "net": index, "label": net["label"], "runs": len(chosen(net, view)),
            "measured": len(now), "start": course[0] if len(course) else None,
            "spread": [now.mean(), now.min(), now.max()] if len(now) else None,
        })  # fmt: skip
    means = [place["spread"][0] if place["spread"] else np.inf for place in places]
    ranks = rankdata(means, method="min") if places else []
    for place, rank in zip(places, ranks, strict=True):
        place["rank"] = int(rank) if place["spread"] else None
    return [places[index] for index in np.argsort(means, kind="stable")]
