"""What a part of a network does when it is run and trained, for checks of any chapter.

Each function ``..._fault`` returns what was observed where something is wrong, or ``None``.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_lab.exercises.checking import AnswerError, kind_of


def required_module(value: Any, what: str) -> nn.Module:
    """The answer as a module.

    Args:
        value: what the learner's function returned.
        what: what it makes, for the message: ``"a block"``.

    Raises:
        AnswerError: it is no module.
    """
    if not isinstance(value, nn.Module):
        raise AnswerError(f"{what[0].upper()}{what[1:]} is a torch module; got {kind_of(value)}.")
    return value


@torch.no_grad()
def settle_norms(network: nn.Module) -> None:
    """Give normalizations scales, shifts and statistics as after training: none is 1, none 0."""
    generator = torch.Generator().manual_seed(0)
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            for entry in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
                assert entry is not None
                entry.uniform_(0.5, 1.5, generator=generator)


def frozen_fault(part: nn.Module) -> str | None:
    """A parameter that cannot be trained."""
    for name, parameter in part.named_parameters():
        if not parameter.requires_grad:
            return f"`{name}.requires_grad` is False, so training leaves this parameter alone."
    return None


@torch.no_grad()
def overwritten_fault(part: nn.Module, images: Tensor) -> str | None:
    """Whether a part changes its input in place.

    Args:
        part: the learner's module.
        images: what it is given, a batch ``N, C, H, W`` or of another shape that it takes.
    """
    given = images.clone()
    part(given)
    if torch.equal(given, images):
        return None
    return "The input was changed in place; others still need it."


@torch.enable_grad()
def gradient_fault(part: nn.Module, images: Tensor) -> str | None:
    """Where the gradient of a randomly weighted sum of the output does not arrive.

    It must arrive at the images and at every parameter: finite, and not zero everywhere.

    Args:
        part: the learner's module; it is run in training.
        images: a batch ``N, C, H, W``, or of another shape that the part takes.
    """
    if fault := frozen_fault(part):
        return fault
    images = images.clone().requires_grad_()
    targets = {"the image": images} | {f"`{name}`": p for name, p in part.named_parameters()}
    maps = part.train()(images)
    if not maps.requires_grad:
        return "No gradient reaches the image: the output is cut off from all before it."
    weights = torch.randn(maps.shape, generator=torch.Generator().manual_seed(1))
    gradients = torch.autograd.grad(
        (maps * weights).sum(), list(targets.values()), allow_unused=True
    )
    for name, gradient in zip(targets, gradients, strict=True):
        if gradient is None:
            return f"No gradient reaches {name}."
        if not gradient.isfinite().all():
            return f"The gradient at {name} is not finite."
        if not gradient.any():
            return f"The gradient at {name} is zero everywhere."
    return None


def shared_parameter_fault(make: Callable[[], nn.Module]) -> str | None:
    """A parameter that two calls of ``make`` both return."""
    first, second = make(), make()
    seen = {id(parameter) for parameter in first.parameters()}
    for name, parameter in second.named_parameters():
        if id(parameter) in seen:
            return f"Two calls return the same `{name}`: two networks would share it."
    return None
