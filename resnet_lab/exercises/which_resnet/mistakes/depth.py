"""Answers to "depth": what the name of a network counts."""

import re
from typing import Any

import numpy as np

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.which_resnet.states import State


def branches(state: State) -> list[str]:
    """Names of the convolutions of residual branches."""
    return [key for key in state if re.match(r"layer\d\.\d+\.conv\d\.weight", key)]


RIGHT: dict[str, dict[str, Any]] = {
    "check_depth": {
        "branches": lambda state: len(branches(state)) + 2,
        "an array": lambda state: np.int64(len(branches(state)) + 2),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_depth": {
        "all convolutions": Mistake(
            lambda state: sum(t.dim() == 4 for t in state.values()) + 1, "resnet18 it returned 21"),
        "no classifier": Mistake(
            lambda state: len(branches(state)) + 1, "resnet18 it returned 17"),
        "the branches alone": Mistake(
            lambda state: len(branches(state)), "resnet18 it returned 16"),
        "without projections only": Mistake(
            lambda state: 1 + sum(
                t.dim() == 4 and "downsample" not in key for key, t in state.items()),
            "resnet50d it returned 52"),
        "every weight": Mistake(
            lambda state: sum(key.endswith("weight") for key in state), "resnet18 it returned 41"),
        "three in every block": Mistake(
            lambda state: 2 + 3 * len({key.rsplit(".conv", 1)[0] for key in branches(state)}),
            "resnet18 it returned 26"),
        "all entries": Mistake(len, "resnet18 it returned 122"),
        "a float": Mistake(
            lambda state: len(branches(state)) + 2.0,
            "The depth of resnet18 is an integer, got 18.0"),
    },
}
