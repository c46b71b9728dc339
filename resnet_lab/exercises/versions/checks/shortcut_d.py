"""Check of chapter 12's free exercise: the shortcut of D."""

import copy
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_lab.exercises.checking import attempt, error_text, exercise, fault_in
from resnet_lab.exercises.comparison import comparison_fault, partners
from resnet_lab.exercises.modules import required_module, shared_parameter_fault
from resnet_lab.models.plan import BlockPlan
from resnet_lab.models.shortcuts import option_d

CHANNELS = (6, 10)
MAPS = ((8, 8), (7, 7), (8, 5), (1, 1))
"""Rows and columns of the maps on which the shortcut is run."""

Make = Callable[[int, int, int], nn.Module]


@exercise(
    "Start from `shortcut_b`. Who makes the map smaller now, and what is left for the 1x1 to do?",
    "An average over 2x2 with stride 2 comes first; the 1x1 after it has stride 1. Rounding up "
    "keeps odd sizes.",
    "nn.AvgPool2d(2, 2, ceil_mode=True), then the 1x1 without a stride, then the normalization. "
    "Without a stride there is nothing to average.",
    right="Every position is read, at even and at odd sizes.",
)
def check_shortcut_d(answer: Make) -> str | None:
    """Average pool, projection and normalization, for any size and for stride 1 as well."""
    for stride in (2, 1):
        if fault := fault_in(f"With stride {stride}", _fault, answer, stride):
            return fault
    return shared_parameter_fault(lambda: _made(answer, 2))


def _made(answer: Make, stride: int) -> nn.Module:
    return required_module(attempt(answer, *CHANNELS, stride), "a shortcut")


def _fault(answer: Make, stride: int) -> str | None:
    shortcut = _made(answer, stride)
    plan = BlockPlan(2, 0, "basic", "v1", CHANNELS[0], CHANNELS[1], CHANNELS[1], (stride, 1))
    reference, like = option_d(plan), "the shortcut of D"
    if fault := _shape_fault(shortcut, stride):
        return fault
    projection = partners(shortcut, reference, like)["1.weight"]
    generator = torch.Generator().manual_seed(0)
    images = [torch.randn(2, CHANNELS[0], *size, generator=generator) for size in MAPS[:3]]
    return (
        _value_fault(copy.deepcopy(shortcut), projection, stride)
        or _work_fault(shortcut, stride)
        or comparison_fault(shortcut, reference, images, like)
    )


@torch.no_grad()
def _shape_fault(shortcut: nn.Module, stride: int) -> str | None:
    for rows, columns in MAPS:
        maps = torch.zeros(2, CHANNELS[0], rows, columns)
        expected = (2, CHANNELS[1], -(-rows // stride), -(-columns // stride))
        try:
            shape = tuple(shortcut.eval()(maps).shape)
        except Exception as error:
            return f"maps of {rows} by {columns} stop it. {error_text(error)}"
        if shape != expected:
            return (f"maps of {rows} by {columns} come out as {shape}. The branch puts out "
                    f"{expected}, so the two can't be added.")
    return None


@torch.no_grad()
def _value_fault(shortcut: nn.Module, projection: str, stride: int) -> str | None:
    """Numbered positions go in; projections that average the channels show what was read."""
    weight = shortcut.get_parameter(projection)
    weight.fill_(1 / CHANNELS[0])
    weight[1] *= -1
    for rows, columns in MAPS:
        numbers = torch.arange(float(rows * columns)).view(1, 1, rows, columns)
        plus, minus = shortcut.eval()(numbers.expand(1, CHANNELS[0], -1, -1))[0, :2]
        expected = F.avg_pool2d(numbers, stride, ceil_mode=True)[0, 0]
        for found, truth in zip(plus, expected, strict=True):
            if not torch.allclose(found, truth, rtol=1e-3, atol=1e-3):
                row = ", ".join(f"{number:.4g}" for number in found.tolist())
                return (f"on a map of {rows} by {columns} whose positions hold their numbers, "
                        f"0 to {rows * columns - 1}, a row comes out as {row}. The means of "
                        f"what lies under each {stride}x{stride} window are others.")
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
