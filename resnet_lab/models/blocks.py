"""Residual blocks of v1 and v1.5, ``y = relu(F(x) + shortcut(x))``, and the plain one.

A block is given its plan and its shortcut; it decides neither. Attribute names are
torchvision's, where the shortcut is called ``downsample``. Each ReLU is a module of its own
and not in place, and the sum is a module, so that hooks see every activation as it was.

Source: arXiv:1512.03385, figures 2, 3 and 5 and equation 1.
"""

from torch import Tensor, nn

from resnet_lab.models.plan import BlockPlan


class Add(nn.Module):
    """The residual sum ``F(x) + shortcut(x)`` of two tensors of one shape ``N, C, H, W``."""

    def forward(self, branch: Tensor, shortcut: Tensor) -> Tensor:
        """Add the two, element by element."""
        return branch + shortcut


class PlainBlock(nn.Module):
    """Two 3x3 convolutions without a shortcut (figure 3, middle).

    Args:
        plan: channels and strides.
    """

    def __init__(self, plan: BlockPlan) -> None:
        super().__init__()
        self.conv1 = conv3x3(plan.in_channels, plan.width, plan.strides[0])
        self.bn1 = nn.BatchNorm2d(plan.width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv3x3(plan.width, plan.out_channels, plan.strides[1])
        self.bn2 = nn.BatchNorm2d(plan.out_channels)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map ``N, in, H, W`` to ``N, out, ceil(H/stride), ceil(W/stride)``."""
        x = self.relu1(self.bn1(self.conv1(x)))
        return self.relu2(self.bn2(self.conv2(x)))


class ResidualBlock(nn.Module):
    """What blocks with a shortcut have in common.

    Their layers are registered in the order of the calls: those of the branch, then
    ``downsample``, then ``add`` and what follows it.

    Attributes:
        branch_end: name of the last layer of the branch, which may start at zero.
        shortcut_after: name of the layer after which the shortcut leaves; empty where it
            takes the input of the block as it is.
    """

    branch_end: str
    shortcut_after = ""
    downsample: nn.Module
    add: nn.Module


class BasicBlock(ResidualBlock):
    """Two 3x3 convolutions beside a shortcut (figure 5, left).

    Args:
        plan: channels and strides.
        shortcut: module from the shape of the input to that of the output.
    """

    branch_end = "bn2"

    def __init__(self, plan: BlockPlan, shortcut: nn.Module) -> None:
        super().__init__()
        self.conv1 = conv3x3(plan.in_channels, plan.width, plan.strides[0])
        self.bn1 = nn.BatchNorm2d(plan.width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv3x3(plan.width, plan.out_channels, plan.strides[1])
        self.bn2 = nn.BatchNorm2d(plan.out_channels)
        self.downsample = shortcut
        self.add = Add()
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map ``N, in, H, W`` to ``N, out, ceil(H/stride), ceil(W/stride)``."""
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.bn2(self.conv2(branch))
        return self.relu2(self.add(branch, self.downsample(x)))


class Bottleneck(ResidualBlock):
    """A 1x1 that narrows, a 3x3, and a 1x1 that widens, beside a shortcut (figure 5, right).

    v1 strides the first convolution, v1.5 the second; they differ in nothing else. With
    ``plan.groups`` over 1 it is the block of ResNeXt (arXiv:1611.05431, figure 3c).

    Args:
        plan: channels and strides; ``plan.width`` is the width of the bottleneck.
        shortcut: module from the shape of the input to that of the output.
    """

    branch_end = "bn3"

    def __init__(self, plan: BlockPlan, shortcut: nn.Module) -> None:
        super().__init__()
        self.conv1 = conv1x1(plan.in_channels, plan.width, plan.strides[0])
        self.bn1 = nn.BatchNorm2d(plan.width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv3x3(plan.width, plan.width, plan.strides[1], plan.groups)
        self.bn2 = nn.BatchNorm2d(plan.width)
        self.relu2 = nn.ReLU()
        self.conv3 = conv1x1(plan.width, plan.out_channels, plan.strides[2])
        self.bn3 = nn.BatchNorm2d(plan.out_channels)
        self.downsample = shortcut
        self.add = Add()
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map ``N, in, H, W`` to ``N, out, ceil(H/stride), ceil(W/stride)``."""
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.relu2(self.bn2(self.conv2(branch)))
        branch = self.bn3(self.conv3(branch))
        return self.relu3(self.add(branch, self.downsample(x)))


def conv3x3(in_channels: int, out_channels: int, stride: int, groups: int = 1) -> nn.Conv2d:
    """A 3x3 convolution whose padding keeps ``ceil(size / stride)``, without bias."""
    return nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, groups=groups, bias=False)


def conv1x1(in_channels: int, out_channels: int, stride: int) -> nn.Conv2d:
    """A 1x1 convolution, without bias."""
    return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
