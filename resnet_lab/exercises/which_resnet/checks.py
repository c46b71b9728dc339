"""Checks for chapter 15, which ResNet is this."""

import functools
import random
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_lab.exercises.checking import as_integer, attempt, exercise
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
        returned = attempt(answer, state_of(name))
        if as_integer(returned) != spec(name).depth:
            return f"For {name} it returned {returned!r}. Its name says another depth."
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
        if as_integer(returned) != spec(name, **changes).groups:
            return (f"For {label} it returned {returned!r}. Its 3x3 convolutions have another "
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
    wrong = sum(bool(loads) != fits(*pair) for pair, loads in answer.items())
    return f"Torch disagrees with {wrong} of your {len(PAIRS)} answers." if wrong else None


def fits(source: str, target: str) -> bool:
    """Whether the weights of one network load into another with ``strict=True``."""
    shapes = [{key: t.shape for key, t in state_of(name).items()} for name in (source, target)]
    return shapes[0] == shapes[1]


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
        told = {"block": block, "depth": as_integer(depth), "stem": stem}
        for part, truth in truth_of(name).items():
            if told[part] != truth:
                before = f" with {prefix!r} before each name" if prefix else ""
                return (f"For the weights of {name}{before} the {part} came out as "
                        f"{told[part]!r}, which it is not.")
    return None


def truth_of(name: str) -> dict[str, str | int]:
    """Block, depth and stem of a network of the catalogue."""
    network = spec(name)
    stem = "deep" if network.stem == "tiered" else network.stem
    return {"block": network.block, "depth": network.depth, "stem": stem}


def _branches(state: State) -> list[str]:
    return [key for key in state if re.match(r"layer\d\.\d+\.conv\d\.weight", key)]


def _tell(
    state: State, prefixed: bool = True, stem: int | None = None, basic: int = 3
) -> tuple[str, int, str]:
    head = next(key for key in state if key.endswith("fc.weight"))
    start = len(head) - len("fc.weight") if prefixed else 0
    bare = {key[start:]: tensor for key, tensor in state.items()}
    kernel = stem or (bare["conv1.weight"].shape[-1] if "conv1.weight" in bare else 0)
    block = "bottleneck" if f"layer1.0.conv{basic}.weight" in bare else "basic"
    return block, len(_branches(bare)) + 2, f"{kernel}x{kernel}" if kernel else "deep"


_LOADS = {pair: pair in (PAIRS[0], PAIRS[5]) for pair in PAIRS}

RIGHT: dict[str, dict[str, Any]] = {
    "check_depth": {
        "branches": lambda state: len(_branches(state)) + 2,
        "an array": lambda state: np.int64(len(_branches(state)) + 2),
    },
    "check_groups": {
        "inputs over inputs": lambda state: state["layer1.0.conv1.weight"].shape[0]
        // state["layer1.0.conv2.weight"].shape[1],
        "outputs over inputs": lambda state: state["layer2.0.conv2.weight"].shape[0]
        // state["layer2.0.conv2.weight"].shape[1],
    },
    "check_pairs": {"as torch": _LOADS},
    "check_tell": {"read": _tell, "a list": lambda state: list(_tell(state))},
}

WRONG: dict[str, dict[str, Any]] = {
    "check_depth": {
        "all convolutions": lambda state: sum(t.dim() == 4 for t in state.values()) + 1,
        "no classifier": lambda state: len(_branches(state)) + 1,
        "the branches alone": lambda state: len(_branches(state)),
        "without projections only": lambda state: 1 + sum(
            t.dim() == 4 and "downsample" not in key for key, t in state.items()),
        "every weight": lambda state: sum(key.endswith("weight") for key in state),
        "three in every block": lambda state: 2 + 3 * len(
            {key.rsplit(".conv", 1)[0] for key in _branches(state)}),
        "all entries": len,
    },
    "check_groups": {
        "inputs of a group": lambda state: state["layer1.0.conv2.weight"].shape[1],
        "outputs": lambda state: state["layer1.0.conv2.weight"].shape[0],
        "always one": lambda state: 1,
        "in units of 64": lambda state: state["layer1.0.conv2.weight"].shape[0] // 64,
        "over the stem": lambda state: state["conv1.weight"].shape[0]
        // state["layer1.0.conv2.weight"].shape[1],
    },
    "check_pairs": {
        "all of them": dict.fromkeys(PAIRS, True),
        "none of them": dict.fromkeys(PAIRS, False),
        "A forgotten": {**_LOADS, PAIRS[5]: False},
        "no projection in ResNet-34": {**_LOADS, PAIRS[4]: True},
        "by the number of entries": {**_LOADS, PAIRS[1]: True, PAIRS[3]: True},
        "a pool without weights": {**_LOADS, PAIRS[2]: True},
        "words": dict.fromkeys(PAIRS, "yes"),
        "one short": {pair: _LOADS[pair] for pair in PAIRS[1:]},
    },
    "check_tell": {
        "prefix kept": lambda state: _tell({"conv1.weight": torch.zeros(1, 1, 7, 7), **state},
                                           prefixed=False),
        "every stem 7x7": lambda state: _tell(state, stem=7),
        "every block a bottleneck": lambda state: _tell(state, basic=2),
        "without the classifier": lambda state: (
            _tell(state)[0], _tell(state)[1] - 1, _tell(state)[2]),
        "depth as text": lambda state: (_tell(state)[0], str(_tell(state)[1]), _tell(state)[2]),
        "the first entry's kernel": lambda state: (
            *_tell(state)[:2], "{0}x{0}".format(tuple(next(iter(state.values())).shape)[-1:])),
        "two of three": lambda state: _tell(state)[:2],
    },
}
