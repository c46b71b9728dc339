"""Answers to the free exercise: the stem for small images."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from torch import Tensor, nn

from resnet_lab.exercises.mistake import Mistake

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


class _Silent(nn.Conv2d):
    """Stops without a word."""

    def forward(self, x: Tensor) -> Tensor:
        raise AssertionError


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
        "another eps": _stem(bn1=partial(nn.BatchNorm2d, eps=1e-3)),
        "other first weights": _changed(lambda conv1, bn1: nn.init.kaiming_normal_(conv1.weight)),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_small_stem": {
        "the pool is still there": Mistake(
            _stem(maxpool=lambda: nn.MaxPool2d(3, 2, 1)), "leave `maxpool` as (2, 16, 16, 16)"
        ),
        "the stride is still there": Mistake(
            _stem(conv1={"stride": 2}), "leave `conv1` as (2, 16, 16, 16)"
        ),
        "no padding": Mistake(_stem(conv1={"padding": 0}), "leave `conv1` as (2, 16, 30, 30)"),
        "a bias": Mistake(
            _stem(conv1={"bias": True}), "parameter that the module after it makes useless"
        ),
        "no ReLU": Mistake(_stem(relu=nn.Identity), "Some values that come out are negative"),
        "no normalization": Mistake(
            _stem(bn1=lambda channels: nn.Identity()),
            "must normalize over the batch; got Identity()",
        ),
        "no scale and shift": Mistake(
            _stem(bn1=partial(nn.BatchNorm2d, affine=False)),
            "keep its parameters and running statistics; got BatchNorm2d",
        ),
        "a dilated 3x3": Mistake(
            _stem(conv1={"dilation": 2, "padding": 2}),
            "padding=(2, 2), dilation=(2, 2), bias=False). In training",
        ),
        "a mirrored edge": Mistake(
            _stem(conv1={"padding_mode": "reflect"}), "padding_mode=reflect"
        ),
        **{
            kind.__name__: Mistake(_stem(relu=kind), f"and only them; got {kind.__name__}(")
            for kind in (nn.Sigmoid, nn.Softplus, nn.Hardsigmoid, nn.ReLU6)
        },
        "a ReLU that learns": Mistake(
            _stem(relu=partial(nn.PReLU, init=0.0)), "parameter `relu.weight`"
        ),
        "a pool that keeps the size": Mistake(
            _stem(maxpool=lambda: nn.MaxPool2d(3, 1, 1)),
            "leave what it is given as it is; got MaxPool2d",
        ),
        "an average": Mistake(
            _stem(maxpool=lambda: nn.AvgPool2d(3, 1, 1)),
            "leave what it is given as it is; got AvgPool2d",
        ),
        "dropout": Mistake(
            _stem(maxpool=nn.Dropout), "leave what it is given as it is; got Dropout"
        ),
        "a second ReLU": Mistake(
            _stem(maxpool=nn.ReLU), "leave what it is given as it is; got ReLU"
        ),
        "a 1x1 that copies": Mistake(_stem(maxpool=_one_by_one), "parameter `maxpool.weight`"),
        "a 7x7": Mistake(
            _stem(conv1={"kernel_size": 7, "padding": 3}),
            "must be a 3x3 convolution; got Conv2d(3, 16, kernel_size=(7, 7)",
        ),
        "fixed channels": Mistake(
            lambda *channels: _stem()(3, 16), "size [16, 3, 3, 3], expected input[2, 1, 32, 32]"
        ),
        "fixed colors": Mistake(
            lambda _, features: _stem()(3, features),
            "size [8, 3, 3, 3], expected input[2, 1, 32, 32]",
        ),
        "fixed features": Mistake(
            lambda colors, _: _stem()(colors, 16), "(2, 1, 32, 32) come out as (2, 16, 32, 32)"
        ),
        "the same modules each time": Mistake(
            lambda *channels: _once(3, 16), "size [16, 3, 3, 3], expected input[2, 1, 32, 32]"
        ),
        "the same modules for the same channels": Mistake(_once, "return the same `conv1.weight`"),
        "one normalization for all": Mistake(
            _stem(bn1=cache(nn.BatchNorm2d)), "return the same `bn1.weight`"
        ),
        "frozen weights": Mistake(
            _changed(lambda conv1, bn1: conv1.requires_grad_(False)),
            "`conv1.weight.requires_grad` is False",
        ),
        "a frozen normalization": Mistake(
            _changed(lambda conv1, bn1: bn1.requires_grad_(False)),
            "`bn1.weight.requires_grad` is False",
        ),
        "a scale of zero": Mistake(
            _changed(lambda conv1, bn1: nn.init.zeros_(bn1.weight)),
            "gradient at the image is zero everywhere",
        ),
        "a momentum of zero": Mistake(
            _stem(bn1=partial(nn.BatchNorm2d, momentum=0.0)),
            "after the batch, `running_mean` is not that",
        ),
        "an eps of 1": Mistake(
            _stem(bn1=partial(nn.BatchNorm2d, eps=1.0)),
            "scale and shift each channel; got BatchNorm2d(16, eps=1.0",
        ),
        "a detached image": Mistake(_stem(kind=_Detached), "zeros around the image; got _Detached"),
        "a detached output": Mistake(
            _stem(maxpool=_Cut), "the output is cut off from all before it"
        ),
        "a gradient of zero": Mistake(
            _stem(maxpool=partial(_Cut, keep=True)),
            "the gradient at the input is not that of such a module. It is zero",
        ),
        "a sequence of modules": Mistake(
            lambda *channels: nn.Sequential(*_stem()(*channels)), "maxpool; got Sequential of 4"
        ),
        "three modules": Mistake(
            lambda *channels: _stem()(*channels)[:3], "relu, maxpool; got tuple of 3"
        ),
        "stopped without a word": Mistake(
            _stem(kind=_Silent), "Called with (3, 16). Images of shape (2, 3, 32, 32) stop `conv1`"
        ),
        "a class": Mistake(
            lambda *channels: (nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.Identity),
            "Called with (3, 16). Each of the four must be a torch module; got type, type",
        ),
    },
}
