"""Checks for chapter 15, which ResNet is this."""

import functools
import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_lab.exercises.checking import attempt, exercise
from resnet_lab.exercises.integers import as_integer, integer
from resnet_lab.models import ResNet, spec

State = Mapping[str, Tensor]

DEPTHS = ("resnet18", "resnet34", "resnet50", "resnet50d", "resnet20", "plain20", "resnetv2_50")

GROUPED: dict[str, tuple[str, dict[str, int]]] = {
    "resnet50": ("resnet50", {}),
    "resnext50_32x4d": ("resnext50_32x4d", {}),
    "wide_resnet50_2": ("wide_resnet50_2", {}),
    "a ResNet-50 of 8 groups of 16": ("resnet50", {"groups": 8, "width_per_group": 16}),
    "resnext101_64x4d": ("resnext101_64x4d", {}),
}

PAIRS = (
    ("resnet50", "resnet50_v1"),
    ("resnet50", "resnext50_32x4d"),
    ("resnet50c", "resnet50d"),
    ("resnet50d", "resnet50t"),
    ("resnet34", "plain34"),
    ("plain56", "resnet56"),
)
"""Whose file, and into which network it is loaded."""

TOLD: dict[str, str] = {
    "resnet18": "",
    "resnet50": "module.",
    "resnet50d": "_orig_mod.",
    "resnet50t": "",
    "resnext50_32x4d": "model.",
    "resnetv2_50": "",
    "resnet20": "module._orig_mod.",
    "plain34": "net.",
    "resnet34": "backbone.",
}
"""Networks that `tell` is asked about, each with what stands before its names."""


@functools.cache
def state_of(name: str, **changes: Any) -> dict[str, Tensor]:
    """Names and shapes of a network's weights, without values."""
    with torch.device("meta"):
        return ResNet(spec(name, **changes)).state_dict()


def wrapped(name: str) -> dict[str, Tensor]:
    """The same with a prefix and in another order, as some files have it."""
    entries = [(TOLD[name] + key, tensor) for key, tensor in state_of(name).items()]
    random.Random(name).shuffle(entries)
    return dict(entries)


@exercise(
    "Which convolutions does the name count? Compare with the layers of the paper's table.",
    "It counts those of the residual branches. Neither a projection in a shortcut nor a second "
    "convolution in a stem counts.",
    "Names in a branch begin with `layer` and do not contain `downsample`. The stem counts as one "
    "layer, the classifier as another.",
    right="The branches, one for the stem, one for the classifier.",
)
def check_depth(answer: Callable[[State], int]) -> str | None:
    """A function of a state dict: the depth that the network's name counts."""
    for name in DEPTHS:
        depth = integer(attempt(answer, state_of(name)), f"the depth of {name}")
        if depth != spec(name).depth:
            return f"For {name} it returned {depth}. Its name says another depth."
    return None


@exercise(
    "A grouped convolution reads only its own group. Which number of the shape says how many "
    "channels that are?",
    "The shape is outputs x inputs of one group x rows x columns. The inputs of all groups are the "
    "outputs of the convolution before it.",
    "Divide the first number of conv1's shape by the second number of conv2's.",
    right="The inputs there are, over the inputs that one kernel reads.",
)
def check_groups(answer: Callable[[State], int]) -> str | None:
    """A function of a state dict: groups of the 3x3 convolutions of its bottlenecks."""
    for label, (name, changes) in GROUPED.items():
        returned = attempt(answer, state_of(name, **changes))
        groups = integer(returned, f"the number of groups in {label}")
        if groups != spec(name, **changes).groups:
            return (f"For {label} it returned {groups}. Its 3x3 convolutions have another "
                    "number of groups.")
    return None


@exercise(
    "A file loads if all names and all shapes agree. What has no weights can't stop it.",
    "Strides, pools and zeros for new channels have no weights. A pool in front of a projection "
    "moves the projection's names.",
    "Option A pads with zeros, so with it a residual network has the weights of the plain one. "
    "ResNet-34 projects. In the stem of T the first convolution has fewer channels.",
    right="Where nothing with weights differs, nothing warns you.",
)
def check_pairs(answer: dict[tuple[str, str], bool]) -> str | None:
    """For each pair of networks, whether the file of one loads into the other, strictly."""
    if not isinstance(answer, dict) or set(answer) != set(PAIRS):
        return f"An answer for each of the {len(PAIRS)} pairs was asked for, as a dictionary."
    for pair, loads in answer.items():
        if not isinstance(loads, (bool, np.bool_)):
            return f"For {pair} the answer is {loads!r}. Answer True or False."
    misfits = {pair: misfit(*pair) for pair in PAIRS}
    wrong = [pair for pair in PAIRS if bool(answer[pair]) != (misfits[pair] is None)]
    if not wrong:
        return None
    reason = misfits[wrong[0]]
    example = (f"that you say loads, {reason}" if reason
               else "that you say does not load, every name and every shape is the same")
    return f"Torch disagrees with {len(wrong)} of your {len(PAIRS)} answers. In one {example}."


def misfit(source: str, target: str) -> str | None:
    """Why the weights of one network do not load into another with ``strict=True``."""
    file, network = state_of(source), state_of(target)
    for name in file:
        if name not in network:
            return f"the file's `{name}` has no place in the network"
        if file[name].shape != network[name].shape:
            shapes = tuple(file[name].shape), tuple(network[name].shape)
            return f"`{name}` is {shapes[0]} in the file and {shapes[1]} in the network"
    missing = [name for name in network if name not in file]
    return f"`{missing[0]}` is missing from the file" if missing else None


@exercise(
    "Begin with the names: what do all of them have in common at their beginning?",
    "Bare names of the stem are `conv1.weight`, or `conv1.0.weight` and more. Its shape tells 7x7 "
    "from 3x3. A block is a bottleneck where `layer1.0.conv3.weight` is there.",
    "`bare` takes the prefix off. Then count as in `depth`; the order of entries says nothing.",
    right="Names and shapes told all three, whatever stood before them.",
)
def check_tell(answer: Callable[[State], tuple[str, int, str]]) -> str | None:
    """A function of a state dict that returns block, depth and stem."""
    for name, prefix in TOLD.items():
        returned = attempt(answer, wrapped(name))
        if not isinstance(returned, (tuple, list)) or len(returned) != 3:
            return f"It returned {returned!r}. Return three: block, depth and stem."
        block, depth, stem = returned
        told = {"block": block, "depth": depth, "stem": stem}
        for part, truth in truth_of(name).items():
            value = as_integer(depth) if part == "depth" else told[part]
            if value != truth:
                before = f" with {prefix!r} before each name" if prefix else ""
                return (f"For the weights of {name}{before} the {part} came out as "
                        f"{told[part]!r}, which it is not.")
    return None


def truth_of(name: str) -> dict[str, str | int]:
    """Block, depth and stem of a network of the catalogue."""
    network = spec(name)
    stem = "deep" if network.stem == "tiered" else network.stem
    return {"block": network.block, "depth": network.depth, "stem": stem}
