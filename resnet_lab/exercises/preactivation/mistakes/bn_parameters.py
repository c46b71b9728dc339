"""Answers to "parameters of batch normalization" in a v2 network."""

from collections.abc import Callable
from typing import Any

import torch

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.models import ResNet, ResNetSpec


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

WRONG: dict[str, dict[str, Mistake]] = {
    "check_bn_parameters": {
        "without the last": Mistake(_by_plan(last=False), "returned 23,712"),
        "scales alone": Mistake(_by_plan(scale=1), "returned 12,112"),
        "with running statistics": Mistake(_by_plan(scale=4), "returned 48,448"),
        "by output channels, as in v1": Mistake(_by_plan(first="out_channels"), "returned 24,704"),
        "with one in the stem": Mistake(_by_plan(stem=True), "returned 24,256"),
        "the stem's instead of the last": Mistake(
            _by_plan(last=False, stem=True), "returned 23,744"),
        "a float": Mistake(
            lambda network: _by_plan()(network) / 1,
            "The count for resnetv2_164 is an integer, got 24224.0"),
        "always that of ResNet-164": Mistake(
            lambda network: 24_224, "For resnetv2_1001 (333 blocks) it returned 24,224"),
    },
}
