"""The race in Python: what it refuses, what it keeps, what it hands to a page."""

import json
import math
import random
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from javascript import js, words
from races import LABELS, SERIES, STEPS, runs
from traitlets import TraitError

from resnet_lab.widgets import Race
from resnet_lab.widgets.race.view import View

WORDS = {"title": "Depth", "data": "made-up numbers, small size"}


def one(**changes: Any) -> dict[str, Any]:
    """A curve of two points, with changes."""
    curve = {
        "seed": 0, "step": [10, 20], "epoch": [1, 2], "train_error": [50, 25.5],
        "train_loss": [1.5, 0.75], "test_error": [60, 40], "test_loss": [2, 1.25],
    }  # fmt: skip
    return {name: value for name, value in (curve | changes).items() if value is not ...}


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([one()], TypeError, "^runs must map labels"),
        ({}, ValueError, "^runs must hold 1 to 10 nets, got 0"),
        ({str(net): [one()] for net in range(11)}, ValueError, "^runs must hold 1 to 10 nets"),
        ({7: [one()]}, TypeError, "^runs must have labels that are strings"),
        ({"a": one()}, TypeError, r"^runs\['a'\] must be a sequence of curves"),
        ({"a": []}, ValueError, r"^runs\['a'\] must hold curves of different seeds"),
        ({"a": [one(), one()]}, ValueError, r"different seeds, got seeds \[0, 0\]"),
        ({"a": [one(seed=None)]}, TypeError, r"^runs\['a'\]\[0\] must have an integer seed"),
        ({"a": [one(seed=True)]}, TypeError, "must have an integer seed, got True"),
        ({"a": [one(test_loss=...)]}, ValueError, "must have test_loss"),
        ({"a": [one(test_loss=[1])]}, ValueError, "2 values of test_loss, one a step, got 1"),
        ({"a": [one(test_loss=["x", 1])]}, TypeError, "numbers as test_loss"),
        ({"a": [one(test_loss=3)]}, TypeError, "sequence of numbers as test_loss, got 3"),
        ({"a": [one(train_error=[101, 3])]}, ValueError, "train_error from 0 to 100, got 101"),
        ({"a": [one(train_loss=[-1, 3])]}, ValueError, "train_loss from 0 to inf, got -1"),
        ({"a": [one(step=[20, 10])]}, ValueError, "steps that are integers and rise"),
        ({"a": [one(step=[1.5, 10])]}, ValueError, "steps that are integers and rise"),
        ({"a": [one(epoch=[1, math.nan])]}, ValueError, "a finite epoch at every step"),
        ({"a": [{"seed": 0, **{k: [] for k in one() if k != "seed"}}]}, ValueError, "one point"),
    ],
)
def test_bad_curves_are_named(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Race(given, **WORDS)


@pytest.mark.parametrize(
    ("choice", "error", "message"),
    [
        ({"quantity": "accuracy"}, ValueError, "^quantity must be one of .*got 'accuracy'"),
        ({"part": 1}, TypeError, "^part must be one of"),
        ({"shown": "plain-20"}, TypeError, "^shown must be a sequence of labels"),
        ({"shown": ["plain-21"]}, ValueError, "^shown must hold only labels of .*'plain-21'"),
        ({"seed": 3}, ValueError, r"^seed must be None or one of \[0, 1, 2\], got 3"),
        ({"step": 61}, ValueError, r"^step must be one of \[60, .*720\], got 61"),
        ({"step": 60.5}, TypeError, "^step must be one of"),
        ({"title": ""}, ValueError, "^title must say something"),
        ({"data": None}, TypeError, "^data must be a string, got None"),
    ],
)
def test_bad_choices_are_named(choice: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Race(runs(), **{**WORDS, **choice})


def test_the_words_of_the_caption_are_not_optional() -> None:
    with pytest.raises(TypeError, match="data"):
        Race(runs(), title="Depth")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "value"),
    [("quantity", "x"), ("part", "x"), ("shown", ["x"]), ("seed", 9), ("step", 61), ("race", {})],
)
def test_a_later_impossible_value_changes_nothing(name: str, value: Any) -> None:
    race = Race(runs(), **WORDS)
    before = race.get_state()
    with pytest.raises(TraitError, match=name):
        setattr(race, name, value)
    assert race.get_state() == before


def test_choices_follow_and_are_synchronized() -> None:
    race = Race(runs(), **WORDS)
    assert race.view == View("error", "train", LABELS, None, STEPS[-1])
    race.set_state({"part": "test", "shown": ["plain-56"], "seed": 1, "step": 60})
    race.quantity = "loss"
    assert race.view == View("loss", "test", ("plain-56",), 1, 60)
    assert {"race", *View._fields} <= set(race.get_state())
    race.seed = None
    assert race.view.seed is None


def test_records_serve_as_they_are() -> None:
    """Curves as attributes or as keys, in a record or bare, and a run without a point."""
    bare = one()
    curve = {name: value for name, value in bare.items() if name != "seed"}
    as_dict = {"seed": 0, "ended": "finished", "curve": curve}
    as_object = SimpleNamespace(seed=0, ended="finished", curve=SimpleNamespace(**curve))
    arrays = {"seed": 0, **{name: np.array(value) for name, value in curve.items()}}
    kept = [Race({"a": [run]}, **WORDS).race for run in (bare, as_dict, as_object, arrays)]
    assert kept[0] == kept[1] == kept[2] == kept[3]

    died = {"seed": 1, "ended": "diverged: loss", "curve": {name: [] for name in curve}}
    race = Race({"a": [as_dict, died]}, **WORDS)
    assert "Did not finish: a, seed 1 (diverged: loss)." in js("race/words", "noteWords", race.race)
    table = js("race/words", "table", race.race, race.view._asdict())
    assert "(1\u00a0of\u00a02\u00a0seeds)" in words(table)


def test_values_keep_four_digits_and_the_page_stays_small() -> None:
    rng = random.Random(1)
    big = {
        f"residual-{net}": [
            {
                "seed": seed, "step": [391 * (k + 1) for k in range(20)], "epoch": list(range(20)),
                **{f"{part}_{kind}": [top * rng.random() for _ in range(20)]
                   for part in ("train", "test") for kind, top in (("error", 100), ("loss", 2))},
            }
            for seed in range(5)
        ]
        for net in range(10)
    }  # fmt: skip
    race = Race(big, **WORDS)
    html = race._page_html()
    state = html[html.index("<script") :]
    assert len(state) < 40_000
    assert len(race.race["grids"]) == 1
    for label, net in zip(big, race.race["nets"], strict=True):
        for run, kept in zip(big[label], net["runs"], strict=True):
            np.testing.assert_allclose(kept["test_loss"], run["test_loss"], rtol=5e-4)
            assert all(len(f"{value:g}".lstrip("0.").replace(".", "")) <= 4
                       for value in kept["train_error"])


def long(points: int, seed: int, ended: str = "finished") -> dict[str, Any]:
    """The first points of a run at full size: 64,000 steps, one point an epoch."""
    steps = [min(391 * place, 64000) for place in range(1, points + 1)]
    curve = {name: [seed + step / 1000 for step in steps] for name in SERIES}
    curve |= {"step": steps, "epoch": [step / 390.625 for step in steps]}
    return {"curve": curve, "seed": seed, "ended": ended}


def test_long_curves_keep_one_of_several_points_and_their_ends() -> None:
    nets = {
        f"net {net}": [*(long(164, seed) for seed in range(4)), long(73, 4, "diverged")]
        for net in range(10)
    }
    race = Race(nets, **WORDS)
    assert race.race["one_of"] == 2
    whole, part = race.race["grids"]
    assert whole["step"] == [391, *long(164, 0)["curve"]["step"][1::2]]
    assert part["step"] == [*whole["step"][:37], 73 * 391]
    for grid, run in zip([whole, part], race.race["nets"][3]["runs"][3:], strict=True):
        assert grid["epoch"] == pytest.approx([step / 390.625 for step in grid["step"]], rel=1e-3)
        for name in SERIES:
            found = [run["seed"] + step / 1000 for step in grid["step"]]
            assert run[name] == pytest.approx(found, rel=1e-3)
    assert len(race._page_html()) < 160_000
    short = Race({"a": [long(100, 0)]}, **WORDS)
    assert "one_of" not in short.race
    assert len(short.race["grids"][0]["step"]) == 100


def test_the_state_comes_back_from_the_page_without_a_number_json_lacks() -> None:
    race = Race({"a</script>": [one(train_loss=[None, math.inf])]}, **WORDS)
    root = ElementTree.fromstring(race._page_html())
    text = root.findtext("script") or ""
    state = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert state == {"race": race.race, **race.view._asdict(), "shown": ["a</script>"]}
    assert state["race"]["nets"][0]["runs"][0]["train_loss"] == [None, None]


def test_the_page_says_in_a_sentence_what_is_there() -> None:
    root = ElementTree.fromstring(Race(runs(), step=60, **WORDS)._page_html())
    assert (root.get("class"), root.get("data-module")) == ("rl-widget", "race")
    assert [child.tag for child in root] == ["p", "script"]
    assert root.findtext("p") == (
        "Here training curves race each other: Depth. To see the figure, run the cell in a front "
        "end with widgets, such as JupyterLab, Colab or VS Code, or open the chapter on the site "
        "of the book."
    )
