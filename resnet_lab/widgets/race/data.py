"""Training curves as the race keeps them: checked, rounded, small enough for a page.

``{"title", "data", "grids": [{"step", "epoch"}], "nets": [{"label", "runs": [...]}]}``; a run is
``{"seed", "grid", "train_error", "train_loss", "test_error", "test_loss"}``, ``grid`` an index:
runs measured at the same steps share them. A run that did not finish says why in ``"ended"``.
Where one point of several was kept, ``"one_of"`` is their number; where a run goes on,
``"until"`` is the step that it will reach.
"""

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from resnet_lab.training.record import FINISHED

MOST_NETS = 10
MOST_POINTS = 100
"""Of a curve: more are not told apart in a picture, and every page with a race carries them."""
QUANTITIES = ("error", "loss")
PARTS = ("train", "test")
SERIES = tuple(f"{part}_{quantity}" for part in PARTS for quantity in QUANTITIES)

RaceData = dict[str, Any]
EMPTY: RaceData = {"title": "", "data": "", "grids": [], "nets": []}


def race_data(runs: Mapping[str, Iterable[Any]], title: str, data: str) -> RaceData:
    """Check curves and make them compact: values keep four significant digits.

    Args:
        runs: label of a net -> its curves, one a seed. A curve has ``step``, ``epoch``,
            ``train_error``, ``train_loss``, ``test_error``, ``test_loss`` (equally long; a value
            that is None or not finite is a gap) and ``seed``, as keys or as attributes. A record
            with ``curve`` and ``seed`` serves as well, and then says how it ``ended``.
        title: what is raced, in a few words.
        data: what the nets were trained on, and at which size.

    Raises:
        TypeError: an argument is of the wrong kind.
        ValueError: too few or too many nets, no run or one seed twice, or a curve with a
            quantity missing, of another length than its steps, or out of range.
    """
    for name, words in (("title", title), ("data", data)):
        if not isinstance(words, str):
            raise TypeError(f"{name} must be a string, got {words!r}")
        if not words.strip():
            raise ValueError(f"{name} must say something, got {words!r}")
    if not isinstance(runs, Mapping):
        raise TypeError(f"runs must map labels to sequences of curves, got {_short(runs)}")
    if not 1 <= len(runs) <= MOST_NETS:
        raise ValueError(f"runs must hold 1 to {MOST_NETS} nets, got {len(runs)}")
    grids: list[dict[str, list[float]]] = []
    nets = [{"label": label, "runs": _net(label, curves, grids)} for label, curves in runs.items()]
    if not any(grid["step"] for grid in grids):
        raise ValueError(f"runs must hold a curve with a point, got none in {list(runs)}")
    return {"title": title, "data": data, "grids": grids, "nets": nets}


def thinned(race: RaceData) -> RaceData:
    """The race with :data:`MOST_POINTS` points a curve at most.

    Of longer curves every second, third, ... point is kept, counted from the end of the longest,
    and the first and the last of each.
    """
    longest = max((len(grid["step"]) for grid in race["grids"]), default=0)
    one_of = math.ceil(longest / MOST_POINTS)
    if one_of <= 1:
        return race
    kept = []
    for grid in race["grids"]:
        last = len(grid["step"]) - 1
        kept.append([
            place for place in range(last + 1)
            if (longest - 1 - place) % one_of == 0 or place in (0, last)
        ])  # fmt: skip
    grids = [
        {name: [values[place] for place in places] for name, values in grid.items()}
        for grid, places in zip(race["grids"], kept, strict=True)
    ]
    nets = [
        {**net, "runs": [_thinned_run(run, kept[run["grid"]]) for run in net["runs"]]}
        for net in race["nets"]
    ]
    return {**race, "grids": grids, "nets": nets, "one_of": one_of}


def _thinned_run(run: dict[str, Any], places: list[int]) -> dict[str, Any]:
    return {**run, **{name: [run[name][place] for place in places] for name in SERIES}}


def _net(label: str, curves: Iterable[Any], grids: list[dict[str, list[float]]]) -> list[Any]:
    if not isinstance(label, str) or not label.strip():
        raise TypeError(f"runs must have labels that are strings with text, got {label!r}")
    if isinstance(curves, str | Mapping) or not isinstance(curves, Iterable):
        raise TypeError(f"runs[{label!r}] must be a sequence of curves, got {_short(curves)}")
    runs = [_run(f"runs[{label!r}][{place}]", curve, grids) for place, curve in enumerate(curves)]
    seeds = [run["seed"] for run in runs]
    if not runs or len(set(seeds)) < len(seeds):
        raise ValueError(f"runs[{label!r}] must hold curves of different seeds, got seeds {seeds}")
    return runs


def _run(where: str, run: Any, grids: list[dict[str, list[float]]]) -> dict[str, Any]:
    curve = _part(run, "curve", run)
    seed = _part(run, "seed", None)
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"{where} must have an integer seed, got {seed!r}")
    ended = str(_part(run, "ended", FINISHED))
    points = _values(where, curve, "step")
    if not points and ended == FINISHED:
        raise ValueError(f"{where} must have at least one point, got none")
    steps = [int(step) for step in points if step is not None and step >= 0]
    if steps != points or any(a >= b for a, b in pairwise(steps)):
        raise ValueError(f"{where} must have steps that are integers and rise, got {points}")
    kept: dict[str, list[Any]] = {"step": steps}
    for name in ("epoch", *SERIES):
        kept[name] = values = _values(where, curve, name)
        if len(values) != len(steps):
            raise ValueError(
                f"{where} must have {len(steps)} values of {name}, one a step, got {len(values)}"
            )
        highest = 100 if name.endswith("error") else math.inf
        wrong = [v for v in values if v is not None and not 0 <= v <= highest]
        if wrong:
            raise ValueError(
                f"{where} must have values of {name} from 0 to {highest:g}, got {wrong[0]:g}"
            )
    if None in kept["epoch"]:
        raise ValueError(f"{where} must have a finite epoch at every step, got {kept['epoch']}")
    grid = {"step": kept.pop("step"), "epoch": kept.pop("epoch")}
    if grid not in grids:
        grids.append(grid)
    early = {} if ended == FINISHED else {"ended": ended}
    return {"seed": seed, "grid": grids.index(grid), **kept, **early}


def _part(thing: Any, name: str, default: Any) -> Any:
    if isinstance(thing, Mapping):
        return thing.get(name, default)
    return getattr(thing, name, default)


def _values(where: str, curve: Any, name: str) -> list[float | None]:
    """One quantity of a curve, rounded; None where it is not a finite number."""
    values = _part(curve, name, None)
    if values is None:
        raise ValueError(f"{where} must have {name}, got {_short(curve)}")
    if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
        raise TypeError(f"{where} must have a sequence of numbers as {name}, got {_short(values)}")
    try:
        numbers = [math.nan if value is None else float(value) for value in values]
    except (TypeError, ValueError):
        raise TypeError(f"{where} must have numbers as {name}, got {_short(values)}") from None
    return [(v if name == "step" else _round(v)) if math.isfinite(v) else None for v in numbers]


def _round(value: float) -> float:
    """Four significant digits, without a decimal point that says nothing."""
    rounded = float(f"{value:.4g}")
    return int(rounded) if rounded.is_integer() and rounded < 1e4 else rounded


def _short(thing: object) -> str:
    text = repr(thing)
    return text if len(text) <= 60 else f"{text[:57]}..."
