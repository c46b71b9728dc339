"""The way of one image through a specification: a row of costs for each layer.

The layers are read off one block of each kind, made on torch's ``meta`` device, which
allocates nothing; the shapes between them are arithmetic.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from math import prod
from typing import NamedTuple

import torch
from torch import nn

from resnet_lab.arithmetic import Window, output_size
from resnet_lab.models.plan import BlockPlan
from resnet_lab.models.shortcuts import PadChannels
from resnet_lab.models.spec import ResNetSpec
from resnet_lab.models.stems import window_of
from resnet_lab.models.trunk import build_block, build_head, build_stem

FLOAT, INDEX = 4, 8
"""Bytes of a float32, and of the index that max pooling keeps for each output."""

KEEPS_INPUT = ("Conv2d", "Linear", "BatchNorm2d", "MaxPool2d", "AvgPool2d")
"""Layers whose backward pass needs their input; that of ReLU needs its output."""


class CostRow(NamedTuple):
    """What one call of one layer costs.

    Attributes:
        name: path of the module, as in ``named_modules`` and ``trace_shapes``.
        kind: class name of the module.
        part: ``"stem"``, ``"stage 1"`` and so on, or ``"head"``.
        output_shape: ``C, H, W``, or ``C`` alone, of one image.
        params: its parameters.
        macs: its multiply-adds.
        elements: elements of its output.
        saved_bytes: what it is the first to keep for the backward pass.
        receptive_field: pixels a side that one output depends on; None where it is all of them.
        jump: pixels between the fields of neighboring outputs; None likewise.
    """

    name: str
    kind: str
    part: str
    output_shape: tuple[int, ...]
    params: int
    macs: int
    elements: int
    saved_bytes: int
    receptive_field: int | None
    jump: int | None


class Layer(NamedTuple):
    """What the cost of a layer depends on, whatever the size of its input."""

    name: str
    kind: str
    params: int
    weights: int  # multiply-adds for each position of the output
    channels: int | None  # of the output; None where they are those of the input
    window: Window | None


@dataclass
class Signal:
    """A tensor on its way: its shape, what it sees, and whether autograd keeps it already."""

    shape: tuple[int, ...]
    field: int | None = 1
    jump: int | None = 1
    kept: bool = False

    def keep(self) -> int:
        """Keep it for the backward pass; returns the bytes that this adds."""
        added = 0 if self.kept else FLOAT * prod(self.shape)
        self.kept = True
        return added


def cost_rows(spec: ResNetSpec, size: tuple[int, int]) -> Iterator[CostRow]:
    """Walk the layers of a specification in the order of the forward pass."""
    x = Signal((spec.in_channels, *size))
    for layer in _stem_layers(spec):
        x, row = _pass(layer, x, "stem", layer.name)
        yield row
    for plan in spec.blocks:
        part, prefix = f"stage {plan.stage}", f"layer{plan.stage}.{plan.index}."
        shortcut = x
        for layer in _block_layers(replace(plan, stage=0, index=0), spec.shortcut):
            name = prefix + layer.name
            if layer.kind == "Add":
                x, row = _add(x, shortcut, part, name)
            elif layer.name.startswith("downsample"):
                shortcut, row = _pass(layer, shortcut, part, name)
            else:
                x, row = _pass(layer, x, part, name)
                if plan.form == "v2-shared" and layer.name == "relu1":
                    shortcut = x
            yield row
    for layer in _head_layers(spec):
        x, row = _pass(layer, x, "head", layer.name)
        yield row


def _pass(layer: Layer, x: Signal, part: str, name: str) -> tuple[Signal, CostRow]:
    """Send a signal through a layer."""
    if layer.kind == "Identity":
        return x, CostRow(name, "Identity", part, x.shape, 0, 0, prod(x.shape), 0, x.field, x.jump)
    out = _output(layer, x)
    elements = prod(out.shape)
    saved = x.keep() if layer.kind in KEEPS_INPUT else 0
    if layer.kind == "BatchNorm2d":
        saved += 2 * FLOAT * x.shape[0]  # mean and inverse deviation of the batch
    elif layer.kind == "ReLU":
        saved += out.keep()
    elif layer.kind == "MaxPool2d":
        saved += INDEX * elements
    macs = layer.weights * prod(out.shape[1:])
    return out, CostRow(
        name, layer.kind, part, out.shape, layer.params, macs, elements, saved, out.field, out.jump
    )


def _add(branch: Signal, shortcut: Signal, part: str, name: str) -> tuple[Signal, CostRow]:
    """Sum two signals of one shape; autograd needs neither of them for it."""
    field = max(branch.field or 0, shortcut.field or 0)
    out = Signal(branch.shape, field, branch.jump)
    elements = prod(out.shape)
    return out, CostRow(name, "Add", part, out.shape, 0, 0, elements, 0, field, branch.jump)


def _output(layer: Layer, x: Signal) -> Signal:
    channels = layer.channels or x.shape[0]
    if layer.kind == "Linear":
        return Signal((channels,), None, None)
    if layer.kind == "AdaptiveAvgPool2d":
        return Signal((channels, 1, 1), None, None)
    if layer.window is None or x.field is None or x.jump is None:
        return Signal((channels, *x.shape[1:]), x.field, x.jump)
    height, width = (_shrink(side, layer.window) for side in x.shape[1:])
    field = x.field + (layer.window.kernel - 1) * x.jump
    return Signal((channels, height, width), field, x.jump * layer.window.stride)


@cache
def _shrink(side: int, window: Window) -> int:
    return output_size(side, (window,))


@cache
def _stem_layers(spec: ResNetSpec) -> tuple[Layer, ...]:
    with torch.device("meta"):
        stem = build_stem(spec)
    return tuple(_layers(nn.ModuleDict(stem._asdict())))


@cache
def _block_layers(plan: BlockPlan, shortcut: str) -> tuple[Layer, ...]:
    with torch.device("meta"):
        return tuple(_layers(build_block(plan, shortcut)))


@cache
def _head_layers(spec: ResNetSpec) -> tuple[Layer, ...]:
    with torch.device("meta"):
        modules = build_head(spec)
    return tuple(_layers(nn.ModuleDict(modules)))


def _layers(module: nn.Module) -> Iterator[Layer]:
    """The layers inside a module, in the order in which they are registered and called."""
    for name, layer in module.named_modules():
        if next(layer.children(), None) is None:
            yield _describe(name, layer)


def _describe(name: str, layer: nn.Module) -> Layer:
    params = sum(parameter.numel() for parameter in layer.parameters())
    weights, channels, window = 0, None, None
    if isinstance(layer, nn.Conv2d | nn.Linear):
        weights = layer.weight.numel()
    if isinstance(layer, nn.Linear):
        channels = layer.out_features
    elif isinstance(layer, nn.Conv2d | PadChannels):
        channels = layer.out_channels
    if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        window = window_of(layer)
    elif isinstance(layer, PadChannels):
        window = Window(1, layer.stride)
    return Layer(name, type(layer).__name__, params, weights, channels, window)
