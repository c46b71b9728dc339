"""Check of chapter 14's free exercise: a network for photographs, fit for small images."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from resnet_lab.exercises.checking import attempt, error_text, exercise, fault_in
from resnet_lab.exercises.modules import gradient_fault, required_module, settle_norms
from resnet_lab.exercises.parting import parting
from resnet_lab.models import ResNet, ResNetSpec, spec

PIXELS = 32

NETWORKS = (
    (spec("resnet18", widths=(8, 16, 24, 32), stem_width=8), 10),
    (spec("resnet50", depths=(1, 1, 1, 1), widths=(4, 8, 8, 16), stem_width=12), 7),
)
"""Narrow networks with the stem for photographs, and how many classes to give each."""

NEW = ("conv1.", "fc.")
MEASURED = ("conv1", "layer1", "layer4")

Adapt = Callable[[nn.Module, int], nn.Module]


@exercise(
    "Three modules change: the first convolution, the pool, the classifier. The rest stays.",
    "A 3x3 with stride 1 and padding 1 keeps the size. A module that does nothing is nn.Identity.",
    "`model.conv1.out_channels` and `model.fc.in_features` say how wide the new layers must be.",
    "The normalization follows the convolution, so the convolution needs no bias.",
    right="Every position of the image reaches stage 1, and all other weights are as they were.",
)
def check_adapt(answer: Adapt) -> str | None:
    """A function ``(model, num_classes)`` that returns the model with a stem for small images."""
    for network, classes in NETWORKS:
        case = f"{network.name} with narrow stages, {classes} classes"
        if fault := fault_in(case, _fault, answer, network, classes):
            return fault
    return None


def _fault(answer: Adapt, network: ResNetSpec, classes: int) -> str | None:
    original = _build(network)
    adapted = required_module(attempt(answer, original, classes), "a network").eval()
    generator = torch.Generator().manual_seed(0)
    images = 9 * torch.randn(4, 3, PIXELS, PIXELS, generator=generator)  # so a ReLU6 shows
    return (
        _width_fault(adapted, original)
        or _shape_fault(adapted, images, classes)
        or _state_fault(adapted, original, network, classes)
        or _value_fault(adapted, images, network, classes)
        or gradient_fault(adapted, images)
    )


def _width_fault(adapted: nn.Module, original: ResNet) -> str | None:
    """New layers that don't fit those beside them."""
    for layer, width in (("conv1", "out_channels"), ("fc", "in_features")):
        found, wanted = (getattr(getattr(network, layer, None), width, None)
                         for network in (adapted, original))
        if found is not None and found != wanted:
            return f"`{layer}.{width}` is {found}. In the model that came in it is {wanted}."
    return None


@torch.no_grad()
def _shape_fault(adapted: nn.Module, images: Tensor, classes: int) -> str | None:
    columns: dict[str, int] = {}

    def measured(name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        return lambda layer, given, maps: columns.update({name: maps.shape[-1]})

    parts = dict(adapted.named_modules())
    if missing := [name for name in MEASURED if name not in parts]:
        return f"The network that comes back has no `{missing[0]}`."
    hooks = [parts[name].register_forward_hook(measured(name)) for name in MEASURED]
    try:
        logits = adapted(images)
    except Exception as error:
        return f"Images of {PIXELS} pixels stop it. {error_text(error)}"
    finally:
        for hook in hooks:
            hook.remove()
    if logits.shape != (len(images), classes):
        return (f"{len(images)} images give logits of shape {tuple(logits.shape)}; "
                f"{(len(images), classes)} was asked for.")
    wanted = PIXELS // 8  # three stages halve, the stem does not
    if columns["layer4"] != wanted:
        seen = ", ".join(f"{columns[name]} after `{name}`" for name in MEASURED)
        return (f"Of {PIXELS} columns are left: {seen}. With a stem that keeps the size and three "
                f"halvings {wanted} would be left in the end.")
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
            return (f"`{name}` has the shape {tuple(entry.shape)}; in a network that is built "
                    f"with a 3x3 stem it has {tuple(wanted[name].shape)}.")
        if not name.startswith(NEW) and not torch.equal(entry, before[name]):
            return f"`{name}` has other values than before. Only the new layers start afresh."
    return None


@torch.no_grad()
def _value_fault(
    adapted: nn.Module, images: Tensor, network: ResNetSpec, classes: int
) -> str | None:
    built = _reference(network, classes)
    built.load_state_dict(adapted.state_dict())
    for training in (False, True):
        found, expected = deepcopy(adapted).train(training), built.train(training)
        if torch.allclose(found(images), expected(images), rtol=1e-3, atol=1e-4):
            continue
        parts = dict(found.named_children())
        places = [name for name, _ in expected.named_children() if name in parts]
        place = parting(found, expected, images, places, 1e-3)
        return ("All shapes and all weights are right, but in "
                f"{'training' if training else 'evaluation'} the logits differ from those of a "
                "network that was built with a 3x3 stem and has the same weights."
                + (f" They part after `{place}`." if place else ""))
    return None


@cache
def _build(network: ResNetSpec) -> ResNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        built = ResNet(network).eval()
    settle_norms(built)
    return built


def _reference(network: ResNetSpec, classes: int) -> ResNet:
    changed = {**vars(network), "stem": "3x3", "num_classes": classes}
    return ResNet(ResNetSpec(**changed))
