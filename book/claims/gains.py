"""What recomputes claims about gains: of accuracy, of cost, of memory and of depth."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial

import torch
import torchvision
from torch import nn

import resnet_lab
from book.claims.imagenet import resnet18_macs, resnet34_macs, resnet50_macs
from book.claims.measure import SIDE, parameters
from book.claims.value import Value
from resnet_lab.records import paper


def shortcut_parameters() -> dict[str, Value]:
    """Parameters of ResNet-34, less those of plain-34."""
    return _beyond_plain("params")


def shortcut_macs() -> dict[str, Value]:
    """Multiply-adds of ResNet-34, less those of plain-34, and the additions of the sums."""
    sums = sum(row.elements for row in resnet_lab.cost("resnet34").rows if row.kind == "Add")
    return {**_beyond_plain("macs"), "additions of the sums": sums}


def change_with_depth() -> dict[str, Value]:
    """Top-1 error at 34 layers less that at 18, by table 2 of the paper: plain, residual."""
    changes = (_error("34 layers", c) - _error("18 layers", c) for c in ("plain", "ResNet"))
    return {"plain, then residual": tuple(changes)}


def gain_of_shortcuts() -> dict[str, Value]:
    """What shortcuts take off the top-1 error of plain-34, by table 2 of the paper."""
    plain, residual = (_error("34 layers", column) for column in ("plain", "ResNet"))
    return {
        "percentage points": plain - residual,
        "percent of the error": 100 * (plain - residual) / plain,
    }


def fewer_filters() -> dict[str, Value]:
    """Filters of VGG-19 less those of ResNet-34 without projections."""
    vgg, ours = _widths(torchvision.models.vgg19), _widths(partial(resnet_lab.build, "plain34"))
    return {
        "in a convolution, on average": Fraction(sum(vgg), len(vgg)) - Fraction(
            sum(ours), len(ours)),
        "in all convolutions": sum(vgg) - sum(ours),
    }


def memory_below_vgg19() -> dict[str, Value]:
    """Percent of VGG-19: parameters, and outputs of convolutions for one image."""
    whole = sum(_outputs(torchvision.models.vgg19))
    weights = parameters(torchvision.models.vgg19)
    costs = {name: resnet_lab.cost(name.lower().replace("-", "")) for name in (
        "ResNet-34", "ResNet-50", "ResNet-152")}
    return {
        "parameters of ResNet-152": Fraction(100 * costs["ResNet-152"].params, weights),
        **{f"activations of {name}": Fraction(100 * cost.activations, whole)
           for name, cost in costs.items()},
    }


def flops_of_resnet34() -> dict[str, Value]:
    """Operations of ResNet-34 in two ways of counting, with option A."""
    counted = resnet_lab.cost(resnet_lab.spec("resnet34", shortcut="A")).macs
    return {"multiply-adds": counted, "each addition and multiplication": 2 * counted}


def from_18_to_34() -> dict[str, Value]:
    """Multiply-adds of ResNet-34 over those of ResNet-18."""
    small, large = resnet18_macs(), resnet34_macs()
    return {option: Fraction(_one(large[option]), _one(small[option])) for option in small}


def from_34_to_50() -> dict[str, Value]:
    """Percent more multiply-adds of ResNet-50 over ResNet-34."""
    by_option, by_version = resnet34_macs(), resnet50_macs()
    return {
        f"{version} over option {option[0]}": 100 * (
            Fraction(_one(deep), _one(shallow)) - 1)
        for version, deep in by_version.items() for option, shallow in by_option.items()
    }


def deeper_with_v2() -> dict[str, Value]:
    """Layers of the deepest v2 networks of the second paper over the deepest of the first."""
    pairs = {"on CIFAR-10": ("resnetv2_1001", "resnet1202"),
             "on ImageNet": ("resnetv2_200", "resnet152")}
    return {
        place: Fraction(*(resnet_lab.spec(name).depth for name in names))
        for place, names in pairs.items()
    }


def _beyond_plain(count: str) -> dict[str, Value]:
    plain = getattr(resnet_lab.cost("plain34"), count)
    return {
        name: getattr(resnet_lab.cost(resnet_lab.spec("resnet34", shortcut=option)), count) - plain
        for name, option in (("zeros, option A", "A"), ("projections, option B", "B"))
    }


def _error(row: str, column: str) -> Fraction:
    return Fraction(paper("he2015", 2).printed(row, column))


def _one(value: Value) -> int:
    assert isinstance(value, int)
    return value


def _outputs(build: Callable[[], nn.Module]) -> list[int]:
    """Numbers that each convolution puts out for one image."""
    counts: list[int] = []
    with torch.device("meta"), torch.no_grad():
        network = build()
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                module.register_forward_hook(lambda _, __, output: counts.append(output.numel()))
        network(torch.empty(1, 3, SIDE, SIDE))
    return counts


def _widths(build: Callable[[], nn.Module]) -> list[int]:
    with torch.device("meta"):
        modules = list(build().modules())
    return [module.out_channels for module in modules if isinstance(module, nn.Conv2d)]
