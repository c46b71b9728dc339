"""Shortcuts: what a block adds to its residual branch.

A shortcut is a module from ``N, in, H, W`` to the shape of the branch's output,
``N, out, ceil(H/stride), ceil(W/stride)``. Where the identity fits, options A, B and D
use it. Source: arXiv:1512.03385, section 3.3 (options A, B, C) and equations 1 and 2.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from resnet_lab.models.blocks import conv1x1
from resnet_lab.models.plan import BlockPlan


class PadChannels(nn.Module):
    """Keep every ``stride``-th position and fill the new channels with zeros: no parameters.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output, not fewer.
        stride: input positions between two that are kept.
        before: how many of the new channels stand before the old ones.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, before: int) -> None:
        super().__init__()
        new = out_channels - in_channels
        if not 0 <= before <= new:
            raise ValueError(f"before must be from 0 to the {new} new channels, got {before}")
        self.in_channels, self.out_channels, self.stride = in_channels, out_channels, stride
        self.before = before
        self.after = new - before

    def forward(self, x: Tensor) -> Tensor:
        """Map ``N, in, H, W`` to ``N, out, ceil(H/stride), ceil(W/stride)``."""
        kept = x[:, :, :: self.stride, :: self.stride]
        return F.pad(kept, (0, 0, 0, 0, self.before, self.after))

    def extra_repr(self) -> str:
        """Show the settings where the module is printed."""
        return f"stride={self.stride}, before={self.before}, after={self.after}"


def option_a(plan: BlockPlan) -> nn.Module:
    """Zeros for the new channels, all of them after the old ones.

    Weights of this option load into :func:`option_a_split` without an error and compute
    something else there: no parameter tells them apart.
    """
    if not plan.changes_shape:
        return nn.Identity()
    return PadChannels(plan.in_channels, plan.out_channels, plan.stride, before=0)


def option_a_split(plan: BlockPlan) -> nn.Module:
    """Zeros for the new channels, half before and half after the old ones.

    Common in PyTorch repositories for CIFAR-10; see :func:`option_a` for what to beware of.
    """
    if not plan.changes_shape:
        return nn.Identity()
    new = plan.out_channels - plan.in_channels
    return PadChannels(plan.in_channels, plan.out_channels, plan.stride, before=new // 2)


def option_b(plan: BlockPlan) -> nn.Module:
    """The identity wherever it fits, a projection where the shape changes."""
    return option_c(plan) if plan.changes_shape else nn.Identity()


def option_c(plan: BlockPlan) -> nn.Module:
    """A projection in every block: a 1x1 convolution, ``W_s x`` of equation 2."""
    conv = conv1x1(plan.in_channels, plan.out_channels, plan.stride)
    return nn.Sequential(conv, *_normalization(plan))


def option_d(plan: BlockPlan) -> nn.Module:
    """Average first, project then, so that the projection reads every position.

    The "D" of "Bag of tricks", arXiv:1812.01187, figure 2. The pooling rounds up and does
    not count what lies outside, so that odd sizes survive.
    """
    if not plan.changes_shape:
        return nn.Identity()
    pool = nn.AvgPool2d(2, plan.stride, ceil_mode=True, count_include_pad=False)
    conv = conv1x1(plan.in_channels, plan.out_channels, stride=1)
    return nn.Sequential(pool if plan.stride > 1 else nn.Identity(), conv, *_normalization(plan))


def _normalization(plan: BlockPlan) -> list[nn.Module]:
    """What follows a projection: nothing in v2, where its input is normalized already."""
    return [] if plan.preactivated else [nn.BatchNorm2d(plan.out_channels)]


SHORTCUTS = {
    "A": option_a,
    "A-split": option_a_split,
    "B": option_b,
    "C": option_c,
    "D": option_d,
}
"""The function behind each name that a specification may use as its ``shortcut``."""
