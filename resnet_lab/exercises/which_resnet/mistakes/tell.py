"""Answers to the free exercise: a network told from its weights."""

from typing import Any

import torch

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.which_resnet.mistakes.depth import branches
from resnet_lab.exercises.which_resnet.states import State


def _tell(
    state: State, prefixed: bool = True, stem: int | None = None, basic: int = 3
) -> tuple[str, int, str]:
    head = next(key for key in state if key.endswith("fc.weight"))
    start = len(head) - len("fc.weight") if prefixed else 0
    bare = {key[start:]: tensor for key, tensor in state.items()}
    kernel = stem or (bare["conv1.weight"].shape[-1] if "conv1.weight" in bare else 0)
    block = "bottleneck" if f"layer1.0.conv{basic}.weight" in bare else "basic"
    return block, len(branches(bare)) + 2, f"{kernel}x{kernel}" if kernel else "deep"


def _first_kernel(state: State) -> str:
    return "{0}x{0}".format(next(iter(state.values())).shape[-1])


def _stem_by_shortcut(state: State) -> str:
    pooled = any(key.endswith("layer2.0.downsample.1.weight") and tensor.dim() == 4
                 for key, tensor in state.items())
    stem = _tell(state)[2]
    return "deep" if pooled else stem if stem != "deep" else "7x7"


def _stem_by_stages(state: State) -> str:
    stem, four = _tell(state)[2], any("layer4" in key for key in state)
    return stem if stem == "deep" else "7x7" if four else "3x3"


RIGHT: dict[str, dict[str, Any]] = {
    "check_tell": {"read": _tell, "a list": lambda state: list(_tell(state))},
}

WRONG: dict[str, dict[str, Mistake]] = {
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
        "bottlenecks from 50 layers on": Mistake(
            lambda state: _tell(state, basic=3 if _tell(state)[1] < 50 else 2),
            "resnet56 the block came out as 'bottleneck'"),
        "deep where a pool is": Mistake(
            lambda state: (*_tell(state)[:2], _stem_by_shortcut(state)),
            "resnet50c with 'encoder.' before each name the stem came out as '7x7'"),
        "3x3 where a stage is missing": Mistake(
            lambda state: (*_tell(state)[:2], _stem_by_stages(state)),
            "a ResNet-18 with a 3x3 stem with 'trunk.' before each name the stem"),
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
            lambda state: _tell(state)[:2], "block, depth, stem; got tuple of 2"),
    },
}
