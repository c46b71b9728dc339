"""Check of chapter 12's free exercise: the shortcut of D."""

import copy
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_lab.exercises.checking import AnswerError, attempt, exercise
from resnet_lab.exercises.modules import gradient_fault, shared_parameter_fault, statistics_fault

CHANNELS = (6, 10)
MAPS = ((8, 8), (7, 7), (8, 5), (1, 1))
"""Rows and columns of the maps on which the shortcut is run."""


@exercise(
    "Start from `shortcut_b`. Who makes the map smaller now, and what is left for the 1x1 to do?",
    "An average over 2x2 with stride 2 comes first; the 1x1 after it has stride 1. Rounding up "
    "keeps odd sizes.",
    "nn.AvgPool2d(2, 2, ceil_mode=True), then the 1x1 without a stride, then the normalization. "
    "Without a stride there is nothing to average.",
    right="Every position is read, at even and at odd sizes.",
)
def check_shortcut_d(answer: Callable[[int, int, int], nn.Module]) -> str | None:
    """Average pool, projection and normalization, for any size and for stride 1 as well."""
    for stride in (2, 1):
        shortcut = _made(answer, stride)
        if fault := _fault(shortcut, stride):
            return f"With stride {stride}: {fault}"
    return shared_parameter_fault(lambda: _made(answer, 2))


def _made(answer: Callable[[int, int, int], Any], stride: int) -> nn.Module:
    shortcut = attempt(answer, *CHANNELS, stride)
    if not isinstance(shortcut, nn.Module):
        raise AnswerError(f"A shortcut is a torch module; got {type(shortcut).__name__}.")
    return shortcut


def _fault(shortcut: nn.Module, stride: int) -> str | None:
    shortcut = copy.deepcopy(shortcut)  # the checks set weights and move statistics
    images = torch.randn(2, CHANNELS[0], 7, 7, generator=torch.Generator().manual_seed(0))
    return (
        _shape_fault(shortcut, stride)
        or _parameter_fault(shortcut)
        or _value_fault(shortcut, stride)
        or _work_fault(shortcut, stride)
        or gradient_fault(shortcut, images)
        or statistics_fault(shortcut, images)
    )


@torch.no_grad()
def _shape_fault(shortcut: nn.Module, stride: int) -> str | None:
    for rows, columns in MAPS:
        maps = torch.zeros(2, CHANNELS[0], rows, columns)
        expected = (2, CHANNELS[1], -(-rows // stride), -(-columns // stride))
        try:
            shape = tuple(shortcut.eval()(maps).shape)
        except Exception as error:
            reason = str(error).splitlines()[0]
            return f"maps of {rows} by {columns} stop it. {type(error).__name__}: {reason}"
        if shape != expected:
            return (f"maps of {rows} by {columns} come out as {shape}. The branch puts out "
                    f"{expected}, so the two can't be added.")
    return None


def _parameter_fault(shortcut: nn.Module) -> str | None:
    shapes = [tuple(parameter.shape) for parameter in shortcut.parameters()]
    if shapes == [(CHANNELS[1], CHANNELS[0], 1, 1), (CHANNELS[1],), (CHANNELS[1],)]:
        return None
    return (f"its parameters have the shapes {shapes}. Those of `shortcut_b` are the weights of a "
            "1x1 and the scale and shift of a normalization, and D learns nothing else.")


@torch.no_grad()
def _value_fault(shortcut: nn.Module, stride: int) -> str | None:
    """Numbered positions go in; projections that average the channels show what was read."""
    conv, *_ = shortcut.parameters()
    conv.fill_(1 / CHANNELS[0])
    conv[1] *= -1
    for rows, columns in MAPS:
        numbers = torch.arange(float(rows * columns)).view(1, 1, rows, columns)
        plus, minus = shortcut.eval()(numbers.expand(1, CHANNELS[0], -1, -1))[0, :2]
        expected = F.avg_pool2d(numbers, stride, ceil_mode=True)[0, 0]
        for found, truth in zip(plus, expected, strict=True):
            if not torch.allclose(found, truth, rtol=1e-3, atol=1e-3):
                row = ", ".join(f"{number:.4g}" for number in found.tolist())
                return (f"on a map of {rows} by {columns} whose positions hold their numbers, "
                        f"0 to {rows * columns - 1}, a row comes out as {row}. The means of "
                        "what lies under each 2x2 window are others.")
        if not torch.allclose(minus, -plus):
            return "a projection with negative weights puts out nothing below zero."
    return None


def _work_fault(shortcut: nn.Module, stride: int) -> str | None:
    """Whether the projection works on more positions than come out."""
    positions: list[int] = []

    def count(layer: nn.Module, inputs: Any, maps: Tensor) -> None:
        positions.append(maps.shape[-2] * maps.shape[-1])

    hooks = [layer.register_forward_hook(count) for layer in shortcut.modules()
             if isinstance(layer, nn.Conv2d)]
    try:
        out = shortcut.eval()(torch.zeros(1, CHANNELS[0], 8, 8))
    finally:
        for hook in hooks:
            hook.remove()
    needed = out.shape[-2] * out.shape[-1]
    if not positions or max(positions) <= needed:
        return None
    return (f"the numbers are right, but the 1x1 works on {max(positions)} positions where "
            f"{needed} come out.")


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
    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.projection = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Average by a function, then project."""
        return self.norm(self.projection(F.avg_pool2d(x, self.stride, ceil_mode=True)))


class _EvenSizes(nn.Module):
    """Pads to even sizes, with zeros or with what is there, then averages."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        """Halve the map."""
        ends = (0, x.shape[-1] % 2, 0, x.shape[-2] % 2)
        return F.avg_pool2d(F.pad(x, ends, mode=self.mode), 2)


def _project_first(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
    return nn.Sequential(conv, nn.AvgPool2d(stride, ceil_mode=True), nn.BatchNorm2d(out_channels))


_ONE = _with(_up)(*CHANNELS, 2)

RIGHT: dict[str, dict[str, Any]] = {
    "check_shortcut_d": {
        "rounded up": _with(_up),
        "one window for every stride": lambda i, o, s: nn.Sequential(
            nn.AvgPool2d(s, s, ceil_mode=True), nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o)),
        "padding not counted": _with(
            lambda s: nn.AvgPool2d(2, s, ceil_mode=True, count_include_pad=False)),
        "functional": _Functional,
        "the edge repeated": _with(lambda s: _EvenSizes("replicate")),
    },
}

WRONG: dict[str, dict[str, Any]] = {
    "check_shortcut_d": {
        "rounded down": _with(lambda s: nn.AvgPool2d(2, s)),
        "B": _with(lambda s: nn.Identity(), conv_stride=2),
        "the stride twice": _with(_up, conv_stride=2),
        "a pool for stride 1 too": lambda i, o, s: nn.Sequential(
            _up(s), nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o)),
        "zeros at the edge": _with(lambda s: _EvenSizes("constant")),
        "a maximum": _with(lambda s: nn.MaxPool2d(2, s, ceil_mode=True)),
        "an average over 3x3": _with(lambda s: nn.AvgPool2d(3, s, padding=1)),
        "padding 1": _with(lambda s: nn.AvgPool2d(2, s, padding=1, ceil_mode=True)),
        "every second position": lambda i, o, s: nn.Sequential(
            nn.MaxPool2d(1, s), nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o)),
        "a learned 2x2": lambda i, o, s: nn.Sequential(
            nn.Conv2d(i, o, s, s, bias=False), nn.BatchNorm2d(o)),
        "no normalization": lambda i, o, s: nn.Sequential(
            nn.AvgPool2d(s, s, ceil_mode=True), nn.Conv2d(i, o, 1, bias=False)),
        "a bias": _with(_up, bias=True),
        "a ReLU at the end": _with(_up, last=(nn.ReLU(),)),
        "projected first": _project_first,
        "the same modules each time": lambda i, o, s: _ONE if s == 2 else _with(_up)(i, o, s),
        "not joined": lambda *arguments: list(_with(_up)(*arguments)),
        "fixed channels": lambda i, o, s: _with(_up)(64, 256, s),
    },
}
