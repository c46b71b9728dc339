"""How large signal and gradient are after each block, measured on one batch."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_lab.hooks.networks import our_resnet, uncompiled
from resnet_lab.models import ResNet
from resnet_lab.models.blocks import ResidualBlock


@dataclass(frozen=True)
class FlowRow:
    """What passes the stem or a block.

    Attributes:
        name: ``"stem"``, or the block's, such as ``"layer2.0"``.
        signal: root mean square of its output.
        gradient: norm of the gradient of the loss by its output, over the whole batch.
        weights: norm of the gradient of the loss by its own parameters.
        branch: root mean square of what its branch adds; None without a sum.
        shortcut: root mean square of what its shortcut adds; None without a sum.
    """

    name: str
    signal: float
    gradient: float
    weights: float
    branch: float | None = None
    shortcut: float | None = None


def gradient_flow(model: ResNet, images: Tensor, labels: Tensor) -> list[FlowRow]:
    """Measure signal and gradient after the stem and every block, as in a training step.

    Batch normalization uses the batch. A copy of the network is run, so the network itself
    stays as it was, gradients and running statistics included. The copy is not compiled.

    Args:
        model: the network; changes by hooks, such as detached shortcuts, count.
        images: ``N, C, H, W``.
        labels: ``N``, int64; the loss is the mean cross-entropy.

    Returns:
        A row for the stem, then one for each block, in the order of the forward pass.

    Raises:
        TypeError: ``model`` is no ResNet of this package.
        ValueError: there are not as many labels as images, or ``torch.compile`` wraps a part of
            the network.
    """
    model = our_resnet(model)
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"labels must be {len(images)} integers, one for each image, "
            f"got the shape {tuple(labels.shape)}"
        )
    twin = deepcopy(model).train()
    outputs: dict[str, Tensor] = {}
    addends: dict[str, tuple[float, float]] = {}
    twin.maxpool.register_forward_hook(_keeping(outputs, "stem"))
    for name, block in twin.named_blocks().items():
        block.register_forward_hook(_keeping(outputs, name))
        if isinstance(block, ResidualBlock):
            block.add.register_forward_pre_hook(_measuring(addends, name))
    with uncompiled(), torch.enable_grad():
        F.cross_entropy(twin(images), labels).backward()
    stem = nn.ModuleList([twin.conv1, twin.bn1])
    return [
        FlowRow(name, _size(outputs[name]), _norm([outputs[name]]), _norm(part.parameters()),
                *addends.get(name, ()))
        for name, part in {"stem": stem, **twin.named_blocks()}.items()
    ]  # fmt: skip


def _keeping(outputs: dict[str, Tensor], name: str) -> Callable[..., None]:
    def hook(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
        output.requires_grad_() if output.is_leaf else output.retain_grad()
        outputs[name] = output

    return hook


def _measuring(addends: dict[str, tuple[float, float]], name: str) -> Callable[..., None]:
    def hook(module: nn.Module, args: tuple[Tensor, Tensor]) -> None:
        branch, shortcut = args
        addends[name] = _size(branch), _size(shortcut)

    return hook


def _size(tensor: Tensor) -> float:
    return float(tensor.detach().square().mean().sqrt())


def _norm(tensors: Any) -> float:
    """The norm of all their gradients together; 0 where there are none."""
    squares = [tensor.grad.square().sum() for tensor in tensors if tensor.grad is not None]
    return float(torch.stack(squares).sum().sqrt()) if squares else 0.0
