"""Counts of networks, which are built on the meta device: shapes only, no memory."""

from collections.abc import Callable

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

SIDE = 224
"""Rows and columns of the images that operations are counted on."""


def parameters(build: Callable[[], nn.Module]) -> int:
    """Trained parameters of the network that ``build`` returns."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build().parameters())


def operations(build: Callable[[], nn.Module]) -> FlopCounterMode:
    """What torch counts while the network classifies one image.

    A multiply-add is two operations; those of convolutions and matrix products count.
    """
    counter = FlopCounterMode(display=False)
    with torch.device("meta"), counter, torch.no_grad():
        build().eval()(torch.empty(1, 3, SIDE, SIDE))
    return counter


def macs(build: Callable[[], nn.Module]) -> int:
    """Multiply-adds of the network for one image: half of ``operations``."""
    return operations(build).get_total_flops() // 2
