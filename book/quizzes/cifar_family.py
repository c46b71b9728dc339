"""Proofs of the answers to the questions of chapter 14."""

from typing import Any

from resnet_lab import cost, spec
from resnet_lab.arithmetic import output_size, receptive_field, total_stride, window_positions
from resnet_lab.records import paper


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
    assert old.depth == 110 == 6 * 18 + 2
    assert 2 * 4 * 16 * 16 + 9 * 16 * 16 < 2 * 9 * 16 * 16
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
    assert 6 * 7 + 2 == 44
    assert 34 - 2 == 32
    assert 6 * 27 + 2 == 164 == 9 * 18 + 2
    assert spec("resnet34").depths == (3, 4, 6, 3)
    return {
        f"ResNet-{depth}": (depth - 2) % 6 != 0 and (depth - 2) % 9 != 0
        for depth in (44, 34, 164)
    }


def stage_1_at_32() -> dict[str, bool]:
    def macs(stem: str) -> int:
        parts = cost(spec("resnet18", stem=stem), 32).parts
        return next(part.macs for part in parts if part.name == "stage 1")

    growth = macs("3x3") / macs("7x7")
    assert 7 * 7 == 49
    assert 2 * 2 == 4
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
    assert total_stride(spec("resnet20").path()) == 4
    assert 2 * 2 * 4 == 16
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
