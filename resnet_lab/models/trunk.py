"""The trunk: stem, stages and head put together from a specification.

A group of blocks is a *stage* in the literature; torchvision calls it a ``layer``, and so
do the attributes here, because official weights are stored under these names.
"""

import torch
from torch import Tensor, nn

from resnet_lab.models.blocks import BLOCKS
from resnet_lab.models.shortcuts import SHORTCUTS
from resnet_lab.models.spec import BlockPlan, ResNetSpec
from resnet_lab.models.stems import STEMS


class ResNet(nn.Module):
    """The network of a specification, from images ``N, C, H, W`` to logits ``N, classes``.

    Weights are drawn in torchvision's order and by its rule, so the same seed gives the
    same weights as ``torchvision.models``.

    Args:
        spec: what to build.

    Raises:
        TypeError: ``spec`` is no specification.
    """

    def __init__(self, spec: ResNetSpec) -> None:
        if not isinstance(spec, ResNetSpec):
            raise TypeError(f"spec must be a ResNetSpec (build() takes names), got {spec!r}")
        super().__init__()
        self.spec = spec
        stem = STEMS[spec.stem](spec.in_channels, spec.stem_width)
        self.conv1, self.bn1, self.relu, self.maxpool = stem
        self.stage_names = tuple(f"layer{stage}" for stage in range(1, len(spec.depths) + 1))
        for stage, name in enumerate(self.stage_names, 1):
            blocks = [build_block(plan, spec) for plan in spec.blocks if plan.stage == stage]
            self.add_module(name, nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(spec.out_channels, spec.num_classes)
        initialize(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map images ``N, C, H, W`` to logits ``N, num_classes``."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for name in self.stage_names:
            x = getattr(self, name)(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


def build_block(plan: BlockPlan, spec: ResNetSpec) -> nn.Module:
    """Build one block with the shortcut that the specification asks for."""
    shortcut = SHORTCUTS[spec.shortcut](plan)
    block = BLOCKS[plan.block]
    return block(plan.in_channels, plan.width, plan.out_channels, plan.strides, shortcut)


def initialize(model: nn.Module) -> None:
    """Draw convolution weights from He's normal distribution over the fan-out.

    Batch normalization starts as the identity. Source: arXiv:1502.01852, equation 14.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
