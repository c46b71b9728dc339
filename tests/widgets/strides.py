"""States of the stride calculator to try: random ones of every kind, and the corners."""

import os
import random
from typing import Any

from resnet_lab.widgets.stride.state import LIMITS, State

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


def states() -> list[dict[str, Any]]:
    """500 random ones, drawn by RESNET_LAB_SEED, and the corners of what the figure draws."""
    rng = random.Random(f"{os.environ['RESNET_LAB_SEED']} states")
    widest = {name: most for name, (_, most) in LIMITS.items()}
    corners = [
        {**widest, "ceil_mode": False, "row": 0, "column": 29},
        {**widest, "padding": 8, "ceil_mode": True, "row": 15, "column": 3},
        {"size": 224, "kernel": 7, "stride": 2, "padding": 3, "dilation": 1, "ceil_mode": False,
         "row": 60, "column": 111},
    ]  # fmt: skip
    return corners + [random_state(rng) for _ in range(500)]


def possible_states() -> list[State]:
    """Those of them that the figure draws."""
    possible = []
    for settings in states():
        state = State(**settings)
        try:
            state.check()
        except (TypeError, ValueError):
            continue
        possible.append(state)
    return possible
