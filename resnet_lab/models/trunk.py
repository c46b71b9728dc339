"""The trunk: stem, stages and head put together from a specification.

A group of blocks is a *stage* in the literature; torchvision calls it a ``layer``, and so
do the attributes here, because official weights are stored under these names.
"""

from typing import Any

import torch
from torch import Tensor, nn

from resnet_lab.arithmetic import output_size, total_stride
from resnet_lab.models.blocks import BasicBlock, Bottleneck, PlainBlock
from resnet_lab.models.plan import BlockPlan
from resnet_lab.models.preactivation import (
    PreActBasicBlock,
    PreActBottleneck,
    SharedPreActBasicBlock,
    SharedPreActBottleneck,
)
from resnet_lab.models.shortcuts import SHORTCUTS
from resnet_lab.models.spec import ResNetSpec
from resnet_lab.models.stems import STEMS, Stem, windows_in

BLOCKS: dict[tuple[str, str], type[nn.Module]] = {
    ("basic", "plain"): PlainBlock,
    ("basic", "v1"): BasicBlock,
    ("basic", "v2"): PreActBasicBlock,
    ("basic", "v2-shared"): SharedPreActBasicBlock,
    ("bottleneck", "v1"): Bottleneck,
    ("bottleneck", "v2"): PreActBottleneck,
    ("bottleneck", "v2-shared"): SharedPreActBottleneck,
}
"""The class behind the ``block`` and ``form`` of a plan."""


class ResNet(nn.Module):
    """The network of a specification, from images ``N, C, H, W`` to logits ``N, classes``.

    Weights are drawn in torchvision's order and by its rule, so the same seed gives the
    same weights as ``torchvision.models``.

    Args:
        spec: what to build.

    Raises:
        TypeError: ``spec`` is no specification.
    """

    fc: nn.Module

    def __init__(self, spec: ResNetSpec) -> None:
        if not isinstance(spec, ResNetSpec):
            raise TypeError(f"spec must be a ResNetSpec (build() takes names), got {spec!r}")
        super().__init__()
        self.spec = spec
        self.conv1, self.bn1, self.relu, self.maxpool = build_stem(spec)
        self.stage_names = tuple(f"layer{stage}" for stage in range(1, len(spec.depths) + 1))
        for stage, name in enumerate(self.stage_names, 1):
            plans = [plan for plan in spec.blocks if plan.stage == stage]
            blocks = [build_block(plan, spec.shortcut) for plan in plans]
            self.add_module(name, nn.Sequential(*blocks))
        head = build_head(spec)
        for name, module in head.items():
            self.add_module(name, module)
        self.body_names = (*self.stage_names, *(name for name in head if name != "fc"))
        initialize(self)
        self.register_forward_pre_hook(check_images, with_kwargs=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map images ``N, C, H, W`` to logits ``N, num_classes``."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for name in self.body_names:
            x = getattr(self, name)(x)
        return self.fc(torch.flatten(x, 1))

    @property
    def blocks(self) -> tuple[nn.Module, ...]:
        """Every block, in the order of the forward pass; their plans are ``spec.blocks``."""
        return tuple(self.named_blocks().values())

    def named_blocks(self) -> dict[str, nn.Module]:
        """The blocks by name: ``"layer1.0"`` is the first block of the first stage."""
        return {
            f"{stage}.{index}": block
            for stage in self.stage_names
            for index, block in enumerate(getattr(self, stage))
        }


def build_stem(spec: ResNetSpec) -> Stem:
    """The four modules of the stem; v2 leaves its last activation to the first block."""
    stem = STEMS[spec.stem](spec.in_channels, spec.stem_width)
    if spec.preactivated:
        return stem._replace(bn1=nn.Identity(), relu=nn.Identity())
    return stem


def build_block(plan: BlockPlan, shortcut: str) -> nn.Module:
    """Build one block, with a shortcut of the kind that the specification names."""
    block = BLOCKS[plan.block, plan.form]
    return block(plan) if shortcut == "none" else block(plan, SHORTCUTS[shortcut](plan))


def build_head(spec: ResNetSpec) -> dict[str, nn.Module]:
    """Build what follows the stages; v2 needs an activation after its last sum."""
    head: dict[str, nn.Module] = {
        "avgpool": nn.AdaptiveAvgPool2d(1),
        "fc": nn.Linear(spec.out_channels, spec.num_classes),
    }
    if spec.preactivated:
        return {"norm": nn.Sequential(nn.BatchNorm2d(spec.out_channels), nn.ReLU()), **head}
    return head


def initialize(model: ResNet) -> None:
    """Draw convolution weights from He's normal distribution over the fan-out.

    Batch normalization starts as the identity. With ``zero_init_residual`` the last layer of
    each branch starts at zero, so that every block starts as its shortcut: the gamma of a
    batch normalization, or in v2, where a convolution is last, its weight. (A gamma of zero
    before a last ReLU would never move again: the gradient of ReLU is zero at zero.)

    Sources: arXiv:1502.01852, equation 14; arXiv:1706.02677, section 5.1.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    if model.spec.zero_init_residual:
        for block in model.blocks:
            nn.init.zeros_(block.get_parameter(f"{block.branch_end}.weight"))


def check_images(model: ResNet, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse images that the network can't take, before they have gone halfway through it.

    A hook, and not a part of ``forward``, so that ``torch.fx`` and others can trace the network.
    It asks the modules, which may have been replaced, and not the specification.
    """
    if torch.jit.is_tracing():  # sizes are tensors there
        return
    images = args[0] if args else kwargs.get("x")
    if not isinstance(images, Tensor):
        raise TypeError(f"images must be a tensor N, C, H, W, got {type(images).__name__}")
    convs = [layer for layer in model.conv1.modules() if isinstance(layer, nn.Conv2d)]
    channels = convs[0].in_channels if convs else images.shape[1:2]
    if images.dim() != 4 or images.shape[1] != channels:
        raise ValueError(
            f"images must have the shape N, {channels}, H, W, got {tuple(images.shape)}"
        )
    if len(images) != 1:
        return
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)]
    if any(norm.training for norm in norms):
        path = (*windows_in(model.conv1, model.maxpool), *model.spec.block_windows())
        height, width = (output_size(size, path) for size in images.shape[2:])
        if height * width == 1:
            raise ValueError(
                f"images must be more than one in train(), or larger, got {tuple(images.shape)}: "
                f"{model.spec.name} shrinks them {total_stride(path)} times, to a single value a "
                "channel, and batch normalization has no variance to divide by"
            )
