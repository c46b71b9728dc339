"""Answers to the free exercise: the shortcut of D."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.versions.checks.shortcut_d import CHANNELS


def _with(
    pool: Callable[[int], nn.Module], last: tuple[nn.Module, ...] = (), bias: bool = False,
    conv_stride: int = 1,
) -> Callable[[int, int, int], nn.Sequential]:
    """The right shortcut, or one with another pool, convolution or end."""
    def shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
        conv = nn.Conv2d(in_channels, out_channels, 1, conv_stride, bias=bias)
        first = pool(stride) if stride > 1 else nn.Identity()
        return nn.Sequential(first, conv, nn.BatchNorm2d(out_channels), *last)

    return shortcut


def _up(stride: int) -> nn.Module:
    return nn.AvgPool2d(2, stride, ceil_mode=True)


class _Functional(nn.Module):
    """Averages by a function, and declares the normalization before the projection."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.norm = nn.BatchNorm2d(out_channels)
        self.projection = nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.projection(F.avg_pool2d(x, self.stride, ceil_mode=True)))


class _OwnNormalization(nn.Module):
    """Normalizes by a function, with parameters of its own, and declares the shift first."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.beta = nn.Parameter(torch.zeros(out_channels))
        self.gamma = nn.Parameter(torch.ones(out_channels))
        self.register_buffer("running_var", torch.ones(out_channels))
        self.register_buffer("running_mean", torch.zeros(out_channels))
        self.projection = nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.projection(F.avg_pool2d(x, self.stride, ceil_mode=True))
        mean, variance = self.get_buffer("running_mean"), self.get_buffer("running_var")
        return F.batch_norm(maps, mean, variance, self.gamma, self.beta, self.training)


class _EvenSizes(nn.Module):
    """Pads to even sizes, with zeros or with what is there, then averages."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        ends = (0, x.shape[-1] % 2, 0, x.shape[-2] % 2)
        return F.avg_pool2d(F.pad(x, ends, mode=self.mode), 2)


def _project_first(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
    return nn.Sequential(conv, nn.AvgPool2d(stride, ceil_mode=True), nn.BatchNorm2d(out_channels))


class _Asserting(nn.Module):
    """Stops without a word."""

    def forward(self, x: Tensor) -> Tensor:
        raise AssertionError


_ONE = _with(_up)(*CHANNELS, 2)

RIGHT: dict[str, dict[str, Any]] = {
    "check_shortcut_d": {
        "rounded up": _with(_up),
        "one window for every stride": lambda i, o, s: nn.Sequential(
            nn.AvgPool2d(s, s, ceil_mode=True), nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o)),
        "padding not counted": _with(
            lambda s: nn.AvgPool2d(2, s, ceil_mode=True, count_include_pad=False)),
        "functional": _Functional,
        "a normalization of its own": _OwnNormalization,
        "the edge repeated": _with(lambda s: _EvenSizes("replicate")),
        "another momentum and eps": lambda i, o, s: nn.Sequential(
            nn.AvgPool2d(s, s, ceil_mode=True), nn.Conv2d(i, o, 1, bias=False),
            nn.BatchNorm2d(o, eps=1e-3, momentum=0.01)),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_shortcut_d": {
        "rounded down": Mistake(
            _with(lambda s: nn.AvgPool2d(2, s)), "Maps of 7 by 7 come out as (2, 10, 3, 3)"),
        "B": Mistake(
            _with(lambda s: nn.Identity(), conv_stride=2),
            "0 to 63, a row comes out as 0, 2, 4, 6."),
        "the stride twice": Mistake(
            _with(_up, conv_stride=2), "stride 2. Maps of 8 by 8 come out as (2, 10, 2, 2)"),
        "a pool for stride 1 too": Mistake(
            lambda i, o, s: nn.Sequential(
                _up(s), nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o)),
            "stride 1. Maps of 8 by 8 come out as (2, 10, 7, 7)"),
        "an average for stride 1 too": Mistake(
            lambda i, o, s: nn.Sequential(
                _up(2) if s == 2 else nn.AvgPool2d(3, 1, padding=1),
                nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o)),
            "what lies under each 1x1 window are others"),
        "zeros at the edge": Mistake(
            _with(lambda s: _EvenSizes("constant")),
            "On a map of 7 by 7 whose positions hold their numbers, 0 to 48, a row comes out as "
            "4, 6, 8, 4.75."),
        "a maximum": Mistake(
            _with(lambda s: nn.MaxPool2d(2, s, ceil_mode=True)),
            "a row comes out as 9, 11, 13, 15."),
        "an average over 3x3": Mistake(
            _with(lambda s: nn.AvgPool2d(3, s, padding=1)),
            "a row comes out as 2, 4, 5.333, 6.667."),
        "padding 1": Mistake(
            _with(lambda s: nn.AvgPool2d(2, s, padding=1, ceil_mode=True)),
            "Maps of 8 by 8 come out as (2, 10, 5, 5)"),
        "every second position": Mistake(
            lambda i, o, s: nn.Sequential(
                nn.MaxPool2d(1, s), nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o)),
            "0 to 63, a row comes out as 0, 2, 4, 6."),
        "a learned 2x2": Mistake(
            lambda i, o, s: nn.Sequential(
                nn.Conv2d(i, o, s, s, bias=False), nn.BatchNorm2d(o)),
            "Maps of 7 by 7 come out as (2, 10, 3, 3)"),
        "no normalization": Mistake(
            lambda i, o, s: nn.Sequential(
                nn.AvgPool2d(s, s, ceil_mode=True), nn.Conv2d(i, o, 1, bias=False)),
            "A `weight` of shape (10,) is missing"),
        "a bias": Mistake(
            _with(_up, bias=True),
            "There is a parameter `1.bias` of shape (10,)"),
        "a ReLU at the end": Mistake(
            _with(_up, last=(nn.ReLU(),)), "negative weights puts out nothing below zero"),
        "projected first": Mistake(
            _project_first, "the 1x1 works on 64 positions where 16 come out"),
        "no statistics": Mistake(
            lambda i, o, s: nn.Sequential(
                _up(s) if s > 1 else nn.Identity(), nn.Conv2d(i, o, 1, bias=False),
                nn.BatchNorm2d(o, momentum=0.0)),
            "after the batch, `2.running_mean` is not that of the shortcut of D"),
        "the same modules each time": Mistake(
            lambda i, o, s: _ONE if s == 2 else _with(_up)(i, o, s),
            "Two calls return the same `1.weight`"),
        "not joined": Mistake(
            lambda *arguments: list(_with(_up)(*arguments)), "is a torch module; got list of 3"),
        "fixed channels": Mistake(
            lambda i, o, s: _with(_up)(64, 256, s), "Maps of 8 by 8 stop it. RuntimeError"),
        "nothing but an assertion": Mistake(
            lambda *arguments: _Asserting(), "Maps of 8 by 8 stop it. AssertionError"),
    },
}
