"""Answers to "forward v2": a block rearranged from v1 to v2."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.preactivation.checks.forward_v2 import Forward


def _rearranged(**changes: Any) -> Forward:
    """The forward pass of v2, or one with another step in it."""
    first = changes.get("first", lambda bn, x: F.relu(bn(x)))
    second = changes.get("second", lambda bn, x: F.relu(bn(x)))
    join = changes.get("join", lambda x, activated, branch: x + branch)

    def forward_v2(
        x: Tensor, conv1: nn.Module, bn1: nn.Module, conv2: nn.Module, bn2: nn.Module
    ) -> Tensor:
        if changes.get("swapped"):
            bn1, bn2 = bn2, bn1
        activated = first(bn1, x)
        return join(x, activated, conv2(second(bn2, conv1(activated))))

    return forward_v2


def _original(x: Tensor, conv1: Any, bn1: Any, conv2: Any, bn2: Any) -> Tensor:
    return F.relu(x + bn2(conv2(F.relu(bn1(conv1(x))))))


RIGHT: dict[str, dict[str, Any]] = {
    "check_forward_v2": {
        "as asked": _rearranged(),
        "in place": _rearranged(first=lambda bn, x: F.relu_(bn(x))),
        "clamped": _rearranged(second=lambda bn, x: bn(x).clamp(min=0)),
        "the branch first": _rearranged(join=lambda x, activated, branch: branch + x),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_forward_v2": {
        "still v1": Mistake(_original, "`conv1` was given the input of the block as it is"),
        "v1 without the last ReLU": Mistake(
            lambda x, c1, b1, c2, b2: x + b2(c2(F.relu(b1(c1(x))))),
            "`conv1` was given the input of the block as it is"),
        "a ReLU after the sum": Mistake(
            _rearranged(join=lambda x, _, branch: F.relu(x + branch)),
            "50% of the values come out changed: they go from 0.00"),
        "ReLU first, then BN": Mistake(
            _rearranged(first=lambda bn, x: bn(F.relu(x))),
            "`conv1` was given values down to -0.19"),
        "ReLU alone": Mistake(
            _rearranged(first=lambda bn, x: F.relu(x)),
            "With an input ten times as large, `conv1` was given other values"),
        "BN alone": Mistake(
            _rearranged(first=lambda bn, x: bn(x)), "`conv1` was given values down to -2.72"),
        "a ReLU6": Mistake(
            _rearranged(first=lambda bn, x: F.relu6(bn(x))),
            "In training, what becomes of a map of shape (3, 6, 8, 8) differs by up to"),
        "nothing before conv2": Mistake(
            _rearranged(second=lambda bn, x: x), "`conv2` was given values down to -"),
        "shortcut after the activation": Mistake(
            _rearranged(join=lambda _, given, branch: given + branch),
            "they go from 0.00 to 4.00"),
        "no shortcut": Mistake(
            _rearranged(join=lambda x, activated, branch: branch), "they go from 0.00 to 0.00"),
        "half of the shortcut": Mistake(
            _rearranged(join=lambda x, _, branch: 0.5 * x + branch), "they go from -1.57 to 1.55"),
        "a branch taken off": Mistake(
            _rearranged(join=lambda x, _, branch: x - branch), "differs by up to 15 from"),
        "the two BNs swapped": Mistake(_rearranged(swapped=True), "differs by up to 3.2 from"),
        "a detached shortcut": Mistake(
            _rearranged(join=lambda x, _, branch: x.detach() + branch),
            "the gradient at the input is not that of a v2 block"),
        "a detached output": Mistake(
            _rearranged(join=lambda x, _, branch: (x + branch).detach()),
            "no gradient reaches the input"),
        "the input overwritten": Mistake(
            _rearranged(join=lambda x, _, branch: x.detach().add_(branch)),
            "The input of the block was changed in place"),
        "a list": Mistake(
            _rearranged(join=lambda x, _, branch: [x, branch]),
            "shape (3, 6, 8, 8) was asked for; got list of 2"),
    },
}
