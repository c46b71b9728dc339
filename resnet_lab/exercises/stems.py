"""Checks for chapter 3, stems."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_lab.arithmetic import window_positions
from resnet_lab.exercises.checking import as_integer, attempt, exercise

KERNEL = 5
CHANNELS, FEATURES, PIXELS = 3, 16, 32


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
    "Go through the four modules. Which of them makes the image smaller, and how?",
    "A 3x3 keeps the size with stride 1 and padding 1. A module that does nothing is nn.Identity.",
    "The normalization follows the convolution, so the convolution needs no bias.",
    right="No position is lost, so the first block works at full resolution.",
)
def check_small_stem(answer: Callable[[int, int], Any]) -> str | None:
    """Stem of the paper's CIFAR networks: a 3x3 with stride 1, no pool."""
    stem = attempt(answer, CHANNELS, FEATURES)
    if not isinstance(stem, (tuple, list)) or len(stem) != 4:
        return "A stem is four modules: conv1, bn1, relu, maxpool."
    if not all(isinstance(module, nn.Module) for module in stem):
        kinds = ", ".join(type(module).__name__ for module in stem)
        return f"Each of the four must be a torch module; got {kinds}."
    return _shape_fault(nn.Sequential(*stem)) or _parts_fault(*stem) or _values_fault(*stem)


def _shape_fault(stem: nn.Sequential) -> str | None:
    images = torch.randn(2, CHANNELS, PIXELS, PIXELS, generator=torch.Generator().manual_seed(0))
    images.requires_grad_()
    try:
        maps = stem(images)
    except RuntimeError as error:
        return f"Images of shape {tuple(images.shape)} stop it: {str(error).splitlines()[0]}"
    if maps.shape != (2, FEATURES, PIXELS, PIXELS):
        return f"Images of shape {tuple(images.shape)} come out as {tuple(maps.shape)}."
    if maps.min() < 0:
        return "Some values that come out are negative."
    (gradient,) = torch.autograd.grad(maps.sum(), images, allow_unused=True)
    return "No gradient reaches the image." if gradient is None else None


def _parts_fault(conv1: nn.Module, bn1: nn.Module, *_: nn.Module) -> str | None:
    if not isinstance(conv1, nn.Conv2d) or conv1.kernel_size != (3, 3):
        return f"The first module must be a 3x3 convolution; got {conv1}."
    if not isinstance(bn1, nn.BatchNorm2d):
        return f"The second module must normalize over the batch; got {bn1}."
    if conv1.bias is not None:
        return "The convolution has a parameter that the module after it makes useless."
    if not (bn1.affine and bn1.track_running_stats):
        return f"The normalization must keep its parameters and running statistics; got {bn1}."
    return None


@torch.no_grad()
def _values_fault(
    conv1: nn.Conv2d, bn1: nn.BatchNorm2d, relu: nn.Module, maxpool: nn.Module
) -> str | None:
    """The first module that computes something else, in training or in evaluation."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2, CHANNELS, PIXELS, PIXELS, generator=generator)
    maps = 10 * torch.randn(2, FEATURES, PIXELS, PIXELS, generator=generator)
    for training in (True, False):
        mean, variance = (None, None) if training else (bn1.running_mean, bn1.running_var)
        normal = F.batch_norm(maps, mean, variance, bn1.weight, bn1.bias, training, eps=bn1.eps)
        for module, given, expected, task in (
            (conv1, images, F.conv2d(images, conv1.weight, padding=1),
             "first module must weigh each pixel and its neighbors, with zeros around the image"),
            (bn1, maps, normal, "second module must normalize, then scale and shift each channel"),
            (relu, maps, F.relu(maps), "third module must change negative numbers, and only them"),
            (maxpool, maps, maps, "fourth module must leave what it is given as it is"),
        ):
            observed = module.train(training)(given.clone())
            same = observed.shape == expected.shape
            if not (same and torch.allclose(observed, expected, 1e-4, 1e-4)):
                return f"The {task}; got {module}."
    return None


def _stem(**changes: Any) -> Callable[[int, int], tuple[nn.Module, ...]]:
    """The right stem with some of its parts changed."""

    def small_stem(in_channels: int, out_channels: int) -> tuple[nn.Module, ...]:
        conv = {"kernel_size": 3, "padding": 1, "bias": False, **changes.get("conv1", {})}
        return (
            nn.Conv2d(in_channels, out_channels, **conv),
            changes.get("bn1", nn.BatchNorm2d)(out_channels),
            changes.get("relu", nn.ReLU)(),
            changes.get("maxpool", nn.Identity)(),
        )

    return small_stem


RIGHT: dict[str, dict[str, Any]] = {
    "check_center": {"half of the kernel": 2, "a tensor": torch.tensor(2)},
    "check_absorb_bias": {
        "subtracted": lambda bias, mean: mean - bias,
        "in another order": lambda bias, mean: -bias + mean,
    },
    "check_small_stem": {
        "as asked": _stem(),
        "a list": lambda *channels: list(_stem()(*channels)),
        "a pool of one column": _stem(maxpool=lambda: nn.MaxPool2d(1)),
        "same padding": _stem(conv1={"padding": "same"}),
        "in place": _stem(relu=partial(nn.ReLU, inplace=True)),
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
    "check_small_stem": {
        "the pool is still there": _stem(maxpool=lambda: nn.MaxPool2d(3, 2, 1)),
        "the stride is still there": _stem(conv1={"stride": 2}),
        "no padding": _stem(conv1={"padding": 0}),
        "a bias": _stem(conv1={"bias": True}),
        "no ReLU": _stem(relu=nn.Identity),
        "no normalization": _stem(bn1=lambda channels: nn.Identity()),
        "no scale and shift": _stem(bn1=partial(nn.BatchNorm2d, affine=False)),
        "a dilated 3x3": _stem(conv1={"dilation": 2, "padding": 2}),
        "a mirrored edge": _stem(conv1={"padding_mode": "reflect"}),
        **{kind.__name__: _stem(relu=kind) for kind in (
            nn.Sigmoid, nn.Softplus, nn.Hardsigmoid, nn.ReLU6)},
        "a pool that keeps the size": _stem(maxpool=lambda: nn.MaxPool2d(3, 1, 1)),
        "an average": _stem(maxpool=lambda: nn.AvgPool2d(3, 1, 1)),
        "dropout": _stem(maxpool=nn.Dropout),
        "a second ReLU": _stem(maxpool=nn.ReLU),
        "a 7x7": _stem(conv1={"kernel_size": 7, "padding": 3}),
        "a detached image": lambda *channels: (_Detach(), *_stem()(*channels)[1:]),
        "a sequence of modules": lambda *channels: nn.Sequential(*_stem()(*channels)),
        "three modules": lambda *channels: _stem()(*channels)[:3],
        "a class": lambda *channels: (nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.Identity),
    },
}


class _Detach(nn.Module):
    """A convolution that cuts its gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, FEATURES, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x.detach())
