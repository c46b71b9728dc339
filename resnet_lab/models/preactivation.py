"""Residual blocks of v2, ``y = F(x) + shortcut(x)``: nothing stands on the way of the sum.

Batch normalization and ReLU come before each convolution instead of after it. Where the
shortcut has to change the shape, both paths start after the first activation, which they
then share. Source: arXiv:1603.05027, figure 4(e), equation 3 and the appendix.
"""

from torch import Tensor, nn

from resnet_lab.models.blocks import Add, ResidualBlock, conv1x1, conv3x3
from resnet_lab.models.plan import BlockPlan


class PreActBasicBlock(ResidualBlock):
    """Two 3x3 convolutions, each after its activation, beside a shortcut from the raw input.

    Args:
        plan: channels and strides.
        shortcut: module from the shape of the input to that of the output.
    """

    branch_end = "conv2"

    def __init__(self, plan: BlockPlan, shortcut: nn.Module) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(plan.in_channels)
        self.relu1 = nn.ReLU()
        self.conv1 = conv3x3(plan.in_channels, plan.width, plan.strides[0])
        self.bn2 = nn.BatchNorm2d(plan.width)
        self.relu2 = nn.ReLU()
        self.conv2 = conv3x3(plan.width, plan.out_channels, plan.strides[1])
        self.downsample = shortcut
        self.add = Add()

    def forward(self, x: Tensor) -> Tensor:
        """Map ``N, in, H, W`` to ``N, out, ceil(H/stride), ceil(W/stride)``."""
        branch = self.after_first_activation(self.relu1(self.bn1(x)))
        return self.add(branch, self.downsample(x))

    def after_first_activation(self, activated: Tensor) -> Tensor:
        """The rest of the branch ``F``."""
        return self.conv2(self.relu2(self.bn2(self.conv1(activated))))


class PreActBottleneck(ResidualBlock):
    """1x1, 3x3 and 1x1 convolutions, each after its activation, beside the raw input.

    Args:
        plan: channels and strides; ``plan.width`` is the width of the bottleneck.
        shortcut: module from the shape of the input to that of the output.
    """

    branch_end = "conv3"

    def __init__(self, plan: BlockPlan, shortcut: nn.Module) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(plan.in_channels)
        self.relu1 = nn.ReLU()
        self.conv1 = conv1x1(plan.in_channels, plan.width, plan.strides[0])
        self.bn2 = nn.BatchNorm2d(plan.width)
        self.relu2 = nn.ReLU()
        self.conv2 = conv3x3(plan.width, plan.width, plan.strides[1], plan.groups)
        self.bn3 = nn.BatchNorm2d(plan.width)
        self.relu3 = nn.ReLU()
        self.conv3 = conv1x1(plan.width, plan.out_channels, plan.strides[2])
        self.downsample = shortcut
        self.add = Add()

    def forward(self, x: Tensor) -> Tensor:
        """Map ``N, in, H, W`` to ``N, out, ceil(H/stride), ceil(W/stride)``."""
        branch = self.after_first_activation(self.relu1(self.bn1(x)))
        return self.add(branch, self.downsample(x))

    def after_first_activation(self, activated: Tensor) -> Tensor:
        """The rest of the branch ``F``."""
        branch = self.conv2(self.relu2(self.bn2(self.conv1(activated))))
        return self.conv3(self.relu3(self.bn3(branch)))


class SharedPreActBasicBlock(PreActBasicBlock):
    """The basic block where branch and shortcut both start after the first activation."""

    shortcut_after = "relu1"

    def forward(self, x: Tensor) -> Tensor:
        """Map ``N, in, H, W`` to ``N, out, ceil(H/stride), ceil(W/stride)``."""
        activated = self.relu1(self.bn1(x))
        return self.add(self.after_first_activation(activated), self.downsample(activated))


class SharedPreActBottleneck(PreActBottleneck):
    """The bottleneck where branch and shortcut both start after the first activation."""

    shortcut_after = "relu1"

    def forward(self, x: Tensor) -> Tensor:
        """Map ``N, in, H, W`` to ``N, out, ceil(H/stride), ceil(W/stride)``."""
        activated = self.relu1(self.bn1(x))
        return self.add(self.after_first_activation(activated), self.downsample(activated))
