"""Residual blocks: ``y = relu(F(x) + shortcut(x))``.

A block is given its shortcut and the stride of each of its convolutions; it decides
neither. Attribute names are torchvision's, where the shortcut is called ``downsample``.
Each ReLU is a module of its own and not in place, and the sum is a module, so that hooks
see every activation as it was.

Source: arXiv:1512.03385, figures 2 and 5 and equation 1.
"""

from torch import Tensor, nn


class Add(nn.Module):
    """The residual sum ``F(x) + shortcut(x)`` of two tensors of one shape ``N, C, H, W``."""

    def forward(self, branch: Tensor, shortcut: Tensor) -> Tensor:
        """Add the two, element by element."""
        return branch + shortcut


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut (figure 5, left).

    Args:
        in_channels: channels of the input ``N, in, H, W``.
        width: channels of the first convolution.
        out_channels: channels of the output ``N, out, ceil(H/stride), ceil(W/stride)``.
        strides: stride of each convolution.
        shortcut: module from the shape of the input to that of the output.
    """

    def __init__(
        self,
        in_channels: int,
        width: int,
        out_channels: int,
        strides: tuple[int, ...],
        shortcut: nn.Module,
    ) -> None:
        super().__init__()
        self.conv1 = conv3x3(in_channels, width, strides[0])
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv3x3(width, out_channels, strides[1])
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = shortcut
        self.add = Add()
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map ``N, in, H, W`` to ``N, out, ceil(H/stride), ceil(W/stride)``."""
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.bn2(self.conv2(branch))
        return self.relu2(self.add(branch, self.downsample(x)))


class Bottleneck(nn.Module):
    """A 1x1 that narrows, a 3x3, and a 1x1 that widens, beside a shortcut (figure 5, right).

    Args:
        in_channels: channels of the input ``N, in, H, W``.
        width: channels of the first two convolutions, the bottleneck.
        out_channels: channels of the output ``N, out, ceil(H/stride), ceil(W/stride)``.
        strides: stride of each convolution; v1 and v1.5 differ in nothing else.
        shortcut: module from the shape of the input to that of the output.
    """

    def __init__(
        self,
        in_channels: int,
        width: int,
        out_channels: int,
        strides: tuple[int, ...],
        shortcut: nn.Module,
    ) -> None:
        super().__init__()
        self.conv1 = conv1x1(in_channels, width, strides[0])
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv3x3(width, width, strides[1])
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = conv1x1(width, out_channels, strides[2])
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.downsample = shortcut
        self.add = Add()
        self.relu3 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map ``N, in, H, W`` to ``N, out, ceil(H/stride), ceil(W/stride)``."""
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.relu2(self.bn2(self.conv2(branch)))
        branch = self.bn3(self.conv3(branch))
        return self.relu3(self.add(branch, self.downsample(x)))


def conv3x3(in_channels: int, out_channels: int, stride: int) -> nn.Conv2d:
    """A 3x3 convolution whose padding keeps ``ceil(size / stride)``, without bias."""
    return nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)


def conv1x1(in_channels: int, out_channels: int, stride: int) -> nn.Conv2d:
    """A 1x1 convolution, without bias."""
    return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)


BLOCKS: dict[str, type[BasicBlock] | type[Bottleneck]] = {
    "basic": BasicBlock,
    "bottleneck": Bottleneck,
}
"""The class behind each name that a specification may use as its ``block``."""
