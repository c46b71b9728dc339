"""Answers to "move stride": v1.5 made of v1."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.versions.checks.move_stride import SMALL
from resnet_lab.models import ResNet, spec


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


def _with_numbers(network: ResNet) -> ResNet:
    for stage in ("layer2", "layer3", "layer4"):
        block: Any = network.get_submodule(f"{stage}.0")
        block.conv1.stride, block.conv2.stride = 1, 2
    return network


def _built_anew(network: ResNet) -> ResNet:
    anew = ResNet(spec("resnet50", num_classes=10, **SMALL))
    anew.load_state_dict(network.state_dict())
    return anew


def _padded_at_top_and_left(network: ResNet) -> ResNet:
    """As torch pads where a map has even sizes, and one row and column short at odd ones."""

    def pad(conv: nn.Module, inputs: tuple[Tensor]) -> Tensor:
        return F.pad(inputs[0], (1, 0, 1, 0))

    moved = _move(network)
    for stage in ("layer2", "layer3", "layer4"):
        conv: Any = moved.get_submodule(f"{stage}.0.conv2")
        conv.padding = (0, 0)
        conv.register_forward_pre_hook(pad)
    return moved


def _without_relu(network: ResNet) -> ResNet:
    moved = _move(network)
    moved.relu = nn.Identity()
    return moved


def _new_layers(network: ResNet) -> ResNet:
    """New convolutions with the old weights, each declared last in its block."""
    moved = _move(network)
    for stage in ("layer2", "layer3", "layer4"):
        block: Any = moved.get_submodule(f"{stage}.0")
        for name in ("conv2", "conv1"):
            layer = getattr(block, name)
            delattr(block, name)
            setattr(block, name, layer)
    return moved


def _fresh_norms(network: ResNet) -> ResNet:
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.reset_parameters()
    return _move(network)


def _stopped(network: ResNet) -> ResNet:
    def refuse(layer: nn.Module, inputs: Any, maps: Tensor) -> None:
        raise AssertionError

    network.maxpool.register_forward_hook(refuse)
    return network


RIGHT: dict[str, dict[str, Any]] = {
    "check_move_stride": {
        "moved": _move,
        "numbers for pairs": _with_numbers,
        "built anew": _built_anew,
        "declared in another order": _new_layers,
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_move_stride": {
        "nothing moved": Mistake(lambda network: network, "It computes what v1 computes"),
        "in both": Mistake(
            lambda network: _move(network, (2, 2, 1)),
            "`layer2.0` adds a branch of 4 columns to a shortcut of 8"),
        "in none": Mistake(
            lambda network: _move(network, (1, 1, 1)),
            "`layer2.0` adds a branch of 16 columns to a shortcut of 8"),
        "in the last 1x1": Mistake(
            lambda network: _move(network, (1, 1, 2)),
            "Every output is that of v1.5, but it takes 4,028,672 multiply-adds"),
        "stage 2 alone": Mistake(
            lambda network: _move(network, stages=("layer2",)),
            "`layer3` puts out other numbers"),
        "stage 1 too": Mistake(
            lambda network: _move(network, stages=("layer1", "layer2", "layer3", "layer4")),
            "`layer1` puts out maps of 8 columns, in v1.5 16"),
        "out of the shortcut": Mistake(
            lambda network: _move(network, shortcut=1),
            "`layer2.0` adds a branch of 8 columns to a shortcut of 16"),
        "padded at top and left": Mistake(
            _padded_at_top_and_left,
            "97 pixels. `layer2.0` adds a branch of 12 columns to a shortcut of 13"),
        "new weights": Mistake(
            lambda network: ResNet(spec("resnet50", num_classes=10, **SMALL)),
            "other weights in `conv1.weight`"),
        "fresh normalizations": Mistake(_fresh_norms, "other weights in `bn1.weight`"),
        "no ReLU in the stem": Mistake(_without_relu, "`relu` puts out other numbers"),
        "stopped without a word": Mistake(
            _stopped, "64 pixels. The network stops. AssertionError"),
        "a wider network": Mistake(
            lambda network: ResNet(spec("resnet18")), "other names in its state dict"),
        "the specification": Mistake(
            lambda network: spec("resnet50"), "is a torch module; got ResNetSpec"),
    },
}
