"""Check of chapter 12's exercise on moving a stride."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from resnet_lab.exercises.checking import attempt, exercise
from resnet_lab.models import ResNet, spec

SMALL: dict[str, Any] = {"depths": (2, 2, 2, 2), "widths": (8, 16, 24, 32), "stem_width": 8}
SIZES = (64, 97)


@exercise(
    "In each of the three blocks one layer gives its stride away and another takes it.",
    "A stride is a pair, one for rows and one for columns. Without a stride it is (1, 1).",
    "v1.5 has the stride in the 3x3, which is `conv2`.",
    right="Same weights, and the outputs of v1.5 at an even and at an odd size.",
)
def check_move_stride(answer: Callable[[ResNet], ResNet]) -> str | None:
    """A function that makes a v1.5 network of a v1 network, with its weights."""
    before, wanted = _versions()
    network = attempt(answer, before)
    if not isinstance(network, nn.Module):
        return f"It returned something of type {type(network).__name__}. Return the network."
    weights, expected = network.state_dict(), wanted.state_dict()
    if list(weights) != list(expected):
        return "The network that it returned has other names in its state dict."
    for name, weight in expected.items():
        if not torch.equal(weights[name], weight):
            return f"The network that it returned has other weights in `{name}`."
    for size in SIZES:
        images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(size))
        if fault := _output_fault(network.eval(), wanted, before, images):
            return f"With images of {size} pixels, {fault}"
    macs, needed = (_multiply_adds(model) for model in (network, wanted))
    return None if macs == needed else (
        f"Every output is that of v1.5, but it takes {macs:,} multiply-adds for an image of "
        f"{SIZES[0]} pixels, v1.5 {needed:,}. So a stride stands elsewhere."
    )


@torch.no_grad()
def _output_fault(
    network: nn.Module, wanted: ResNet, before: ResNet, images: Tensor
) -> str | None:
    try:
        logits = network(images)
    except Exception as error:
        return f"the network stops. {type(error).__name__}: {str(error).splitlines()[0]}"
    if torch.allclose(logits, wanted(images), rtol=1e-4, atol=1e-5):
        return None
    if torch.allclose(logits, before(images), rtol=1e-4, atol=1e-5):
        return "it computes what v1 computes, as before."
    x, y = (model.get_submodule("maxpool")(model.get_submodule("conv1")(images))
            for model in (network, wanted))
    for stage in wanted.stage_names:
        x, y = network.get_submodule(stage)(x), wanted.get_submodule(stage)(y)
        if x.shape != y.shape:
            return f"`{stage}` puts out maps of {x.shape[-1]} columns, in v1.5 {y.shape[-1]}."
        if not torch.allclose(x, y, rtol=1e-4, atol=1e-5):
            return f"`{stage}` puts out other numbers than in v1.5 with the same weights."
    return "the logits differ from those of v1.5 with the same weights."


@torch.no_grad()
def _multiply_adds(network: nn.Module) -> int:
    counter = FlopCounterMode(display=False)
    with counter:
        network(torch.zeros(1, 3, SIZES[0], SIZES[0]))
    return counter.get_total_flops() // 2


@cache
def _versions() -> tuple[ResNet, ResNet]:
    """A small network of v1 and one of v1.5 with the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        before, wanted = (
            ResNet(spec("resnet50", version=version, num_classes=10, **SMALL)).eval()
            for version in ("v1", "v1.5")
        )
    wanted.load_state_dict(before.state_dict())
    return before, wanted


def _move(
    network: ResNet, strides: tuple[int, int, int] = (1, 2, 1),
    stages: tuple[str, ...] = ("layer2", "layer3", "layer4"), shortcut: int = 2,
) -> ResNet:
    """Set the strides of the first block of each stage; as asked, without arguments."""
    for stage in stages:
        block: Any = network.get_submodule(f"{stage}.0")
        for layer, stride in zip((block.conv1, block.conv2, block.conv3), strides, strict=True):
            layer.stride = (stride, stride)
        block.downsample[0].stride = (shortcut, shortcut)
    return network


def _built_anew(network: ResNet) -> ResNet:
    anew = ResNet(spec("resnet50", num_classes=10, **SMALL))
    anew.load_state_dict(network.state_dict())
    return anew


RIGHT: dict[str, dict[str, Any]] = {
    "check_move_stride": {"moved": _move, "built anew": _built_anew},
}

WRONG: dict[str, dict[str, Any]] = {
    "check_move_stride": {
        "nothing moved": lambda network: network,
        "in both": lambda network: _move(network, (2, 2, 1)),
        "in none": lambda network: _move(network, (1, 1, 1)),
        "in the last 1x1": lambda network: _move(network, (1, 1, 2)),
        "stage 2 alone": lambda network: _move(network, stages=("layer2",)),
        "stage 1 too": lambda network: _move(network, stages=(
            "layer1", "layer2", "layer3", "layer4")),
        "out of the shortcut": lambda network: _move(network, shortcut=1),
        "new weights": lambda network: ResNet(spec("resnet50", num_classes=10, **SMALL)),
        "a wider network": lambda network: ResNet(spec("resnet18")),
        "the specification": lambda network: spec("resnet50"),
    },
}
