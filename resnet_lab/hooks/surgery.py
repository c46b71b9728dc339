"""Changes to a network that its forward pass does not show."""

from typing import Any

from torch import Tensor, nn

from resnet_lab.hooks.networks import forget_compiled, our_resnet
from resnet_lab.models import ResNet


def detach_shortcuts(model: ResNet) -> None:
    """Let no gradient pass through the shortcuts; what is computed forward stays the same.

    It is a mistake that is easily made: a copy of the input, detached, is added to the branch.
    Parameters of projections get no gradient at all, and ``requires_grad`` says so. Nothing of
    the state dict changes. What ``torch.compile`` made before is compiled anew when it next runs.

    Args:
        model: changed in place.

    Raises:
        TypeError: ``model`` is no ResNet of this package.
        ValueError: the network has no shortcuts, or ``torch.compile`` wraps a part of it.
    """
    model = our_resnet(model)
    if model.spec.shortcut == "none":
        raise ValueError(f"model must have shortcuts, got {model.spec.name}, a plain network")
    for block in model.blocks:
        block.get_submodule("downsample").requires_grad_(False).register_forward_hook(_detach)
    forget_compiled()


def _detach(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
    return output.detach()
