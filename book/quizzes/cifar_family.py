"""Proofs of the answers to the questions of chapter 14."""

from typing import Any

from resnet_lab import cost, spec
from resnet_lab.arithmetic import output_size, receptive_field, total_stride, window_positions
from resnet_lab.models import ResNetSpec
from resnet_lab.records import paper

BLOCKS = ("basic", "bottleneck")


def _params(name: str, **changes: Any) -> int:
    """Parameters of a network, or of one that differs from it."""
    return cost(spec(name, **changes), 32).params


def why_so_large() -> dict[str, bool]:
    wide = spec("resnet18", stem="3x3", num_classes=10)
    rows = cost(wide, 32).rows
    whole = sum(row.params for row in rows)
    projections = sum(row.params for row in rows if "downsample" in row.name)
    narrow: dict[str, Any] = {"depths": (2, 2, 2), "shortcut": "B"}
    widened = _params("resnet20", **narrow, widths=(64, 128, 256), stem_width=64)
    assert projections < whole / 50
    assert widened > 10 * _params("resnet20")
    factors = {
        "Its projections": whole / (whole - projections),
        "Its fourth stage": whole / widened,
        "Its channels": widened / _params("resnet20", **narrow),
        "Its first convolution": whole / (whole - rows[0].params),
    }
    assert 15 < factors["Its channels"] < 16
    return {text: factor == max(factors.values()) for text, factor in factors.items()}


def same_n() -> dict[str, bool]:
    bottlenecks = {"block": "bottleneck", "shortcut": "B"}
    old, new = spec("resnet110"), spec("resnet110", **bottlenecks)
    assert (old.depth, old.depths) == (110, (18, 18, 18))

    def weights(network: ResNetSpec) -> int:
        """Of the convolutions in a block that does not change the shape."""
        rows = [row for row in cost(network, 32).rows if row.name.startswith("layer1.1.")]
        return sum(row.params for row in rows if row.kind == "Conv2d")

    assert 0.9 * weights(old) < weights(new) < weights(old)
    ratio = _params("resnet110", **bottlenecks) / _params("resnet110")
    return {
        "110 layers": new.depth == 110,
        "164 layers, half again": new.depth == 164 and 1.4 < ratio < 1.6,
        "164 layers, about as many": new.depth == 164 and abs(ratio - 1) < 0.02,
    }


def macs_by_stage() -> dict[str, bool]:
    first, second, third = (
        part.macs for part in cost("resnet20", 32).parts if part.name.startswith("stage")
    )
    assert first > second == third
    return {
        "Stage 1": first > 1.1 * second,
        "Stage 3": third > 1.1 * first,
        "None stands out": first < 1.1 * third,
    }


def one_by_one() -> dict[str, bool]:
    def used(columns: int, stride: int) -> int:
        return sum(0 <= place < columns for place in window_positions(0, 3, stride, 1)) ** 2

    assert output_size(32, spec("resnet18").path()) == 1
    assert used(columns=2, stride=2) == 4
    weights = used(columns=1, stride=1)
    return {
        "All nine": weights == 9,
        "Four": weights == 4,
        "One": weights == 1,
        "None": weights == 0,
    }


def no_such_depth() -> dict[str, bool]:
    def depth(n: int, block: str) -> int:
        return spec("resnet20", depths=(n, n, n), block=block, shortcut="B").depth

    depths = {(n, block): depth(n, block) for n in range(1, 30) for block in BLOCKS}
    assert [key for key, layers in depths.items() if layers == 44] == [(7, "basic")]
    fitting = [key for key, layers in depths.items() if layers == 164]
    assert fitting == [(18, "bottleneck"), (27, "basic")]
    blocks = spec("resnet34").depth - 2
    assert blocks == 32
    assert blocks % 6
    assert blocks % 9
    assert len(set(spec("resnet34").depths)) > 1
    return {f"ResNet-{layers}": layers not in depths.values() for layers in (44, 34, 164)}


def stage_1_at_32() -> dict[str, bool]:
    def macs(stem: str) -> int:
        parts = cost(spec("resnet18", stem=stem), 32).parts
        return next(part.macs for part in parts if part.name == "stage 1")

    growth = macs("3x3") / macs("7x7")
    conv, pool = spec("resnet18").path()[:2]
    assert conv.kernel**2 == 49
    assert conv.stride**2 == pool.stride**2 == 4
    return {str(answer): growth == answer for answer in (4, 16, 49)}


def wider_or_deeper() -> dict[str, bool]:
    wide = _params("resnet20", widths=(32, 64, 128), stem_width=32) / _params("resnet20")
    deep = _params("resnet20", depths=(6, 6, 6)) / _params("resnet20")

    def about(ratio: float, factor: int) -> bool:
        return abs(ratio / factor - 1) < 0.1

    return {
        "Both about double": about(wide, 2) and about(deep, 2),
        "Doubled channels make about four": about(wide, 4) and about(deep, 2),
        "Doubled channels make about twice": about(wide, 2) and about(deep, 4),
    }


def block_adds() -> dict[str, bool]:
    def field(*depths: int) -> int:
        return receptive_field(spec("resnet20", depths=depths).path()).size

    growth = field(3, 3, 4) - field(3, 3, 3)
    path = spec("resnet20").path()
    assert total_stride(path) == 4
    assert [(window.kernel - 1) * total_stride(path) for window in path[-2:]] == [2 * 4, 2 * 4]
    assert field(4, 4, 4) - field(3, 3, 3) == 28
    return {str(answer): growth == answer for answer in (4, 16, 28)}


def same_size() -> dict[str, bool]:
    v1, v2 = cost(spec("resnetv2_1001", version="v1"), 32), cost("resnetv2_1001", 32)
    errors = paper("he2016", 3)
    assert errors.value("CIFAR-10, ResNet-1001", "v1") == 7.61
    assert errors.value("CIFAR-10, ResNet-1001", "v2") == 4.92
    return {
        "The number of parameters": abs(v1.params / v2.params - 1) < 0.001,
        "The order of the layers": [row.kind for row in v1.rows] == [row.kind for row in v2.rows],
    }
