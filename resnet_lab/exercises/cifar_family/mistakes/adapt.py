"""Answers to the free exercise: a network for photographs, made fit for small images."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from torch import nn

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.models import ResNet


def _adapt(net: Any, num_classes: int, **parts: Any) -> nn.Module:
    """The right answer, or one with a part replaced."""
    width, features = net.conv1.out_channels, net.fc.in_features
    settings = {"kernel_size": 3, "stride": 1, "padding": 1, "bias": False}
    conv1 = nn.Conv2d(3, width, **{**settings, **parts.get("conv", {})})
    head = nn.Linear(features, num_classes, bias=parts.get("head_bias", True))
    return _set(net, conv1=conv1, maxpool=parts.get("pool", nn.Identity()), fc=head)


def _set(module: Any, **values: Any) -> nn.Module:
    for name, value in values.items():
        setattr(module, name, value)
    return cast(nn.Module, module)


def _with(**parts: Any) -> Callable[[nn.Module, int], nn.Module]:
    return lambda net, num_classes: _adapt(net, num_classes, **parts)


def _then(change: Callable[[Any], Any]) -> Callable[[nn.Module, int], nn.Module]:
    """The right answer, and one thing more done to it."""
    def adapt(net: nn.Module, num_classes: int) -> nn.Module:
        adapted = _adapt(net, num_classes)
        change(adapted)
        return adapted

    return adapt


def _cropped(net: Any, num_classes: int) -> nn.Module:
    """The convolution stays, with the middle of its kernel and other settings."""
    middle = nn.Parameter(net.conv1.weight[:, :, 2:5, 2:5].detach().clone())
    _set(net.conv1, weight=middle, kernel_size=(3, 3), stride=1, padding=1)
    head = nn.Linear(net.fc.in_features, num_classes)
    return _set(net, maxpool=nn.Identity(), fc=head)


def _taken_out(net: Any, name: str) -> nn.Module:
    part = net.get_submodule(name)
    delattr(net, name)
    return cast(nn.Module, part)


def _built_anew(net: Any, num_classes: int) -> nn.Module:
    return ResNet(replace(net.spec, stem="3x3", num_classes=num_classes))


RIGHT: dict[str, dict[str, Any]] = {
    "check_adapt": {
        "as asked": _adapt,
        "a pool of one position": _with(pool=nn.MaxPool2d(1)),
        "an empty sequence": _with(pool=nn.Sequential()),
        "the middle of the 7x7": _cropped,
        "conv1 declared last": _then(lambda net: _set(net, conv1=_taken_out(net, "conv1"))),
        "left in training": _then(lambda net: net.train()),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_adapt": {
        "the pool kept": Mistake(
            _with(pool=nn.MaxPool2d(3, 2, 1)),
            "32 after `conv1`, 16 after `layer1`, 2 after `layer4`"),
        "the stride kept": Mistake(
            _with(conv={"stride": 2}), "16 after `conv1`, 16 after `layer1`, 2 after `layer4`"),
        "a pool without stride": Mistake(
            _with(pool=nn.MaxPool2d(3, 1, 1)), "They part after `maxpool`"),
        "no padding": Mistake(_with(conv={"padding": 0}), "They part after `conv1`"),
        "the 7x7 kept": Mistake(
            _with(conv={"kernel_size": 7, "padding": 3}),
            "`conv1.weight` has the shape (8, 3, 7, 7)"),
        "a bias": Mistake(
            _with(conv={"bias": True}), "an entry `conv1.bias` that does not belong"),
        "no bias in the head": Mistake(_with(head_bias=False), "The entry `fc.bias` is missing"),
        "padding by reflection": Mistake(
            _with(conv={"padding_mode": "reflect"}), "They part after `conv1`"),
        "nothing changed": Mistake(lambda net, classes: net, "logits of shape (4, 1000)"),
        "the head kept": Mistake(
            lambda net, classes: _adapt(net, 1000), "logits of shape (4, 1000)"),
        "a stride taken out": Mistake(
            _then(lambda net: [
                _set(conv, stride=(1, 1)) for conv in net.layer2[0].modules()
                if isinstance(conv, nn.Conv2d)]),
            "32 after `conv1`, 32 after `layer1`, 8 after `layer4`"),
        "a new network": Mistake(
            _built_anew, "`bn1.weight` has other values than before"),
        "the rest frozen": Mistake(
            _then(lambda net: net.layer1.requires_grad_(False)),
            "`layer1.0.conv1.weight.requires_grad` is False"),
        "no ReLU in the stem": Mistake(
            _then(lambda net: _set(net, relu=nn.Identity())), "They part after `relu`"),
        "a ReLU6 in the stem": Mistake(
            _then(lambda net: _set(net, relu=nn.ReLU6())), "They part after `relu`"),
        "a fresh normalization": Mistake(
            _then(lambda net: _set(net, bn1=nn.BatchNorm2d(net.conv1.out_channels))),
            "`bn1.weight` has other values than before"),
        "dropout": Mistake(
            _then(lambda net: _set(net, avgpool=nn.Sequential(net.avgpool, nn.Dropout()))),
            "right, but in training the logits differ"),
        "widths of ResNet-18": Mistake(
            _then(lambda net: _set(net, conv1=nn.Conv2d(3, 64, 3, padding=1, bias=False))),
            "`conv1.out_channels` is 64. In the model that came in it is 8"),
        "features of ResNet-18": Mistake(
            _then(lambda net: _set(net, fc=nn.Linear(512, net.fc.out_features))),
            "`fc.in_features` is 512. In the model that came in it is 32"),
        "no pool": Mistake(
            _then(lambda net: _taken_out(net, "maxpool")),
            "Images of 32 pixels stop it. AttributeError"),
        "a list": Mistake(lambda net, classes: [net], "A network is a torch module; got list of 1"),
    },
}
