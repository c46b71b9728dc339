"""What recomputes claims about the networks for CIFAR-10 (chapters 13 and 14)."""


import torch
from torch import nn

import resnet_lab
from book.claims.value import Value

DEPTHS = (20, 32, 44, 56, 110)
"""Depths of table 6 but the last, whose count has a row of its own."""



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
        "option A": tuple(_parameters(name, "A") for name in networks),
        "option B": tuple(_parameters(name, "B") for name in networks),
        "option A, without batch normalization": tuple(map(_without_norms, networks)),
    }


def parameters_beyond_plain() -> dict[str, Value]:
    """Parameters of ResNet-56 for CIFAR-10, less those of plain-56."""
    plain = _parameters("plain56", "none")
    return {f"option {o}": _parameters("resnet56", o) - plain for o in ("A", "B", "C")}


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
        "ResNet-110": _parameters("resnet110", "A"),
        "as many bottlenecks, 164 layers": _count("resnet110", **changes),
        "110 layers with bottlenecks": _count("resnet110", depths=(12, 12, 12), **changes),
    }


def _parameters(name: str, shortcut: str) -> int:
    return _count(name, shortcut=shortcut)


def _count(name: str, **changes: object) -> int:
    return resnet_lab.cost(resnet_lab.spec(name, **changes), 32).params


def _in_shortcuts(option: str) -> int:
    with torch.device("meta"):
        model = resnet_lab.build("resnet20", shortcut=option)
    return sum(p.numel() for name, p in model.named_parameters() if "downsample" in name)


def _without_norms(name: str) -> int:
    rows = resnet_lab.cost(name, 32).rows
    return sum(row.params for row in rows if row.kind != "BatchNorm2d")


def _with_and_without_norms(name: str) -> dict[str, Value]:
    with torch.device("meta"):
        model = resnet_lab.build(name)
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    total = sum(p.numel() for p in model.parameters())
    inside = sum(p.numel() for norm in norms for p in norm.parameters())
    return {"with batch normalization": total, "without": total - inside}
