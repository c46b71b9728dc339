"""Check of chapter 3's free exercise: the stem for small images."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_lab.exercises.checking import AnswerError, attempt, exercise
from resnet_lab.exercises.modules import gradient_fault, shared_parameter_fault, statistics_fault

PIXELS = 32
CHANNELS = ((3, 16), (1, 8))
"""In and out: colors of a photograph, then another pair, for what is typed instead of passed."""

NAMES = ("conv1", "bn1", "relu", "maxpool")
LEARNED = {"conv1.weight", "bn1.weight", "bn1.bias"}


@exercise(
    "Go through the four modules. Which of them makes the image smaller, and how?",
    "A 3x3 keeps the size with stride 1 and padding 1. A module that does nothing is nn.Identity.",
    "The normalization follows the convolution, so the convolution needs no bias.",
    "Make all four inside the function, from its two arguments, and change no setting besides.",
    right="No position is lost, so the first block works at full resolution.",
)
def check_small_stem(answer: Callable[[int, int], Any]) -> str | None:
    """Stem of the paper's CIFAR networks: a 3x3 with stride 1, no pool."""
    for channels in CHANNELS:
        stem = _assembled(answer, *channels)
        if fault := _fault(stem, *channels):
            return f"Called with {channels}. {fault}"
    return shared_parameter_fault(lambda: _assembled(answer, *CHANNELS[0]))


def _assembled(answer: Callable[[int, int], Any], *channels: int) -> nn.Sequential:
    """The four modules under their names.

    Raises:
        AnswerError: the answer returned something else.
    """
    modules = attempt(answer, *channels)
    if not isinstance(modules, (tuple, list)) or len(modules) != len(NAMES):
        raise AnswerError("A stem is four modules: conv1, bn1, relu, maxpool.")
    if not all(isinstance(module, nn.Module) for module in modules):
        kinds = ", ".join(type(module).__name__ for module in modules)
        raise AnswerError(f"Each of the four must be a torch module; got {kinds}.")
    stem = nn.Sequential()
    for name, module in zip(NAMES, modules, strict=True):
        stem.add_module(name, module)
    return stem


def _fault(stem: nn.Sequential, in_channels: int, out_channels: int) -> str | None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2, in_channels, PIXELS, PIXELS, generator=generator)
    maps = 10 * torch.randn(2, out_channels, PIXELS, PIXELS, generator=generator)
    return (
        _shape_fault(stem, images, tuple(maps.shape))
        or _parts_fault(stem)
        or _values_fault(stem, images, maps)
        or gradient_fault(stem, images)
        or statistics_fault(stem, images)
    )


def _shape_fault(stem: nn.Sequential, images: Tensor, expected: tuple[int, ...]) -> str | None:
    try:
        maps = stem(images)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return f"Images of shape {tuple(images.shape)} stop it. {reason}"
    if maps.shape != expected:
        return f"Images of shape {tuple(images.shape)} come out as {tuple(maps.shape)}."
    return "Some values that come out are negative." if maps.min() < 0 else None


def _parts_fault(stem: nn.Sequential) -> str | None:
    conv1, bn1, *_ = stem
    if not isinstance(conv1, nn.Conv2d) or conv1.kernel_size != (3, 3):
        return f"The first module must be a 3x3 convolution; got {conv1}."
    if not isinstance(bn1, nn.BatchNorm2d):
        return f"The second module must normalize over the batch; got {bn1}."
    if conv1.bias is not None:
        return "The convolution has a parameter that the module after it makes useless."
    if not (bn1.affine and bn1.track_running_stats):
        return f"The normalization must keep its parameters and running statistics; got {bn1}."
    for name, _ in stem.named_parameters():
        if name not in LEARNED:
            return f"There is a parameter `{name}`, but that module has nothing to learn."
    return None


@torch.no_grad()
def _values_fault(stem: nn.Sequential, images: Tensor, maps: Tensor) -> str | None:
    """The first module that computes something else, in training or in evaluation."""
    conv1, bn1, relu, maxpool = cast(
        tuple[nn.Conv2d, nn.BatchNorm2d, nn.Module, nn.Module], tuple(stem)
    )
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


Modules = tuple[nn.Module, ...]


def _stem(**changes: Any) -> Callable[[int, int], Modules]:
    """The right stem with some of its parts changed."""

    def small_stem(in_channels: int, out_channels: int) -> Modules:
        conv = {"kernel_size": 3, "padding": 1, "bias": False, **changes.get("conv1", {})}
        return (
            changes.get("kind", nn.Conv2d)(in_channels, out_channels, **conv),
            changes.get("bn1", nn.BatchNorm2d)(out_channels),
            changes.get("relu", nn.ReLU)(),
            changes.get("maxpool", nn.Identity)(),
        )

    return small_stem


def _changed(change: Callable[..., Any]) -> Callable[[int, int], Modules]:
    """The right stem after ``change(conv1, bn1)``."""

    def small_stem(in_channels: int, out_channels: int) -> Modules:
        modules = _stem()(in_channels, out_channels)
        change(*modules[:2])
        return modules

    return small_stem


class _Detached(nn.Conv2d):
    """A convolution that cuts its gradient."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.detach())


class _Cut(nn.Module):
    """Passes on the values and no gradient; with ``keep``, a gradient of zero."""

    def __init__(self, keep: bool = False) -> None:
        super().__init__()
        self.keep = keep

    def forward(self, x: Tensor) -> Tensor:
        return x.detach() + 0 * x if self.keep else x.detach()


def _one_by_one() -> nn.Module:
    """A 1x1 that copies each of 16 channels, for now."""
    conv = nn.Conv2d(16, 16, 1, bias=False)
    nn.init.dirac_(conv.weight)
    return conv


_once = cache(_stem())
_one_relu = nn.ReLU()

RIGHT: dict[str, dict[str, Any]] = {
    "check_small_stem": {
        "as asked": _stem(),
        "a list": lambda *channels: list(_stem()(*channels)),
        "a pool of one column": _stem(maxpool=lambda: nn.MaxPool2d(1)),
        "same padding": _stem(conv1={"padding": "same"}),
        "in place": _stem(relu=partial(nn.ReLU, inplace=True)),
        "one ReLU for all": _stem(relu=lambda: _one_relu),
        "another momentum": _stem(bn1=partial(nn.BatchNorm2d, momentum=0.01)),
        "other first weights": _changed(lambda conv1, bn1: nn.init.kaiming_normal_(conv1.weight)),
    },
}

WRONG: dict[str, dict[str, Any]] = {
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
        "a ReLU that learns": _stem(relu=partial(nn.PReLU, init=0.0)),
        "a pool that keeps the size": _stem(maxpool=lambda: nn.MaxPool2d(3, 1, 1)),
        "an average": _stem(maxpool=lambda: nn.AvgPool2d(3, 1, 1)),
        "dropout": _stem(maxpool=nn.Dropout),
        "a second ReLU": _stem(maxpool=nn.ReLU),
        "a 1x1 that copies": _stem(maxpool=_one_by_one),
        "a 7x7": _stem(conv1={"kernel_size": 7, "padding": 3}),
        "fixed channels": lambda *channels: _stem()(3, 16),
        "fixed colors": lambda _, features: _stem()(3, features),
        "fixed features": lambda colors, _: _stem()(colors, 16),
        "the same modules each time": lambda *channels: _once(3, 16),
        "the same modules for the same channels": _once,
        "one normalization for all": _stem(bn1=cache(nn.BatchNorm2d)),
        "frozen weights": _changed(lambda conv1, bn1: conv1.requires_grad_(False)),
        "a frozen normalization": _changed(lambda conv1, bn1: bn1.requires_grad_(False)),
        "a scale of zero": _changed(lambda conv1, bn1: nn.init.zeros_(bn1.weight)),
        "a momentum of zero": _stem(bn1=partial(nn.BatchNorm2d, momentum=0.0)),
        "a detached image": _stem(kind=_Detached),
        "a detached output": _stem(maxpool=_Cut),
        "a gradient of zero": _stem(maxpool=partial(_Cut, keep=True)),
        "a sequence of modules": lambda *channels: nn.Sequential(*_stem()(*channels)),
        "three modules": lambda *channels: _stem()(*channels)[:3],
        "a class": lambda *channels: (nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.Identity),
    },
}
