"""What recomputes claims about the networks for CIFAR-10 (chapters 13 and 14)."""

from fractions import Fraction

import resnet_lab
from book.claims.value import Value
from resnet_lab.models.cost import Cost

DEPTHS = (20, 32, 44, 56, 110)
"""Depths of table 6 but the last, whose count has a row of its own."""


def components_of_v2() -> dict[str, Value]:
    """Parameters of a v2 block over those of a v1 block of the same shape, in percent."""
    return {
        kind: Fraction(100 * _in_second_block(name, "v2"), _in_second_block(name, "v1"))
        for kind, name in (("basic block", "resnet20"), ("bottleneck", "resnetv2_164"))
    }


def cost_of_1000_layers() -> dict[str, Value]:
    """Multiply-adds of ResNet-1001 over those of shallower networks."""
    deep = _cost("resnetv2_1001").macs
    shallow = _cost("resnetv2_1001", depths=(11, 11, 11)).macs
    return {
        "over 101 layers of the same blocks": Fraction(deep, shallow),
        "over ResNet-110": Fraction(deep, _cost("resnetv2_110").macs),
    }


def resnet164_parameters() -> dict[str, Value]:
    """Parameters of the pre-activation ResNet-164 for CIFAR-10."""
    return _with_and_without_norms("resnetv2_164")


def resnet1001_parameters() -> dict[str, Value]:
    """Parameters of the pre-activation ResNet-1001 for CIFAR-10."""
    return _with_and_without_norms("resnetv2_1001")


def resnet1202_parameters() -> dict[str, Value]:
    """Parameters of ResNet-1202 for CIFAR-10, with option A."""
    return _with_and_without_norms("resnet1202")


def cifar_parameters() -> dict[str, Value]:
    """Parameters of the networks of table 6, counted in three ways."""
    networks = [f"resnet{depth}" for depth in DEPTHS]
    return {
        "option A": tuple(_cost(name, shortcut="A").params for name in networks),
        "option B": tuple(_cost(name, shortcut="B").params for name in networks),
        "option A, without batch normalization": tuple(map(_without_norms, networks)),
    }


def parameters_beyond_plain() -> dict[str, Value]:
    """Parameters of ResNet-56 for CIFAR-10, less those of plain-56."""
    plain = _cost("plain56").params
    return {f"option {o}": _cost("resnet56", shortcut=o).params - plain for o in ("A", "B", "C")}


def open_lth_shortcut_parameters() -> dict[str, Value]:
    """Parameters in the shortcuts of ResNet-20 for CIFAR-10."""
    return {
        "as the code builds them": _in_shortcuts("B"),
        "option A, as in the paper": _in_shortcuts("A"),
    }


def resnet110_with_bottlenecks() -> dict[str, Value]:
    """Parameters of ResNet-110, and of what has bottlenecks in place of its blocks."""
    changes = {"block": "bottleneck", "shortcut": "B"}
    return {
        "ResNet-110": _cost("resnet110", shortcut="A").params,
        "as many bottlenecks, 164 layers": _cost("resnet110", **changes).params,
        "110 layers with bottlenecks": _cost("resnet110", depths=(12, 12, 12), **changes).params,
    }


def _cost(name: str, **changes: object) -> Cost:
    return resnet_lab.cost(resnet_lab.spec(name, **changes), 32)


def _in_second_block(name: str, version: str) -> int:
    rows = _cost(name, version=version).rows
    return sum(row.params for row in rows if row.name.startswith("layer1.1."))


def _in_shortcuts(option: str) -> int:
    rows = _cost("resnet20", shortcut=option).rows
    return sum(row.params for row in rows if "downsample" in row.name)


def _without_norms(name: str) -> int:
    return sum(row.params for row in _cost(name).rows if row.kind != "BatchNorm2d")


def _with_and_without_norms(name: str) -> dict[str, Value]:
    return {"with batch normalization": _cost(name).params, "without": _without_norms(name)}
