"""Stems: what the image goes through before the first block.

A stem is a function of ``(in_channels, out_channels)`` that returns its four modules. The
trunk registers them under torchvision's names, so that official weights load unchanged.
"""

from typing import NamedTuple

from torch import nn


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


STEMS = {"7x7": stem_7x7}
"""The function behind each name that a specification may use as its ``stem``."""
