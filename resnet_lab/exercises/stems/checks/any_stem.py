"""Checks for chapter 3, stems; the one of its last exercise is in ``small_stem``."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_lab.arithmetic import Window, output_size, window_positions
from resnet_lab.exercises.checking import as_integer, as_integers, attempt, exercise
from resnet_lab.exercises.modules import gradient_fault

KERNEL = 5
CHANNELS, FEATURES, PIXELS = 3, 16, 32
HALVING = (2, 3, 4)
"""The stages that halve."""


@exercise(
    "Write down the columns that the first window reads: it starts at column -P.",
    "A window of five taps has two on each side of its center.",
    "The center of the first window is column (K - 1)/2 - P. Set it to 0.",
    right="Half of the kernel hangs over, so the first center stands on the first column.",
)
def check_center(answer: int) -> str | None:
    """Padding that puts the center of a first 5x5 window on column 0."""
    padding = as_integer(answer)
    if padding is None:
        return f"A padding is a number of columns, an integer; got {answer!r}."
    if padding < 0:
        return f"A padding cannot be negative; got {padding}."
    center = window_positions(0, KERNEL, 2, padding)[KERNEL // 2]
    return None if center == 0 else (
        f"With padding {padding} the first window has its center on column {center}."
    )


@exercise(
    "Follow one number: the convolution adds the bias, then the normalization subtracts its mean.",
    "Without the bias everything before the normalization is lower by the bias.",
    "y + b - m is the same as y - (m - b).",
    right="The running mean takes the bias over; no output changes.",
)
def check_absorb_bias(answer: Callable[[Tensor, Tensor], Tensor]) -> str | None:
    """New running mean that makes the bias of the convolution in front superfluous."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2, CHANNELS, PIXELS, PIXELS, generator=generator)
    weight = torch.randn(FEATURES, CHANNELS, 3, 3, generator=generator) / 5
    bias, mean = torch.randn(2, FEATURES, generator=generator)
    variance = torch.ones(FEATURES)
    expected = F.batch_norm(F.conv2d(images, weight, bias), mean, variance)
    new_mean = attempt(answer, bias, mean)
    if not isinstance(new_mean, Tensor) or new_mean.shape != mean.shape:
        return f"The new mean must be a tensor with one number for each of {FEATURES} channels."
    observed = F.batch_norm(F.conv2d(images, weight), new_mean, variance)
    gap = (observed - expected).abs().max().item()
    return None if gap < 1e-4 else (
        f"With your mean and no bias, outputs differ from before by up to {gap:.2f}."
    )


@exercise(
    "`make_stem` is this function for `K = 7`. Which of its settings depend on the kernel?",
    "Half of the kernel, rounded down, hangs over the edge. `//` divides and rounds down.",
    "P = (K - 1)/2. What a bias adds, the normalization after it takes away.",
    right="Every odd kernel has its center on column 0 and needs no bias.",
)
def check_any_stem(answer: Callable[[int, int, int], Any]) -> str | None:
    """The paper's stem with any odd kernel; blank are the padding and the bias."""
    for kernel in (7, 3, 5, 9):
        stem = attempt(answer, kernel, CHANNELS, FEATURES)
        if not isinstance(stem, nn.Sequential) or len(stem) != 4:
            return f"With kernel {kernel} it returned {type(stem).__name__}, not the four modules."
        fault = _window_fault(stem[0], kernel) or _run_fault(stem)
        if fault:
            return f"With kernel {kernel}: {fault}"
    return None


def _window_fault(conv1: nn.Module, kernel: int) -> str | None:
    if not isinstance(conv1, nn.Conv2d) or conv1.kernel_size != (kernel, kernel):
        return f"the first module is {conv1}."
    paddings = as_integers(conv1.padding)
    if paddings is None:
        return f"a padding is a number of columns, an integer; got {conv1.padding}."
    for padding in paddings:
        center = window_positions(0, kernel, 2, padding)[kernel // 2]
        if center != 0:
            return f"the first window has its center on column {center}."
    if conv1.bias is not None:
        count = conv1.bias.numel()
        return f"the convolution has {count} parameters that the module after it makes useless."
    return None


def _run_fault(stem: nn.Sequential) -> str | None:
    images = torch.randn(2, CHANNELS, PIXELS, PIXELS, generator=torch.Generator().manual_seed(0))
    shape = tuple(stem(images).shape)
    if shape != (2, FEATURES, PIXELS // 4, PIXELS // 4):
        return f"images of shape {tuple(images.shape)} come out as {shape}."
    return gradient_fault(stem, images)


@exercise(
    "Begin with the two sizes after the pool. What does one stage make of each?",
    "Each of the stages 2, 3 and 4 applies a 3x3 with stride 2 and padding 1, once.",
    "Loop over the stages, halve both sizes, and return the stage as soon as they agree.",
    right="Where the larger size is even, the next stage heals it; three odd ones in a row stay.",
)
def check_healed_stage(answer: Callable[[int], int]) -> str | None:
    """First stage with the same size, whether or not the pool has its padding; 0 for none."""
    for size in (224, 225, *range(32, 513)):
        returned = attempt(answer, size)
        stage = as_integer(returned)
        said = f"For {size} pixels it returned {returned!r}"
        if stage not in (0, *HALVING):
            return f"{said}. Return 2, 3 or 4, the integer, or 0 where no stage heals."
        columns = stage_columns(size)
        padded, unpadded = columns[stage or HALVING[-1]]
        if (padded == unpadded) is (stage == 0):
            return (f"{said}. Stage {stage or HALVING[-1]} has {padded} columns with the padding "
                    f"and {unpadded} without.")
        if stage > 2 and len(set(columns[stage - 1])) == 1:
            return f"{said}, but the stage before it has {columns[stage - 1][0]} columns in both."
    return None


def stage_columns(size: int) -> dict[int, tuple[int, int]]:
    """Columns of stages 2 to 4 of ResNet-50, with the pool's padding and without."""
    def columns(stage: int, padding: int) -> int:
        halvings = [Window(3, 2, 1)] * (stage - 1)
        return output_size(size, [Window(7, 2, 3), Window(3, 2, padding), *halvings])

    return {stage: (columns(stage, 1), columns(stage, 0)) for stage in HALVING}


def _any_stem(
    padding: Callable[[int], Any] = lambda kernel: kernel // 2, bias: bool = False, last: int = 1
) -> Callable[[int, int, int], nn.Sequential]:
    """The right stem, or one with other blanks or another padding of the pool."""
    return lambda kernel, in_channels, features: nn.Sequential(
        nn.Conv2d(in_channels, features, kernel, stride=2, padding=padding(kernel), bias=bias),
        nn.BatchNorm2d(features),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=last),
    )


def _healed(size: int) -> int:
    equal = [stage for stage, pair in stage_columns(size).items() if len(set(pair)) == 1]
    return min(equal, default=0)


def _by_parity(size: int) -> int:
    columns = -(-size // 4)
    for stage in HALVING:
        if columns % 2 == 0:
            return stage
        columns = (columns + 1) // 2
    return 0


RIGHT: dict[str, dict[str, Any]] = {
    "check_center": {"half of the kernel": 2, "a tensor": torch.tensor(2)},
    "check_absorb_bias": {
        "subtracted": lambda bias, mean: mean - bias,
        "in another order": lambda bias, mean: -bias + mean,
    },
    "check_any_stem": {
        "half of the kernel": _any_stem(),
        "half of the others": _any_stem(lambda kernel: (kernel - 1) // 2),
        "on each axis": _any_stem(lambda kernel: (kernel // 2, kernel // 2)),
    },
    "check_healed_stage": {
        "from the sizes": _healed, "by parity": _by_parity,
        "an array": lambda size: np.int64(_healed(size)),
    },
}

WRONG: dict[str, dict[str, Any]] = {
    "check_center": {"none": 0, "of a 7x7": 3, "the whole kernel": 5, "a half column": 2.5,
                     "negative": -2},
    "check_absorb_bias": {
        "added": lambda bias, mean: mean + bias,
        "the bias alone": lambda bias, mean: bias,
        "left as it is": lambda bias, mean: mean,
        "one number": lambda bias, mean: (mean - bias).mean(),
        "a list": lambda bias, mean: (mean - bias).tolist(),
    },
    "check_any_stem": {
        "the 7x7's": _any_stem(lambda kernel: 3),
        "none": _any_stem(lambda kernel: 0),
        "one side takes all": _any_stem(lambda kernel: kernel - 1),
        "rounded up": _any_stem(lambda kernel: (kernel + 1) // 2),
        "not rounded": _any_stem(lambda kernel: (kernel - 1) / 2),
        "same": _any_stem(lambda kernel: "same"),
        "a bias": _any_stem(bias=True),
        "a pool without padding": _any_stem(last=0),
        "a 7x7 for every kernel": lambda kernel, *channels: _any_stem()(7, *channels),
        "not joined": lambda *sizes: tuple(_any_stem()(*sizes)),
    },
    "check_healed_stage": {
        "always as at 224": lambda size: 2,
        "never": lambda size: 0,
        "the last map alone": lambda size: 4 if _healed(size) else 0,
        "parity of the image": lambda size: 0 if size % 2 else 2,
        "the stage that is even": lambda size: max(0, _healed(size) - 1),
        "the stage after": lambda size: _healed(size) and _healed(size) + 1,
        "rounded down": lambda size: 2 if size // 4 % 2 == 0 else 3,
        "a name": lambda size: f"layer{_healed(size)}",
        "whether": lambda size: _healed(size) > 0,
    },
}
