"""Check of "any stem": the paper's stem with another kernel."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from resnet_lab.arithmetic import window_positions
from resnet_lab.exercises.checking import attempt, exercise, fault_in, kind_of
from resnet_lab.exercises.comparison import comparison_fault
from resnet_lab.exercises.integers import as_integers

STEMS = ((7, 3, 16), (3, 1, 8), (5, 3, 16), (9, 4, 12))
"""Kernel, channels in and channels out."""

SIZES = ((32, 32), (29, 31))


@exercise(
    "`make_stem` is this function for `K = 7`. Which of its settings depend on the kernel?",
    "Half of the kernel, rounded down, hangs over the edge. `//` divides and rounds down.",
    "P = (K - 1)/2. What a bias adds, the normalization after it takes away.",
    right="Every odd kernel has its center on column 0 and needs no bias.",
)
def check_any_stem(answer: Callable[[int, int, int], Any]) -> str | None:
    """The paper's stem with any odd kernel; blank are the padding and the bias."""
    for kernel, *channels in STEMS:
        if fault := fault_in(f"With kernel {kernel}", _fault, answer, kernel, *channels):
            return fault
    return None


def _fault(
    answer: Callable[[int, int, int], Any], kernel: int, in_channels: int, out_channels: int
) -> str | None:
    stem = attempt(answer, kernel, in_channels, out_channels)
    if not isinstance(stem, nn.Sequential) or len(stem) != 4:
        return f"A stem is an nn.Sequential of four modules; got {kind_of(stem)}."
    reference = _reference(kernel, in_channels, out_channels)
    generator = torch.Generator().manual_seed(0)
    images = [torch.randn(2, in_channels, *size, generator=generator) for size in SIZES]
    return _window_fault(stem[0], reference[0]) or comparison_fault(
        stem, reference, images, "the paper's stem with this kernel"
    )


def _window_fault(conv1: nn.Module, reference: nn.Module) -> str | None:
    weight = reference.get_parameter("weight")
    out_channels, in_channels, kernel, _ = weight.shape
    if not isinstance(conv1, nn.Conv2d) or conv1.weight.shape != weight.shape:
        return (f"the first module must be a {kernel}x{kernel} convolution from "
                f"{in_channels} to {out_channels} channels, got {conv1}.")
    paddings = as_integers(conv1.padding)
    if paddings is None:
        return f"a padding is an integer, got {conv1.padding}."
    for padding in paddings:
        center = window_positions(0, kernel, 2, padding)[kernel // 2]
        if center != 0:
            return f"the first window has its center on column {center}."
    if conv1.bias is not None:
        count = conv1.bias.numel()
        return f"the convolution has {count} parameters that the module after it makes useless."
    return None


def _reference(kernel: int, in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride=2, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1),
    )
