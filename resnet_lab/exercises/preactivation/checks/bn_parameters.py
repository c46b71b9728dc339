"""Check of chapter 13's count: parameters of batch normalization in a v2 network."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from resnet_lab.exercises.checking import as_integer, attempt, exercise
from resnet_lab.models import ResNet, ResNetSpec, cost, spec

COUNTED = [
    spec("resnetv2_164"),
    spec("resnetv2_1001"),
    replace(spec("resnetv2_164"), name="one block a stage", depths=(1, 1, 1)),
    replace(spec("resnetv2_164"), name="unequal stages", depths=(1, 2, 3), stem_width=32),
    replace(spec("resnetv2_50"), name="ResNet-50, v2"),
]


@exercise(
    "List the layers of batch normalization: three in each block. Where else is one?",
    "Each has a scale and a shift for every channel of what it reads.",
    "In a v2 bottleneck bn1 reads the input of the block; bn2 and bn3 read what is inside.",
    "The stem has none in v2, and behind the last sum stands `norm`.",
    right="Scale and shift of every channel that is normalized, the last activation included.",
)
def check_bn_parameters(answer: Callable[[ResNetSpec], int]) -> str | None:
    """A function of a v2 specification with bottlenecks: parameters of batch normalization."""
    for network in COUNTED:
        returned = attempt(answer, network)
        count = as_integer(returned)
        if count is None:
            return f"For {network.name} it returned {returned!r}. A count is an integer."
        rows = cost(network, input_size=32).rows
        if count != sum(row.params for row in rows if row.kind == "BatchNorm2d"):
            blocks = len(network.blocks)
            return (f"For {network.name} ({blocks} blocks) it returned {count:,}. Going "
                    "through the layers of the network gives another count.")
    return None


def _by_plan(
    scale: int = 2, last: bool = True, first: str = "in_channels", stem: bool = False
) -> Callable[[ResNetSpec], int]:
    """The right count, or one with another rule in it."""
    return lambda network: scale * (
        sum(getattr(plan, first) + 2 * plan.width for plan in network.blocks)
        + last * network.out_channels + stem * network.stem_width
    )


def _by_building(network: ResNetSpec) -> int:
    with torch.device("meta"):
        model = ResNet(network)
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    return sum(parameter.numel() for norm in norms for parameter in norm.parameters())


RIGHT: dict[str, dict[str, Any]] = {
    "check_bn_parameters": {"by the plan": _by_plan(), "by building": _by_building},
}

WRONG: dict[str, dict[str, Any]] = {
    "check_bn_parameters": {
        "without the last": _by_plan(last=False),
        "scales alone": _by_plan(scale=1),
        "with running statistics": _by_plan(scale=4),
        "by output channels, as in v1": _by_plan(first="out_channels"),
        "with one in the stem": _by_plan(stem=True),
        "the stem's instead of the last": _by_plan(last=False, stem=True),
        "a float": lambda network: _by_plan()(network) / 1,
        "always that of ResNet-164": lambda network: 24_224,
    },
}
