"""What recomputes claims about the networks before ResNet (chapter 1)."""

from fractions import Fraction
from itertools import pairwise
from typing import cast

import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from book.claims.value import Value

SIDE = 224
ALEXNET_CONVS = (
    (3, 96, 11, 1), (96, 256, 5, 2), (256, 384, 3, 1), (384, 384, 3, 2), (384, 256, 3, 2),
)  # fmt: skip
"""Channels in and out, kernel, and groups: three layers have half of the maps on each GPU."""

ALEXNET_LINEAR = (9216, 4096, 4096, 1000)
"""What goes into each linear layer, and what comes out of the last."""



def alexnet_parameters() -> dict[str, Value]:
    """Parameters of AlexNet, as its paper describes it and as torchvision has it."""
    return {
        "as in the paper, on two GPUs": _alexnet_of_2012(),
        "torchvision, one column": _parameters(torchvision.models.alexnet),
    }


def vgg19_parameters() -> dict[str, Value]:
    """Parameters of VGG-19."""
    return {"weights and biases": _parameters(torchvision.models.vgg19)}


def alexnet_over_googlenet_parameters() -> dict[str, Value]:
    """Parameters of AlexNet over those of GoogLeNet."""
    alexnet = _alexnet_of_2012()
    return {
        "with 5x5 as in the paper": Fraction(alexnet, _count(_googlenet(as_in_the_paper=True))),
        "torchvision, 3x3 in their place": Fraction(alexnet, _count(_googlenet())),
        "the same, and the extra classifiers": Fraction(alexnet, _count(_googlenet(extra=True))),
    }


def googlenet_macs() -> dict[str, Value]:
    """Multiply-adds of GoogLeNet without its extra classifiers."""
    return {
        "with 5x5 as in the paper": _macs(_googlenet(as_in_the_paper=True)),
        "torchvision, 3x3 in their place": _macs(_googlenet()),
    }


def _alexnet_of_2012() -> int:
    with torch.device("meta"):
        layers: list[nn.Module] = [nn.Conv2d(i, o, k, groups=g) for i, o, k, g in ALEXNET_CONVS]
        layers += [nn.Linear(*pair) for pair in pairwise(ALEXNET_LINEAR)]
        return _count(nn.Sequential(*layers))


def _googlenet(as_in_the_paper: bool = False, extra: bool = False) -> nn.Module:
    """The GoogLeNet of torchvision, whose third branches have a 3x3 where the paper has a 5x5."""
    with torch.device("meta"):
        network = torchvision.models.googlenet(aux_logits=extra, init_weights=False).eval()
        for module in network.children():
            if as_in_the_paper and hasattr(module, "branch3"):
                block = cast(nn.Module, module.branch3[1])
                old = cast(nn.Conv2d, block.conv)
                block.conv = nn.Conv2d(
                    old.in_channels, old.out_channels, 5, padding=2, bias=False
                )
    return network


def _parameters(build: type[nn.Module]) -> int:
    with torch.device("meta"):
        return _count(build())


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _macs(network: nn.Module) -> int:
    counter = FlopCounterMode(display=False)
    with torch.device("meta"), torch.no_grad(), counter:
        network(torch.empty(1, 3, SIDE, SIDE))
    return counter.get_total_flops() // 2
