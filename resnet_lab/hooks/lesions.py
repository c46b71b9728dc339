"""Cutting blocks out of a network that is already trained."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from resnet_lab.hooks.networks import our_resnet, uncompiled
from resnet_lab.models import ResNet
from resnet_lab.models.blocks import ResidualBlock


@contextmanager
def lesioned(model: ResNet, names: Sequence[str]) -> Iterator[None]:
    """Cut blocks out: inside the context, nothing comes from their branches.

    What the shortcut carries goes on alone; in v1 the ReLU after the sum still follows, which
    changes nothing where the shortcut is the identity. A block of a plain network has no
    shortcut, so all of it is left out. Weights and state dict stay as they are. What
    ``torch.compile`` has made runs uncompiled meanwhile, the network's own code included.

    Args:
        model: the network, compiled or not; hooks are added to it and removed again.
        names: of the blocks, such as ``["layer1.1", "layer3.0"]``.

    Raises:
        TypeError: ``model`` is no ResNet of this package.
        ValueError: there is no such block, or it is one of a plain network that changes the
            shape, which nothing could replace; or ``torch.compile`` wraps a part of the network.

    Source: arXiv:1605.06431, section 4.
    """
    model = our_resnet(model)
    blocks, removable = model.named_blocks(), removable_blocks(model)
    for name in names:
        if name not in blocks:
            raise ValueError(f"names must be of {', '.join(blocks)}, got {name!r}")
        if name not in removable:
            raise ValueError(
                f"names must be of blocks that can be left out, got {name!r}: it changes the "
                "shape, and has no shortcut"
            )
    with uncompiled(), ExitStack() as hooks:
        for block in (blocks[name] for name in names):
            if isinstance(block, ResidualBlock):
                hooks.enter_context(block.add.register_forward_pre_hook(_without_branch))
            else:
                hooks.enter_context(block.register_forward_hook(_left_out))
        yield


def removable_blocks(model: ResNet) -> list[str]:
    """Names of the blocks that :func:`lesioned` can cut out; it raises what that does."""
    model = our_resnet(model)
    has_shortcuts = model.spec.shortcut != "none"
    plans = zip(model.named_blocks(), model.spec.blocks, strict=True)
    return [name for name, plan in plans if has_shortcuts or not plan.changes_shape]


def _without_branch(add: nn.Module, args: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    branch, shortcut = args
    return torch.zeros_like(branch), shortcut


def _left_out(block: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor:
    image: Tensor = args[0]
    return image
