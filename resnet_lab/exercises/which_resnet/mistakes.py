"""Answers to the exercises of chapter 15: right ones, and mistakes with their reasons."""

import re
from typing import Any

import numpy as np
import torch

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.which_resnet.checks import PAIRS, State


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


def _first_kernel(state: State) -> str:
    return "{0}x{0}".format(next(iter(state.values())).shape[-1])


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

WRONG: dict[str, dict[str, Mistake]] = {
    "check_depth": {
        "all convolutions": Mistake(
            lambda state: sum(t.dim() == 4 for t in state.values()) + 1, "resnet18 it returned 21"),
        "no classifier": Mistake(
            lambda state: len(_branches(state)) + 1, "resnet18 it returned 17"),
        "the branches alone": Mistake(
            lambda state: len(_branches(state)), "resnet18 it returned 16"),
        "without projections only": Mistake(
            lambda state: 1 + sum(
                t.dim() == 4 and "downsample" not in key for key, t in state.items()),
            "resnet50d it returned 52"),
        "every weight": Mistake(
            lambda state: sum(key.endswith("weight") for key in state), "resnet18 it returned 41"),
        "three in every block": Mistake(
            lambda state: 2 + 3 * len({key.rsplit(".conv", 1)[0] for key in _branches(state)}),
            "resnet18 it returned 26"),
        "all entries": Mistake(len, "resnet18 it returned 122"),
        "a float": Mistake(
            lambda state: len(_branches(state)) + 2.0,
            "The depth of resnet18 is an integer, got 18.0"),
    },
    "check_groups": {
        "inputs of a group": Mistake(
            lambda state: state["layer1.0.conv2.weight"].shape[1],
            "For resnet50 it returned 64"),
        "outputs": Mistake(
            lambda state: state["layer1.0.conv2.weight"].shape[0],
            "For resnet50 it returned 64"),
        "always one": Mistake(lambda state: 1, "For resnext50_32x4d it returned 1."),
        "in units of 64": Mistake(
            lambda state: state["layer1.0.conv2.weight"].shape[0] // 64,
            "For resnext50_32x4d it returned 2."),
        "over the stem": Mistake(
            lambda state: state["conv1.weight"].shape[0]
            // state["layer1.0.conv2.weight"].shape[1],
            "For resnext50_32x4d it returned 16."),
        "a float": Mistake(
            lambda state: state["layer1.0.conv2.weight"].shape[0]
            / state["layer1.0.conv2.weight"].shape[1],
            "The number of groups in resnet50 is an integer, got 1.0"),
    },
    "check_pairs": {
        "all of them": Mistake(dict.fromkeys(PAIRS, True), "disagrees with 4 of your 6"),
        "none of them": Mistake(
            dict.fromkeys(PAIRS, False),
            "2 of your 6 answers. In one that you say does not load, every name and every shape"),
        "A forgotten": Mistake(
            {**_LOADS, PAIRS[5]: False},
            "1 of your 6 answers. In one that you say does not load, every name and every shape"),
        "no projection in ResNet-34": Mistake(
            {**_LOADS, PAIRS[4]: True},
            "1 of your 6 answers. In one that you say loads, the file's "
            "`layer2.0.downsample.0.weight` has no place"),
        "by the number of entries": Mistake(
            {**_LOADS, PAIRS[1]: True, PAIRS[3]: True},
            "2 of your 6 answers. In one that you say loads, `layer1.0.conv1.weight` is "
            "(64, 64, 1, 1) in the file and (128, 64, 1, 1) in the network"),
        "a pool without weights": Mistake(
            {**_LOADS, PAIRS[2]: True},
            "1 of your 6 answers. In one that you say loads, the file's "
            "`layer1.0.downsample.0.weight` has no place"),
        "words": Mistake(dict.fromkeys(PAIRS, "yes"), "the answer is 'yes'"),
        "one short": Mistake(
            {pair: _LOADS[pair] for pair in PAIRS[1:]}, "An answer for each of the 6 pairs"),
    },
    "check_tell": {
        "prefix kept": Mistake(
            lambda state: _tell(
                {"conv1.weight": torch.zeros(1, 1, 7, 7), **state}, prefixed=False),
            "resnet50 with 'module.' before each name the block came out as 'basic'"),
        "every stem 7x7": Mistake(
            lambda state: _tell(state, stem=7),
            "resnet50d with '_orig_mod.' before each name the stem came out as '7x7'"),
        "every block a bottleneck": Mistake(
            lambda state: _tell(state, basic=2), "resnet18 the block came out as 'bottleneck'"),
        "without the classifier": Mistake(
            lambda state: (_tell(state)[0], _tell(state)[1] - 1, _tell(state)[2]),
            "resnet18 the depth came out as 17"),
        "depth as text": Mistake(
            lambda state: (_tell(state)[0], str(_tell(state)[1]), _tell(state)[2]),
            "resnet18 the depth came out as '18'"),
        "the first entry's kernel": Mistake(
            lambda state: (*_tell(state)[:2], _first_kernel(state)),
            "resnet18 the stem came out as '"),
        "two of three": Mistake(
            lambda state: _tell(state)[:2], "It returned ('basic', 18). Return three"),
    },
}
