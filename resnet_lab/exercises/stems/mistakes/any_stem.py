"""Answers to "any stem"."""

from collections.abc import Callable
from typing import Any

from torch import nn

from resnet_lab.exercises.mistake import Mistake


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


RIGHT: dict[str, dict[str, Any]] = {
    "check_any_stem": {
        "half of the kernel": _any_stem(),
        "half of the others": _any_stem(lambda kernel: (kernel - 1) // 2),
        "on each axis": _any_stem(lambda kernel: (kernel // 2, kernel // 2)),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_any_stem": {
        "the 7x7's": Mistake(
            _any_stem(lambda kernel: 3), "kernel 3. The first window has its center on column -2"
        ),
        "none": Mistake(
            _any_stem(lambda kernel: 0), "kernel 7. The first window has its center on column 3"
        ),
        "one side takes all": Mistake(
            _any_stem(lambda kernel: kernel - 1), "The first window has its center on column -3"
        ),
        "rounded up": Mistake(
            _any_stem(lambda kernel: (kernel + 1) // 2),
            "kernel 7. The first window has its center on column -1",
        ),
        "not rounded": Mistake(
            _any_stem(lambda kernel: (kernel - 1) / 2), "an integer, got (3.0, 3.0)"
        ),
        "same": Mistake(_any_stem(lambda kernel: "same"), "padding='same' is not supported"),
        "a bias": Mistake(_any_stem(bias=True), "16 parameters that the module after it"),
        "a pool without padding": Mistake(_any_stem(last=0), "as Tensor of shape (2, 16, 7, 7)"),
        "a 7x7 for every kernel": Mistake(
            lambda kernel, *channels: _any_stem()(7, *channels),
            "The first module must be a 3x3 convolution from 1 to 8 channels, got Conv2d(1, 8, k",
        ),
        "always three channels": Mistake(
            lambda kernel, in_channels, features: _any_stem()(kernel, 3, features),
            "from 1 to 8 channels, got Conv2d(3, 8,",
        ),
        "a ReLU6": Mistake(
            lambda *sizes: nn.Sequential(
                *_any_stem()(*sizes)[:2], nn.ReLU6(), _any_stem()(*sizes)[3]
            ),
            "(2, 3, 32, 32) differs by up to",
        ),
        "not joined": Mistake(
            lambda *sizes: tuple(_any_stem()(*sizes)), "of four modules; got tuple of 4"
        ),
        "no pool": Mistake(
            lambda *sizes: _any_stem()(*sizes)[:3], "of four modules; got Sequential of 3"
        ),
        "no scale and shift": Mistake(
            lambda *sizes: nn.Sequential(
                _any_stem()(*sizes)[0],
                nn.BatchNorm2d(sizes[-1], affine=False),
                *_any_stem()(*sizes)[2:],
            ),
            "With kernel 7. A `weight` of shape (16,) is missing",
        ),
        "an average in place of the maximum": Mistake(
            lambda *sizes: nn.Sequential(*_any_stem()(*sizes)[:3], nn.AvgPool2d(3, 2, 1)),
            "(2, 3, 32, 32) differs by up to",
        ),
        "a frozen convolution": Mistake(
            lambda *sizes: _any_stem()(*sizes).requires_grad_(False),
            "`0.weight.requires_grad` is False",
        ),
    },
}
