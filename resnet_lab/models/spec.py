"""What a ResNet is, as data: one frozen specification that everything else is made from.

Sources: He, Zhang, Ren and Sun, "Deep residual learning for image recognition",
arXiv:1512.03385, table 1 and section 4.2 (depths, widths, blocks), section 3.3 (shortcuts);
"Identity mappings in deep residual networks", arXiv:1603.05027 (v2).
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

from resnet_lab.arithmetic import Window, total_stride
from resnet_lab.checks import check_choice, check_integer, check_integers, check_switch
from resnet_lab.models.plan import EXPANSION, KERNELS, BlockPlan
from resnet_lab.models.shortcuts import SHORTCUTS
from resnet_lab.models.stems import STEMS, stem_windows


class Version(NamedTuple):
    """What tells the versions of a block apart.

    Attributes:
        form: ``"v1"`` (activation after the convolution) or ``"v2"`` (before it).
        strided: for each kind of block, which of its convolutions carries its stride.
        first_shares: v2 only, whether the shortcut of the very first block starts after the
            first activation even where the identity fits.
    """

    form: str
    strided: dict[str, int]
    first_shares: bool = True


VERSIONS = {
    "v1": Version("v1", {"basic": 0, "bottleneck": 0}),
    "v1.5": Version("v1", {"basic": 0, "bottleneck": 1}),
    "v2": Version("v2", {"basic": 0, "bottleneck": 1}),
    "v2-1x1": Version("v2", {"bottleneck": 0}),
    "v2-raw": Version("v2", {"basic": 0}, first_shares=False),
}
"""The versions of a network.

==========  ==================================================================================
``v1``      the paper's: a bottleneck strides its first 1x1
``v1.5``    torchvision's: a bottleneck strides its 3x3; basic blocks are the same in both
``v2``      pre-activation, arXiv:1603.05027; a bottleneck strides its 3x3
``v2-1x1``  the same with the stride in the first 1x1, as its authors' code for CIFAR has it
``v2-raw``  the same with a raw shortcut in the first basic block, as timm's resnetv2_18 and 34
==========  ==================================================================================
"""


@dataclass(frozen=True)
class ResNetSpec:
    """Specification of a ResNet for images ``N, in_channels, H, W``.

    Args:
        name: what the network is called.
        block: ``"basic"`` (two 3x3) or ``"bottleneck"`` (1x1, 3x3, 1x1).
        depths: blocks in each stage.
        version: a key of :data:`VERSIONS`.
        stem: kind of stem, a key of ``STEMS``: ``"7x7"``, ``"deep"``, ``"tiered"``, ``"3x3"``.
        shortcut: the paper's option ``"A"``, ``"B"`` or ``"C"``; ``"A-split"`` (zeros on both
            sides); ``"D"`` (average, then project); ``"none"`` for a plain network.
        widths: width of each stage; a stage has ``width * expansion`` output channels.
        stem_width: channels out of the stem.
        in_channels: channels of the image.
        num_classes: logits out of the classifier.
        groups: groups of the 3x3 convolution of a bottleneck (ResNeXt).
        width_per_group: channels of each group where ``width`` is 64, and in proportion
            elsewhere (wide ResNets, ResNeXt), as torchvision counts them.
        zero_init_residual: start the last layer of each branch at zero.

    Raises:
        TypeError: a field has another type than it should.
        ValueError: a field has an impossible value, or two don't go together.
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
    groups: int = 1
    width_per_group: int = 64
    zero_init_residual: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeError(f"name must be a string, got {self.name!r}")
        check_choice("block", self.block, KERNELS)
        versions = [key for key, version in VERSIONS.items() if self.block in version.strided]
        check_choice("version", self.version, versions)
        check_choice("stem", self.stem, STEMS)
        check_choice("shortcut", self.shortcut, ("none", *SHORTCUTS))
        for name in ("depths", "widths"):
            check_integers(name, getattr(self, name), least=1)
        if len(self.depths) != len(self.widths):
            raise ValueError(
                f"depths must have one entry for each of the {len(self.widths)} widths, "
                f"got {self.depths}"
            )
        for name in ("stem_width", "in_channels", "num_classes", "groups", "width_per_group"):
            check_integer(name, getattr(self, name), least=1)
        check_switch("zero_init_residual", self.zero_init_residual)
        self._check_combinations()

    def _check_combinations(self) -> None:
        if self.block == "basic" and (self.groups, self.width_per_group) != (1, 64):
            raise ValueError(
                "groups and width_per_group must be 1 and 64 with basic blocks (only bottlenecks "
                f"are grouped or widened), got {self.groups} and {self.width_per_group}"
            )
        for width in self.widths:
            if width * self.width_per_group % 64:
                raise ValueError(
                    "width_per_group must divide evenly: width * width_per_group / 64 is "
                    f"{width} * {self.width_per_group} / 64, which is no integer"
                )
        if self.stem in ("deep", "tiered") and self.stem_width % 8:
            raise ValueError(
                f"stem_width must be a multiple of 8 with stem {self.stem!r}, "
                f"got {self.stem_width}"
            )
        if self.shortcut == "none":
            if self.block != "basic" or self.preactivated:
                raise ValueError(
                    "shortcut 'none' (a plain network) must come with basic blocks of v1, "
                    f"got {self.block!r} blocks of {self.version}"
                )
            if self.zero_init_residual:
                raise ValueError(
                    "zero_init_residual must be False where shortcut is 'none': nothing would "
                    "reach the output"
                )
        if self.shortcut in ("A", "A-split") and any(
            plan.out_channels < plan.in_channels for plan in self.blocks
        ):
            raise ValueError(
                f"shortcut {self.shortcut!r} pads channels with zeros, so widths must not shrink, "
                f"got {self.widths} after a stem of {self.stem_width}"
            )

    @property
    def depth(self) -> int:
        """Layers with weights on the longest path, as the paper counts: stem, branches, head."""
        return 2 + sum(self.depths) * len(KERNELS[self.block])

    @property
    def out_channels(self) -> int:
        """Channels out of the last stage, which the classifier reads."""
        return self.widths[-1] * EXPANSION[self.block]

    @property
    def preactivated(self) -> bool:
        """True for v2, where activations come before the convolutions."""
        return VERSIONS[self.version].form == "v2"

    @property
    def blocks(self) -> tuple[BlockPlan, ...]:
        """Plan of every block, in the order of the forward pass; ``ResNet.blocks`` are built so."""
        return tuple(self._plan_blocks())

    def _plan_blocks(self) -> Iterator[BlockPlan]:
        strided = VERSIONS[self.version].strided[self.block]
        in_channels = self.stem_width
        for stage, (depth, width) in enumerate(zip(self.depths, self.widths, strict=True), 1):
            inner = width * self.width_per_group // 64 * self.groups
            out_channels = width * EXPANSION[self.block]
            for index in range(depth):
                # The stem has already made the image as small as stage 1 wants it.
                stride = 2 if stage > 1 and index == 0 else 1
                strides = tuple(
                    stride if conv == strided else 1 for conv in range(len(KERNELS[self.block]))
                )
                changes = stride != 1 or in_channels != out_channels
                form = self._form(changes, first=stage == 1 and index == 0)
                yield BlockPlan(
                    stage, index, self.block, form, in_channels, inner, out_channels, strides,
                    self.groups,
                )  # fmt: skip
                in_channels = out_channels

    def _form(self, changes_shape: bool, first: bool) -> str:
        version = VERSIONS[self.version]
        if self.shortcut == "none":
            return "plain"
        if version.form != "v2":
            return version.form
        projects = changes_shape or self.shortcut == "C"
        return "v2-shared" if projects or (first and version.first_shares) else "v2"

    def path(self) -> tuple[Window, ...]:
        """Windows along the longest path: the stem, then every residual branch.

        Feed it to :func:`resnet_lab.arithmetic.receptive_field`. No shortcut reaches
        further than the branch beside it.
        """
        return stem_windows(self.stem) + self.block_windows()

    def block_windows(self) -> tuple[Window, ...]:
        """Windows of the residual branches alone, first block first."""
        return tuple(window for block in self.blocks for window in block.windows)

    @property
    def stride(self) -> int:
        """Input positions between two positions of the last stage's output."""
        return total_stride(self.path())


def differing_fields(spec: ResNetSpec, other: ResNetSpec) -> list[str]:
    """Fields in which two networks differ, beside their names and how they start."""
    names = [entry.name for entry in fields(ResNetSpec)]
    left_out = ("name", "zero_init_residual")
    return [n for n in names if n not in left_out and getattr(spec, n) != getattr(other, n)]
