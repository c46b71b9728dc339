"""Stems: what the image goes through before the first block.

A stem is a function of ``(in_channels, out_channels)`` that returns its four modules. The
trunk registers them under torchvision's names, so that official weights load unchanged.
"""

from functools import cache
from typing import Any, NamedTuple

import torch
from torch import nn

from resnet_lab.arithmetic import Window
from resnet_lab.models.blocks import conv3x3


class Stem(NamedTuple):
    """The four modules of a stem, in the order of the forward pass."""

    conv1: nn.Module
    bn1: nn.Module
    relu: nn.Module
    maxpool: nn.Module


def stem_7x7(in_channels: int, out_channels: int) -> Stem:
    """The paper's stem (table 1): ``N, in, H, W`` to ``N, out, ceil(H/4), ceil(W/4)``.

    The convolution has no bias: the batch normalization after it would subtract it again.
    """
    return Stem(
        conv1=nn.Conv2d(in_channels, out_channels, 7, stride=2, padding=3, bias=False),
        bn1=nn.BatchNorm2d(out_channels),
        relu=nn.ReLU(),
        maxpool=nn.MaxPool2d(3, stride=2, padding=1),
    )


def stem_deep(in_channels: int, out_channels: int) -> Stem:
    """Three 3x3 in place of the 7x7: the "C" of "Bag of tricks", arXiv:1812.01187, figure 2.

    ``N, in, H, W`` to ``N, out, ceil(H/4), ceil(W/4)``; the first two have half the channels.
    """
    return _three_convolutions(in_channels, out_channels // 2, out_channels // 2, out_channels)


def stem_tiered(in_channels: int, out_channels: int) -> Stem:
    """The "T" of timm: as :func:`stem_deep`, the first convolution with 3/8 of the channels."""
    return _three_convolutions(in_channels, out_channels // 8 * 3, out_channels // 2, out_channels)


def stem_3x3(in_channels: int, out_channels: int) -> Stem:
    """The stem for small images (section 4.2): ``N, in, H, W`` to ``N, out, H, W``, no pooling."""
    return Stem(
        conv1=conv3x3(in_channels, out_channels, stride=1),
        bn1=nn.BatchNorm2d(out_channels),
        relu=nn.ReLU(),
        maxpool=nn.Identity(),
    )


def _three_convolutions(in_channels: int, first: int, second: int, out_channels: int) -> Stem:
    convolutions = nn.Sequential(
        conv3x3(in_channels, first, stride=2),
        nn.BatchNorm2d(first),
        nn.ReLU(),
        conv3x3(first, second, stride=1),
        nn.BatchNorm2d(second),
        nn.ReLU(),
        conv3x3(second, out_channels, stride=1),
    )
    return Stem(
        conv1=convolutions,
        bn1=nn.BatchNorm2d(out_channels),
        relu=nn.ReLU(),
        maxpool=nn.MaxPool2d(3, stride=2, padding=1),
    )


STEMS = {"7x7": stem_7x7, "deep": stem_deep, "tiered": stem_tiered, "3x3": stem_3x3}
"""The function behind each name that a specification may use as its ``stem``."""


@cache
def stem_windows(stem: str) -> tuple[Window, ...]:
    """The windows of a kind of stem, read off its modules."""
    with torch.device("meta"):
        return windows_in(*STEMS[stem](8, 8))


def windows_in(*modules: nn.Module) -> tuple[Window, ...]:
    """The windows of the square layers inside some modules, in their order."""
    layers = [layer for module in modules for layer in module.modules()]
    sliding = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
    return tuple(window_of(layer) for layer in layers if isinstance(layer, sliding))


def window_of(layer: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d) -> Window:
    """The window of a square layer."""
    ceil_mode = not isinstance(layer, nn.Conv2d) and layer.ceil_mode
    sides = (_side(layer.kernel_size), _side(layer.stride), _side(layer.padding))
    return Window(*sides, ceil_mode=ceil_mode)


def _side(value: Any) -> int:
    return int(value[0] if isinstance(value, tuple) else value)
