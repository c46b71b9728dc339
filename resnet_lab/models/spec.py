"""What a ResNet is, as data: one frozen specification that everything else is made from.

Sources: He, Zhang, Ren and Sun, "Deep residual learning for image recognition",
arXiv:1512.03385, table 1 (depths, widths, blocks) and section 3.3 (shortcuts).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from resnet_lab.arithmetic import Window

EXPANSION = {"basic": 1, "bottleneck": 4}
"""Output channels of a block as a multiple of its width."""

KERNELS = {"basic": (3, 3), "bottleneck": (1, 3, 1)}
"""Kernels of the convolutions of a block's residual branch, first to last."""

STRIDED_CONV = {
    ("basic", "v1"): 0,
    ("basic", "v1.5"): 0,
    ("bottleneck", "v1"): 0,
    ("bottleneck", "v1.5"): 1,
}
"""Which convolution of a branch carries the stride of its block.

The paper's bottleneck (v1) strides the first 1x1; v1.5, which is torchvision's, the 3x3.
Basic blocks are the same in both.
"""

STEM_WINDOWS = {"7x7": (Window(7, 2, 3), Window(3, 2, 1))}
"""The windows of each kind of stem: the convolution, then the max pooling."""

SHORTCUT_OPTIONS = ("B",)
"""Option B (section 3.3): the identity, and a 1x1 projection where the shape changes."""


@dataclass(frozen=True)
class BlockPlan:
    """One block of a network: channels, strides, and whether its shortcut must project."""

    stage: int
    index: int
    block: str
    in_channels: int
    width: int
    out_channels: int
    strides: tuple[int, ...]

    @property
    def stride(self) -> int:
        """Input positions between two output positions of the block."""
        return max(self.strides)

    @property
    def changes_shape(self) -> bool:
        """True where the identity can't be added: the block strides or changes channels."""
        return self.stride != 1 or self.in_channels != self.out_channels

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows of the residual branch, first convolution first."""
        kernels = KERNELS[self.block]
        return tuple(
            Window(kernel, stride, padding=kernel // 2)
            for kernel, stride in zip(kernels, self.strides, strict=True)
        )


@dataclass(frozen=True)
class ResNetSpec:
    """Specification of a ResNet for images ``N, in_channels, H, W``.

    Args:
        name: what the network is called.
        block: ``"basic"`` (two 3x3) or ``"bottleneck"`` (1x1, 3x3, 1x1).
        depths: blocks in each stage.
        version: ``"v1"`` (the paper's) or ``"v1.5"`` (torchvision's); see :data:`STRIDED_CONV`.
        stem: kind of stem, a key of :data:`STEM_WINDOWS`.
        shortcut: the paper's option, one of :data:`SHORTCUT_OPTIONS`.
        widths: width of each stage; a stage has ``width * expansion`` output channels.
        stem_width: channels out of the stem.
        in_channels: channels of the image.
        num_classes: logits out of the classifier.

    Raises:
        TypeError: a field has another type than it should.
        ValueError: a field has an impossible value.
    """

    name: str
    block: str
    depths: tuple[int, ...]
    version: str = "v1.5"
    stem: str = "7x7"
    shortcut: str = "B"
    widths: tuple[int, ...] = (64, 128, 256, 512)
    stem_width: int = 64
    in_channels: int = 3
    num_classes: int = 1000

    def __post_init__(self) -> None:
        _check_choice("block", self.block, tuple(KERNELS))
        versions = tuple(version for block, version in STRIDED_CONV if block == self.block)
        _check_choice("version", self.version, versions)
        _check_choice("stem", self.stem, tuple(STEM_WINDOWS))
        _check_choice("shortcut", self.shortcut, SHORTCUT_OPTIONS)
        for name in ("depths", "widths"):
            value = getattr(self, name)
            if not isinstance(value, tuple) or not value:
                raise TypeError(f"{name} must be a tuple of integers, one a stage, got {value!r}")
            for entry in value:
                _check_positive(f"each of {name}", entry)
        if len(self.depths) != len(self.widths):
            raise ValueError(
                f"depths must have one entry for each of the {len(self.widths)} widths, "
                f"got {self.depths}"
            )
        for name in ("stem_width", "in_channels", "num_classes"):
            _check_positive(name, getattr(self, name))

    @property
    def depth(self) -> int:
        """Layers with weights on the longest path, as the paper counts: stem, branches, head."""
        return 2 + sum(self.depths) * len(KERNELS[self.block])

    @property
    def out_channels(self) -> int:
        """Channels out of the last stage, which the classifier reads."""
        return self.widths[-1] * EXPANSION[self.block]

    @property
    def blocks(self) -> tuple[BlockPlan, ...]:
        """Every block, in the order of the forward pass."""
        return tuple(self._plan_blocks())

    def _plan_blocks(self) -> Iterator[BlockPlan]:
        strided = STRIDED_CONV[self.block, self.version]
        convs = len(KERNELS[self.block])
        in_channels = self.stem_width
        for stage, (depth, width) in enumerate(zip(self.depths, self.widths, strict=True), 1):
            out_channels = width * EXPANSION[self.block]
            for index in range(depth):
                # The stem's pooling has already halved the image for stage 1.
                stride = 2 if stage > 1 and index == 0 else 1
                strides = tuple(stride if conv == strided else 1 for conv in range(convs))
                yield BlockPlan(stage, index, self.block, in_channels, width, out_channels, strides)
                in_channels = out_channels

    def path(self) -> tuple[Window, ...]:
        """Windows along the longest path: the stem, then every residual branch.

        Feed it to :func:`resnet_lab.arithmetic.receptive_field`. A projection reads
        no position that the branch beside it does not read.
        """
        branches = tuple(window for block in self.blocks for window in block.windows)
        return STEM_WINDOWS[self.stem] + branches


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {listed}, got {value!r}")


def _check_positive(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, got {value!r} ({type(value).__name__})")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
