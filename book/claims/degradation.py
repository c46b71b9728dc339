"""What recomputes claims about the networks before ResNet (chapter 1)."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import cast

import torchvision
from torch import nn

from book.claims.measure import macs, parameters
from book.claims.value import Value

ALEXNET_CONVS = (
    (3, 96, 11, 1), (96, 256, 5, 2), (256, 384, 3, 1), (384, 384, 3, 2), (384, 256, 3, 2),
)  # fmt: skip
"""Channels in and out, kernel, and groups: three layers have half of the maps on each GPU."""

ALEXNET_LINEAR = (9216, 4096, 4096, 1000)
"""What goes into each linear layer, and what comes out of the last."""


def alexnet_parameters() -> dict[str, Value]:
    """Parameters of AlexNet, as its paper describes it and as torchvision has it."""
    return {
        "as in the paper, on two GPUs": parameters(_alexnet_of_2012),
        "torchvision, one column": parameters(torchvision.models.alexnet),
    }


def vgg19_parameters() -> dict[str, Value]:
    """Parameters of VGG-19."""
    return {"weights and biases": parameters(torchvision.models.vgg19)}


def alexnet_over_googlenet_parameters() -> dict[str, Value]:
    """Parameters of AlexNet over those of GoogLeNet."""
    alexnet = parameters(_alexnet_of_2012)
    networks: dict[str, Callable[[], nn.Module]] = {
        "with 5x5 as in the paper": partial(_googlenet, as_in_the_paper=True),
        "torchvision, 3x3 in their place": _googlenet,
        "the same, and the extra classifiers": partial(_googlenet, extra=True),
    }
    return {name: Fraction(alexnet, parameters(build)) for name, build in networks.items()}


def googlenet_macs() -> dict[str, Value]:
    """Multiply-adds of GoogLeNet without its extra classifiers."""
    return {
        "with 5x5 as in the paper": macs(partial(_googlenet, as_in_the_paper=True)),
        "torchvision, 3x3 in their place": macs(_googlenet),
    }


def _alexnet_of_2012() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(i, o, k, groups=g) for i, o, k, g in ALEXNET_CONVS]
    layers += [nn.Linear(*pair) for pair in pairwise(ALEXNET_LINEAR)]
    return nn.Sequential(*layers)


def _googlenet(as_in_the_paper: bool = False, extra: bool = False) -> nn.Module:
    """The GoogLeNet of torchvision, whose third branches have a 3x3 where the paper has a 5x5."""
    network = torchvision.models.googlenet(aux_logits=extra, init_weights=False)
    for module in network.children():
        if as_in_the_paper and hasattr(module, "branch3"):
            block = cast(nn.Module, module.branch3[1])
            old = cast(nn.Conv2d, block.conv)
            block.conv = nn.Conv2d(old.in_channels, old.out_channels, 5, padding=2, bias=False)
    return network
