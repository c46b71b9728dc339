"""The plan of one block: what a block and its shortcut are built from."""

from dataclasses import dataclass

from resnet_lab.arithmetic import Window

EXPANSION = {"basic": 1, "bottleneck": 4}
"""Output channels of a block as a multiple of its stage's width."""

KERNELS = {"basic": (3, 3), "bottleneck": (1, 3, 1)}
"""Kernels of the convolutions of a block's residual branch, first to last."""


@dataclass(frozen=True)
class BlockPlan:
    """One block of a network.

    Attributes:
        stage: which stage the block belongs to, from 1.
        index: its place in the stage, from 0.
        block: ``"basic"`` or ``"bottleneck"``.
        form: how branch and shortcut are put together, see ``BLOCKS`` in ``trunk.py``.
        in_channels: channels of the input.
        width: channels inside the branch.
        out_channels: channels of the output.
        strides: stride of each convolution of the branch.
        groups: groups of the 3x3 convolution of a bottleneck.
    """

    stage: int
    index: int
    block: str
    form: str
    in_channels: int
    width: int
    out_channels: int
    strides: tuple[int, ...]
    groups: int = 1

    @property
    def stride(self) -> int:
        """Input positions between two output positions of the block."""
        return max(self.strides)

    @property
    def changes_shape(self) -> bool:
        """True where the identity can't be added: the block strides or changes channels."""
        return self.stride != 1 or self.in_channels != self.out_channels

    @property
    def preactivated(self) -> bool:
        """True where batch normalization and ReLU come before the convolutions (v2)."""
        return self.form.startswith("v2")

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows of the residual branch, first convolution first."""
        kernels = KERNELS[self.block]
        return tuple(
            Window(kernel, stride, padding=kernel // 2)
            for kernel, stride in zip(kernels, self.strides, strict=True)
        )
