"""Shortcuts: what a block adds to its residual branch.

A shortcut is a module from ``N, in, H, W`` to the shape of the branch's output.
Source: arXiv:1512.03385, section 3.3 (the options) and equations 1 and 2.
"""

from torch import nn

from resnet_lab.models.spec import BlockPlan


def projection(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """A 1x1 convolution with batch normalization: ``W_s x`` of equation 2."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
        nn.BatchNorm2d(out_channels),
    )


def option_b(plan: BlockPlan) -> nn.Module:
    """The identity wherever it fits, a projection where the shape changes."""
    if plan.changes_shape:
        return projection(plan.in_channels, plan.out_channels, plan.stride)
    return nn.Identity()


SHORTCUTS = {"B": option_b}
"""The function behind each name that a specification may use as its ``shortcut``."""
