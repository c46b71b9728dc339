"""Check of chapter 14's free exercise: a network for photographs, made fit for small images."""

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import torch
from torch import Tensor, nn

from resnet_lab.exercises.checking import AnswerError, attempt, exercise
from resnet_lab.exercises.modules import gradient_fault
from resnet_lab.models import ResNet, ResNetSpec, spec

PIXELS = 32

NETWORKS = (
    (spec("resnet18", widths=(8, 16, 24, 32), stem_width=8), 10),
    (spec("resnet50", depths=(1, 1, 1, 1), widths=(4, 8, 8, 16), stem_width=12), 7),
)
"""Narrow networks with the stem for photographs, and how many classes to give each."""

NEW = ("conv1.", "fc.")


@exercise(
    "Three modules change: the first convolution, the pool, the classifier. The rest stays.",
    "A 3x3 with stride 1 and padding 1 keeps the size. A module that does nothing is nn.Identity.",
    "`model.conv1.out_channels` and `model.fc.in_features` say how wide the new layers must be.",
    "The normalization follows the convolution, so the convolution needs no bias.",
    right="Every position of the image reaches stage 1, and all other weights are as they were.",
)
def check_adapt(answer: Callable[[nn.Module, int], Any]) -> str | None:
    """A function ``(model, num_classes)`` that returns the model with a stem for small images."""
    for network, classes in NETWORKS:
        original = _build(network)
        adapted = attempt(answer, original, classes)
        if not isinstance(adapted, nn.Module):
            raise AnswerError(f"`adapt` returned {type(adapted).__name__}, which is no network.")
        if fault := _fault(adapted, original, network, classes):
            return f"{network.name} with narrow stages, {classes} classes. {fault}"
    return None


def _fault(adapted: nn.Module, original: ResNet, network: ResNetSpec, classes: int) -> str | None:
    adapted = adapted.eval()
    images = torch.rand(4, 3, PIXELS, PIXELS, generator=torch.Generator().manual_seed(0))
    return (
        _shape_fault(adapted, images, classes)
        or _state_fault(adapted, original, network, classes)
        or _value_fault(adapted, images, network, classes)
        or gradient_fault(adapted, images)
    )


@torch.no_grad()
def _shape_fault(adapted: nn.Module, images: Tensor, classes: int) -> str | None:
    seen: dict[str, int] = {}
    try:
        last = adapted.get_submodule("layer4")
    except AttributeError:
        return "The network that comes back has no `layer4`."
    hook = last.register_forward_hook(lambda m, x, out: seen.update(columns=out.shape[-1]))
    try:
        logits = adapted(images)
    except Exception as error:
        return f"Images of {PIXELS} pixels stop it. {type(error).__name__}: {error}".splitlines()[0]
    finally:
        hook.remove()
    if logits.shape != (len(images), classes):
        return f"{len(images)} images give logits of shape {tuple(logits.shape)}."
    wanted = PIXELS // 8  # three stages halve, the stem does not
    if (columns := seen["columns"]) != wanted:
        return (f"After stage 4 a map of {columns} by {columns} is left of {PIXELS} pixels. With a "
                f"stem that keeps the size and three halvings it would be {wanted} by {wanted}.")
    return None


def _state_fault(
    adapted: nn.Module, original: ResNet, network: ResNetSpec, classes: int
) -> str | None:
    state, before = adapted.state_dict(), original.state_dict()
    wanted = _reference(network, classes).state_dict()
    if state.keys() != wanted.keys():
        name = sorted(state.keys() ^ wanted.keys())[0]
        return (f"There is an entry `{name}` that does not belong there." if name in state
                else f"The entry `{name}` is missing.")
    for name, entry in state.items():
        if entry.shape != wanted[name].shape:
            return f"`{name}` has the shape {tuple(entry.shape)}."
        if not name.startswith(NEW) and not torch.equal(entry, before[name]):
            return f"`{name}` has other values than before. Only the new layers start afresh."
    return None


@torch.no_grad()
def _value_fault(
    adapted: nn.Module, images: Tensor, network: ResNetSpec, classes: int
) -> str | None:
    reference = _reference(network, classes)
    reference.load_state_dict(adapted.state_dict())
    if not torch.allclose(adapted(images), reference.eval()(images), rtol=1e-3, atol=1e-4):
        return ("All shapes and all weights are right, but the logits differ from those of a "
                "network that was built with a 3x3 stem and has the same weights.")
    return None


@cache
def _build(network: ResNetSpec) -> ResNet:
    torch.manual_seed(0)
    return ResNet(network).eval()


def _reference(network: ResNetSpec, classes: int) -> ResNet:
    changed = {**vars(network), "stem": "3x3", "num_classes": classes}
    return ResNet(ResNetSpec(**changed))


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


RIGHT: dict[str, dict[str, Any]] = {
    "check_adapt": {
        "as asked": _adapt,
        "a pool of one position": _with(pool=nn.MaxPool2d(1)),
        "an empty sequence": _with(pool=nn.Sequential()),
        "left in training": _then(lambda net: net.train()),
    },
}

WRONG: dict[str, dict[str, Any]] = {
    "check_adapt": {
        "the pool kept": _with(pool=nn.MaxPool2d(3, 2, 1)),
        "the stride kept": _with(conv={"stride": 2}),
        "a pool without stride": _with(pool=nn.MaxPool2d(3, 1, 1)),
        "no padding": _with(conv={"padding": 0}),
        "the 7x7 kept": _with(conv={"kernel_size": 7, "padding": 3}),
        "a bias": _with(conv={"bias": True}),
        "no bias in the head": _with(head_bias=False),
        "padding by reflection": _with(conv={"padding_mode": "reflect"}),
        "nothing changed": lambda net, classes: net,
        "the head kept": lambda net, classes: _adapt(net, 1000),
        "a stride taken out": _then(lambda net: [
            _set(conv, stride=(1, 1)) for conv in net.layer2[0].modules()
            if isinstance(conv, nn.Conv2d)]),
        "a new network": lambda net, classes: _reference(net.spec, classes),
        "the rest frozen": _then(lambda net: net.layer1.requires_grad_(False)),
        "no ReLU in the stem": _then(lambda net: _set(net, relu=nn.Identity())),
        "widths of ResNet-18": _then(
            lambda net: _set(net, conv1=nn.Conv2d(3, 64, 3, padding=1, bias=False))),
        "a list": lambda net, classes: [net],
    },
}
