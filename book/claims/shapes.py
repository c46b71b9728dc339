"""What recomputes claims about strides, sizes and windows (chapters 3, 4, 12 and 14)."""

from collections.abc import Sequence
from fractions import Fraction

import resnet_lab
from book.claims.counts import IMAGENET
from book.claims.measure import SIDE
from book.claims.value import Value
from resnet_lab import ResNetSpec
from resnet_lab.arithmetic import Window, output_size, receptive_field
from resnet_lab.models.plan import BlockPlan

TESTED = range(1, 1025)
"""Image sizes for claims about every size."""


def different_stems() -> dict[str, Value]:
    """How many stems the five networks for ImageNet have."""
    stems = {
        tuple((row.kind, row.output_shape, row.params) for row in part.rows)
        for part in (resnet_lab.cost(name).parts[0] for name in IMAGENET)
    }
    return {"layers, shapes and parameters": len(stems)}


def max_pools() -> dict[str, Value]:
    """Max pools of ResNet-34."""
    pools = [row for row in resnet_lab.cost("resnet34").rows if row.kind == "MaxPool2d"]
    return {"in the stages": sum(row.part != "stem" for row in pools), "in all": len(pools)}


def pool_without_padding() -> dict[str, Value]:
    """Columns after the stem's pool without its padding."""
    return {
        "rounding down, as torch": output_size(112, [Window(3, 2)]),
        "rounding up, as Caffe": output_size(112, [Window(3, 2, ceil_mode=True)]),
    }


def sizes_without_pool_padding() -> dict[str, Value]:
    """Columns after each stage of ResNet-50, with the pool of the post and of the paper."""
    spec = resnet_lab.spec("resnet50")
    conv, pool, *rest = spec.path()
    return {
        "without padding, rounding down": _after_stages(spec, (conv, Window(3, 2), *rest)),
        "padding 1": _after_stages(spec, (conv, pool, *rest)),
    }


def sizes_after_stages() -> dict[str, Value]:
    """Columns after stages 2, 3 and 4 of ResNet-34."""
    spec = resnet_lab.spec("resnet34")
    return {"224 pixels": _after_stages(spec, spec.path())[1:]}


def sizes_in_stage_1() -> dict[str, Value]:
    """Columns of the maps that the first and the last block of stage 1 read, in ResNet-34."""
    stem = resnet_lab.spec("resnet34").path()[:2]
    block = [Window(3, 1, 1)] * 2
    sizes = [output_size(SIDE, [*stem, *block * done]) for done in (0, 2)]
    return {"224 pixels": tuple(sizes)}


def stem_formula() -> dict[str, Value]:
    """Image sizes at which a formula and the two windows of the stem differ."""
    return {
        name: sum(output_size(size, [window]) != (size - 1) // 2 + 1 for size in TESTED)
        for name, window in (("conv1", Window(7, 2, 3)), ("pool", Window(3, 2, 1)))
    }


def pool_reduction() -> dict[str, Value]:
    """Size of the map that the pool reads over that of its output."""
    return _reduction([Window(3, 2, 1)], 112)


def whole_stem_reduction() -> dict[str, Value]:
    """Image size over map size after the stem."""
    return _reduction(resnet_lab.spec("resnet50").path()[:2], SIDE)


def whole_reduction() -> dict[str, Value]:
    """Image size over size of the last map of ResNet-50."""
    return _reduction(resnet_lab.spec("resnet50").path(), SIDE)


def stage_strides() -> dict[str, Value]:
    """Stride of the first block of each stage of ResNet-50."""
    return {"stages 1 to 4": tuple(block.stride for block in _first_blocks("resnet50"))}


def channel_factors() -> dict[str, Value]:
    """Channels out of the first block of each stage over those into it."""
    return {
        name: tuple(Fraction(b.out_channels, b.in_channels) for b in _first_blocks(name))
        for name in ("resnet34", "resnet50")
    }


def striding_3x3() -> dict[str, Value]:
    """3x3 convolutions with a stride above 1 in the stages."""
    return {
        name: sum(window.stride > 1 for window in resnet_lab.spec(name).block_windows())
        for name in ("resnet18", "resnet34")
    }


def second_block_of_stage_4() -> dict[str, Value]:
    """Stride of the second block of stage 4 of ResNet-34, and its factor of channels."""
    block = next(b for b in resnet_lab.spec("resnet34").blocks if (b.stage, b.index) == (4, 1))
    return {"7 to 7 columns": (block.stride, Fraction(block.out_channels, block.in_channels))}


def striding_convolution() -> dict[str, Value]:
    """Which convolution of a striding bottleneck strides, in v1 and in v1.5."""
    firsts = (_first_blocks("resnet50", version=version)[1] for version in ("v1", "v1.5"))
    return {"v1, then v1.5": tuple(block.strides.index(2) + 1 for block in firsts)}


def convolutions_of_deep_stem() -> dict[str, Value]:
    """Convolutions of 3x3 in the stem of version C."""
    rows = resnet_lab.cost("resnet50c").parts[0].rows
    return {"stem of C": sum(row.kind == "Conv2d" for row in rows)}


def average_widens() -> dict[str, Value]:
    """Columns of its map that one output sees with the average of D, less those without it."""
    branch = _seen(next(b for b in resnet_lab.spec("resnet50").blocks if b.stride > 1).windows)
    without, with_average = _seen([Window(1, 2)]), _seen([Window(2, 2), Window(1)])
    return {
        "the shortcut alone": len(with_average) - len(without),
        "shortcut and branch": len(with_average | branch) - len(without | branch),
    }


def cifar_convolutions() -> dict[str, Value]:
    """Layers with weights of ResNet-20: first convolution, three stages, classifier."""
    spec = resnet_lab.spec("resnet20")
    inside = [sum(len(b.windows) for b in spec.blocks if b.stage == s) for s in (1, 2, 3)]
    return {"n = 3": (1, *inside, 1)}


def cifar_maps() -> dict[str, Value]:
    """Columns and channels of the maps of ResNet-20 in its three stages."""
    spec = resnet_lab.spec("resnet20")
    stem, *rest = spec.path()
    sizes = [output_size(32, [stem, *rest[:count]]) for count in (6, 12, 18)]
    return {"32 pixels": (*sizes, *spec.widths)}


def cifar_depths() -> dict[str, Value]:
    """Depths of the networks for CIFAR-10 with 3, 5, 9 and 200 blocks a stage."""
    depths = (resnet_lab.spec("resnet20", depths=(n,) * 3).depth for n in (3, 5, 9, 200))
    return {"6n + 2": tuple(depths)}


def rivals_of_resnet1202() -> dict[str, Value]:
    """Depths that the network could have which tests better than ResNet-1202 on CIFAR-10."""
    below, above = (6 * n + 2 for n in (16, 17))
    return {"in the paper's table 6": 110, "nearest 6n + 2 below": below, "above": above}


def striding_blocks_of_three() -> dict[str, Value]:
    """Places of the striding blocks in a network of three stages with three blocks each."""
    blocks = resnet_lab.spec("resnet20").blocks
    return {"[3, 3, 3]": tuple(n for n, block in enumerate(blocks, 1) if block.stride > 1)}


def number_of_stages() -> dict[str, Value]:
    """Stages of the networks for ImageNet and for CIFAR-10."""
    return {
        place: len(resnet_lab.spec(name).depths)
        for place, name in (("for ImageNet", "resnet50"), ("for CIFAR-10", "resnet20"))
    }


def _after_stages(spec: ResNetSpec, path: tuple[Window, ...]) -> tuple[int, ...]:
    ends = [2 + sum(len(b.windows) for b in spec.blocks if b.stage <= s) for s in (1, 2, 3, 4)]
    return tuple(output_size(SIDE, path[:end]) for end in ends)


def _first_blocks(name: str, **changes: str) -> list[BlockPlan]:
    return [block for block in resnet_lab.spec(name, **changes).blocks if block.index == 0]


def _seen(path: Sequence[Window]) -> set[int]:
    """Columns that can change the first output."""
    field = receptive_field(path)
    return set(range(field.start, field.start + field.size))


def _reduction(windows: Sequence[Window], size: int) -> dict[str, Value]:
    return {
        f"{kind}, such as {columns}": Fraction(columns, output_size(columns, windows))
        for kind, columns in (("multiples", size), ("other sizes", size + 1))
    }
