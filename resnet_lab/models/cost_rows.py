"""The way of one image through a specification: a row of costs for each layer.

The layers are read off one block of each kind, made on torch's ``meta`` device, which
allocates nothing; the shapes between them are arithmetic.
"""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from math import prod
from typing import NamedTuple

import torch
from torch import nn

from resnet_lab.arithmetic import Window, output_size
from resnet_lab.models.blocks import ResidualBlock
from resnet_lab.models.plan import BlockPlan
from resnet_lab.models.shortcuts import PadChannels
from resnet_lab.models.spec import ResNetSpec
from resnet_lab.models.stems import window_of
from resnet_lab.models.trunk import build_block, build_head, build_stem

FLOAT, INDEX = 4, 8
"""Bytes of a float32, and of the index that max pooling keeps for each output."""

KEEPS_INPUT = ("Conv2d", "Linear", "BatchNorm2d", "MaxPool2d", "AvgPool2d")
"""Layers whose backward pass needs their input; that of ReLU needs its output."""

COLUMNS = (
    "name", "kind", "output", "parameters", "MACs", "activations", "saved bytes", "field", "jump"
)  # fmt: skip


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

    def cells(self) -> tuple[str, ...]:
        """The row as text, one entry for each of the table's columns."""
        numbers = (
            self.params, self.macs, self.elements, self.saved_bytes, self.receptive_field, self.jump
        )  # fmt: skip
        written = ("" if number is None else f"{number:,}" for number in numbers)
        return self.name, self.kind, "x".join(map(str, self.output_shape)), *written


class Layer(NamedTuple):
    """What the cost of a layer depends on, whatever the size of its input."""

    name: str
    kind: str
    params: int
    weights: int  # multiply-adds for each position of the output
    channels: int | None  # of the output; None where they are those of the input
    window: Window | None


class BlockLayers(NamedTuple):
    """The layers of a block, by where they stand.

    Attributes:
        before: on the way in, before the shortcut leaves; all of them in a plain block.
        branch: on the residual branch.
        shortcut: on the shortcut beside it.
        after: after the sum of the two.
    """

    before: tuple[Layer, ...]
    branch: tuple[Layer, ...] = ()
    shortcut: tuple[Layer, ...] = ()
    after: tuple[Layer, ...] = ()


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


Walk = Generator[CostRow, None, Signal]
"""The rows of some layers, one after the other, and in the end what comes out of the last."""


def cost_rows(spec: ResNetSpec, size: tuple[int, int]) -> Iterator[CostRow]:
    """Walk the layers of a specification in the order of the forward pass."""
    x = Signal((spec.in_channels, *size))
    x = yield from _walk(stem_layers(spec), x, "stem")
    for plan in spec.blocks:
        x = yield from _walk_block(plan, spec.shortcut, x)
    yield from _walk(head_layers(spec), x, "head")


def _walk_block(plan: BlockPlan, shortcut: str, x: Signal) -> Walk:
    part, prefix = f"stage {plan.stage}", f"layer{plan.stage}.{plan.index}."
    layers = block_layers(replace(plan, stage=0, index=0), shortcut)  # the same wherever it is
    x = yield from _walk(layers.before, x, part, prefix)
    if not layers.branch:
        return x
    branch = yield from _walk(layers.branch, x, part, prefix)
    beside = yield from _walk(layers.shortcut, x, part, prefix)
    x, row = _add(branch, beside, part, f"{prefix}add")
    yield row
    return (yield from _walk(layers.after, x, part, prefix))


def _walk(layers: Iterable[Layer], x: Signal, part: str, prefix: str = "") -> Walk:
    for layer in layers:
        x, row = _pass(layer, x, part, prefix + layer.name)
        yield row
    return x


def _pass(layer: Layer, x: Signal, part: str, name: str) -> tuple[Signal, CostRow]:
    """Send a signal through a layer."""
    out = x if layer.kind == "Identity" else _output(layer, x)
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
    height, width = (shrink(side, layer.window) for side in x.shape[1:])
    field = x.field + (layer.window.kernel - 1) * x.jump
    return Signal((channels, height, width), field, x.jump * layer.window.stride)


@cache
def shrink(side: int, window: Window) -> int:
    """Positions along one side after a layer."""
    return output_size(side, (window,))


@cache
def stem_layers(spec: ResNetSpec) -> tuple[Layer, ...]:
    """The layers of the stem."""
    with torch.device("meta"):
        stem = build_stem(spec)
    return _layers(stem._asdict().items())


@cache
def block_layers(plan: BlockPlan, shortcut: str) -> BlockLayers:
    """The layers of a block, which says itself where its shortcut leaves."""
    with torch.device("meta"):
        block = build_block(plan, shortcut)
    children = list(block.named_children())
    if not isinstance(block, ResidualBlock):
        return BlockLayers(before=_layers(children))
    names, modules = zip(*children, strict=True)
    leaves = names.index(block.shortcut_after) + 1 if block.shortcut_after else 0
    own, joins = modules.index(block.downsample), modules.index(block.add)
    return BlockLayers(
        before=_layers(children[:leaves]),
        branch=_layers(children[leaves:own]),
        shortcut=_layers(children[own:joins]),
        after=_layers(children[joins + 1 :]),
    )


@cache
def head_layers(spec: ResNetSpec) -> tuple[Layer, ...]:
    """The layers of the head."""
    with torch.device("meta"):
        head = build_head(spec)
    return _layers(head.items())


def _layers(children: Iterable[tuple[str, nn.Module]]) -> tuple[Layer, ...]:
    """The layers inside some modules, in the order in which they are registered and called."""
    return tuple(
        _describe(path, layer)
        for name, child in children
        for path, layer in child.named_modules(prefix=name)
        if not layer._modules
    )


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
