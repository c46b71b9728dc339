"""The race's numbers, held against numpy and scipy: means, ranks, ties, gaps, axes."""

import math
import random
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pytest
from javascript import js
from race_reference import mean_curve, standing
from races import random_cases

from resnet_lab.widgets.race.data import RaceData, race_data
from resnet_lab.widgets.race.view import View

CASES = random_cases()


def test_ranks_means_and_spreads() -> None:
    without = 0
    for race, view in CASES:
        found = js("race/numbers", "ranking", race, view._asdict())
        expected = standing(race, view)
        for ours, theirs in zip(expected, found, strict=True):
            for name in ("net", "label", "rank", "measured", "runs"):
                assert ours[name] == theirs[name], (name, view)
            assert (ours["spread"] is None) == (theirs["spread"] is None)
            if ours["spread"]:
                np.testing.assert_allclose(theirs["spread"], ours["spread"], rtol=1e-12)
            assert (ours["start"] is None) == (theirs["start"] is None)
            if ours["start"] is not None:
                assert theirs["start"] == pytest.approx(ours["start"], rel=1e-12)
            without += ours["spread"] is None
    assert without > 20


def test_mean_curves() -> None:
    gaps = 0
    for race, view in CASES:
        for net in race["nets"]:
            steps, means = mean_curve(race, net, view)
            found = js("race/numbers", "meanCurve", race, net, view._asdict())
            assert [step for step, _ in found] == steps
            values = [math.nan if value is None else value for _, value in found]
            np.testing.assert_allclose(values, means, rtol=1e-12)
            gaps += int(np.isnan(means).sum())
    assert gaps > 100


def net(*errors: float | None) -> list[dict[str, Any]]:
    """Runs of one point each, one a seed."""
    fixed = {"step": [10], "epoch": [1], "train_loss": [1], "test_loss": [1], "test_error": [1]}
    return [{"seed": seed, "train_error": [error], **fixed} for seed, error in enumerate(errors)]


def test_ties_share_a_rank_in_the_order_given_and_the_next_rank_is_left_out() -> None:
    race = race_data(
        {"a": net(7.5), "b": net(None), "c": net(3, 4), "d": net(4, 3), "e": net(3.5), "f": net(1)},
        "Ties", "made-up numbers",
    )  # fmt: skip
    view = View("error", "train", tuple("abcdef"), None, 10)
    found = js("race/numbers", "ranking", race, view._asdict())
    assert [(place["label"], place["rank"]) for place in found] == [
        ("f", 1), ("c", 2), ("d", 2), ("e", 2), ("a", 5), ("b", None),
    ]  # fmt: skip


def test_steps_seeds_and_epochs() -> None:
    shared = 0
    for race, _ in CASES:
        steps = sorted({step for grid in race["grids"] for step in grid["step"]})
        assert js("race/numbers", "stepsOf", race) == steps
        seeds = sorted({run["seed"] for net in race["nets"] for run in net["runs"]})
        assert js("race/numbers", "seedsOf", race) == seeds
        for step in steps[:: max(1, len(steps) // 5)]:
            epochs = {
                epoch for grid in race["grids"]
                for at, epoch in zip(grid["step"], grid["epoch"], strict=True) if at == step
            }  # fmt: skip
            expected = epochs.pop() if len(epochs) == 1 else None
            assert js("race/numbers", "epochAt", race, step) == expected
            shared += expected is None
    assert shared


def test_numbers_are_written_as_decimals_are_rounded(drawn: random.Random) -> None:
    for _ in range(300):
        values = drawn.random(), drawn.randrange(10**6) / 8, 10 ** drawn.uniform(-6, 9)
        value = drawn.choice(values)
        for digits in (0, 1, 2, 5):
            exact = Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
            assert js("race/numbers", "fixed", value, digits) == format(exact, ",f")


def scale_of(race: RaceData, view: View) -> dict[str, Any]:
    return js("race/numbers", "valueScale", race, view._asdict())


def test_an_axis_holds_all_values_and_a_few_marks() -> None:
    for race, view in CASES:
        scale = scale_of(race, view)
        assert scale["low"] < scale["high"]
        assert 2 <= len(scale["ticks"]) <= 7
        assert len({text for _, text in scale["ticks"]}) == len(scale["ticks"])
        assert scale["log"] == (view.quantity == "loss" and bool(shown_values(race, view)))
        for value in shown_values(race, view):
            if 1e-12 < value < 1e12:
                assert scale["low"] <= value
                assert value <= scale["high"] or scale["cut"]


def shown_values(race: RaceData, view: View) -> list[float]:
    """All values of the quantity in the shown nets, of training and test, but zeros and gaps."""
    runs = [run for net in race["nets"] if net["label"] in view.shown for run in net["runs"]]
    return [v for run in runs for part in ("train", "test") for v in run[f"{part}_{view.quantity}"]
            if v]  # fmt: skip


def test_an_axis_is_the_same_for_training_and_test_and_at_every_step() -> None:
    for race, view in CASES:
        part, first = "test" if view.part == "train" else "train", race["grids"][0]["step"][0]
        other = view._replace(part=part, seed=None, step=first)
        assert scale_of(race, view) == scale_of(race, other)


@pytest.mark.parametrize(
    ("most", "stretch", "high", "marks"),
    [
        (64000, False, 64000, ["0", "20,000", "40,000", "60,000"]),
        (450, False, 450, ["0", "100", "200", "300", "400"]),
        (1, False, 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (92.3, True, 100, ["0", "20", "40", "60", "80", "100"]),
        (11, True, 15, ["0", "5", "10", "15"]),
        (0.03, True, 0.03, ["0.00", "0.01", "0.02", "0.03"]),
    ],
)
def test_linear_axes(most: float, stretch: bool, high: float, marks: list[str]) -> None:
    scale = js("race/numbers", "linearScale", most, stretch)
    assert scale["high"] == pytest.approx(high)
    assert [text for _, text in scale["ticks"]] == marks
    assert [value for value, _ in scale["ticks"]] == pytest.approx(
        [float(text.replace(",", "")) for text in marks]
    )


def test_places_along_an_axis() -> None:
    for low, high, log in [(0, 80, False), (0.01, 10, True)]:
        scale = {"low": low, "high": high, "log": log}
        for part in (0, 0.25, 0.5, 1):
            value = low * (high / low) ** part if log else low + part * (high - low)
            assert js("race/numbers", "along", scale, value) == pytest.approx(part)
        assert js("race/numbers", "along", scale, 1000) == 1
        assert js("race/numbers", "along", scale, 0) == 0
