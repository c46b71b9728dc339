"""Check of the free exercise: a network told from its weights."""

import random
from collections.abc import Callable
from typing import Any

from torch import Tensor

from resnet_lab.exercises.checking import attempt, exercise, returned_items, short
from resnet_lab.exercises.integers import as_integer
from resnet_lab.exercises.which_resnet.states import State, state_of
from resnet_lab.models import spec

TOLD: dict[str, tuple[str, dict[str, Any], str]] = {
    "resnet18": ("resnet18", {}, ""),
    "resnet50": ("resnet50", {}, "module."),
    "resnet50d": ("resnet50d", {}, "_orig_mod."),
    "resnet50t": ("resnet50t", {}, ""),
    "resnet50c": ("resnet50c", {}, "encoder."),
    "resnext50_32x4d": ("resnext50_32x4d", {}, "model."),
    "resnetv2_50": ("resnetv2_50", {}, ""),
    "resnet20": ("resnet20", {}, "module._orig_mod."),
    "resnet56": ("resnet56", {}, ""),
    "resnetv2_164": ("resnetv2_164", {}, "module."),
    "plain34": ("plain34", {}, "net."),
    "resnet34": ("resnet34", {}, "backbone."),
    "a ResNet-18 with a 3x3 stem": ("resnet18", {"stem": "3x3"}, "trunk."),
}
"""In words, the networks that `tell` is asked about: name, changes, what stands before names.

So that only names and shapes tell: deep networks of basic blocks, a deep stem without a pool in
shortcuts, 3x3 stems before three stages and before four.
"""


@exercise(
    "Begin with the names: what do all of them have in common at their beginning?",
    "Bare names of the stem are `conv1.weight`, or `conv1.0.weight` and more. Its shape tells 7x7 "
    "from 3x3. A block is a bottleneck where `layer1.0.conv3.weight` is there.",
    "`bare` takes the prefix off. Then count as in `depth`; the order of entries says nothing.",
    right="Names and shapes told all three, whatever stood before them.",
)
def check_tell(answer: Callable[[State], tuple[str, int, str]]) -> str | None:
    """A function of a state dict that returns block, depth and stem."""
    for label, (_, _, prefix) in TOLD.items():
        returned = attempt(answer, wrapped(label))
        block, depth, stem = returned_items(returned, 3, "block, depth, stem")
        told = {"block": block, "depth": depth, "stem": stem}
        for part, truth in truth_of(label).items():
            value = as_integer(depth) if part == "depth" else told[part]
            if value != truth:
                before = f" with {prefix!r} before each name" if prefix else ""
                return (f"For the weights of {label}{before} the {part} came out as "
                        f"{short(told[part])}, which it is not.")
    return None


def truth_of(label: str) -> dict[str, str | int]:
    """Block, depth and stem of one of the networks."""
    name, changes, _ = TOLD[label]
    network = spec(name, **changes)
    stem = "deep" if network.stem == "tiered" else network.stem
    return {"block": network.block, "depth": network.depth, "stem": stem}


def wrapped(label: str) -> dict[str, Tensor]:
    """Names and shapes of a network's weights, with its prefix and in another order."""
    name, changes, prefix = TOLD[label]
    entries = [(prefix + key, tensor) for key, tensor in state_of(name, **changes).items()]
    random.Random(label).shuffle(entries)
    return dict(entries)
