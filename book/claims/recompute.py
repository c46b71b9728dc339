"""What recomputes each row of the ledger.

A function returns a value for each convention in which the claim can be read. Multiply-adds
are half of what ``FlopCounterMode`` counts (convolutions and matrix products), on the meta
device: shapes only, no memory. Values are exact: integers, fractions, or tuples of them.
"""

import functools
from collections.abc import Callable
from fractions import Fraction

import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import resnet_lab
from resnet_lab.arithmetic import Window, conv_output_size, output_size, receptive_field

Value = int | Fraction | tuple[int, ...]
SIDE = 224


def resnet18_macs() -> dict[str, Value]:
    """Multiply-adds of ResNet-18 with each kind of shortcut."""
    return _by_shortcut("resnet18")


def resnet34_macs() -> dict[str, Value]:
    """Multiply-adds of ResNet-34 with each kind of shortcut."""
    return _by_shortcut("resnet34")


def resnet50_macs() -> dict[str, Value]:
    """Multiply-adds of ResNet-50 in both versions."""
    return _by_version("resnet50")


def resnet101_macs() -> dict[str, Value]:
    """Multiply-adds of ResNet-101 in both versions."""
    return _by_version("resnet101")


def resnet152_macs() -> dict[str, Value]:
    """Multiply-adds of ResNet-152 in both versions."""
    return _by_version("resnet152")


def vgg19_macs() -> dict[str, Value]:
    """Multiply-adds of VGG-19, whole and without its linear layers."""
    total, linear = _vgg19()
    return {"all layers": total, "convolutions only": total - linear}


def torchvision_resnet50_operations() -> dict[str, Value]:
    """Operations of torchvision's ResNet-50, counted both ways."""
    macs = _count(torchvision.models.resnet50).get_total_flops() // 2
    return {"multiply-adds": macs, "a multiplication and an addition each": 2 * macs}


def resnet50_parameters() -> dict[str, Value]:
    """Weights, and gains and offsets of batch normalization."""
    with torch.device("meta"):
        model = resnet_lab.build("resnet50")
    return {"trained parameters": sum(p.numel() for p in model.parameters())}


def resnet50_receptive_field() -> dict[str, Value]:
    """Receptive field of the last stage, along the longest path.

    TF-slim strides in the last block of stages 1 to 3, in its 3x3.
    """
    spec = resnet_lab.spec("resnet50")
    slim = list(spec.path()[:2])
    for stage, depth in enumerate(spec.depths, 1):
        for block in range(1, depth + 1):
            stride = 2 if stage < 4 and block == depth else 1
            slim += [Window(1), Window(3, stride, 1), Window(1)]
    paths = {
        "TF-slim": tuple(slim),
        "v1": resnet_lab.spec("resnet50", version="v1").path(),
        "v1.5": spec.path(),
    }
    return {name: receptive_field(path).size for name, path in paths.items()}


def stem_sizes() -> dict[str, Value]:
    """Sizes after the stem's convolution and after its pooling."""
    conv, pool = Window(7, 2, 3), Window(3, 2, 1)
    return {"7x7/2 padded 3, then 3x3/2 padded 1":
            (output_size(SIDE, [conv]), output_size(SIDE, [conv, pool]))}


def stem_reduction() -> dict[str, Value]:
    """Input size over output size of the stem's convolution."""
    return {
        f"{kind} sizes, such as {size}": Fraction(size, conv_output_size(size, 7, 2, 3))
        for kind, size in (("even", SIDE), ("odd", SIDE + 1))
    }


def resnet34_share_of_vgg19() -> dict[str, Value]:
    """Percent of VGG-19's multiply-adds that the plain network of 34 layers takes."""
    exact = Fraction(100 * _without_projections("resnet34"), _vgg19()[0])
    return {"exact counts": exact, "the paper's rounded figures": Fraction(100 * 36, 196)}


def version_cost() -> dict[str, Value]:
    """Percent more multiply-adds of v1.5 over v1."""
    v1, v15 = (_resnet("resnet50", version)[0] for version in ("v1", "v1.5"))
    return {"multiply-adds": Fraction(100 * (v15 - v1), v1)}


def _by_shortcut(name: str) -> dict[str, Value]:
    return {
        "A (no weights in shortcuts)": _without_projections(name),
        "B (projections)": _resnet(name, "v1")[0],
    }


def _by_version(name: str) -> dict[str, Value]:
    return {version: _resnet(name, version)[0] for version in ("v1", "v1.5")}


def _without_projections(name: str) -> int:
    total, projections = _resnet(name, "v1")
    return total - projections


@functools.cache
def _resnet(name: str, version: str) -> tuple[int, int]:
    """Multiply-adds of a network, and of its projections alone."""
    counter = _count(lambda: resnet_lab.build(name, version=version))
    projections = sum(
        sum(counts.values())
        for module, counts in counter.get_flop_counts().items()
        if module.endswith("downsample")
    )
    return counter.get_total_flops() // 2, projections // 2


@functools.cache
def _vgg19() -> tuple[int, int]:
    """Multiply-adds of VGG-19, and of its linear layers alone."""
    counter = _count(torchvision.models.vgg19)
    linear = sum(counter.get_flop_counts()["VGG.classifier"].values())
    return counter.get_total_flops() // 2, linear // 2


def _count(build: Callable[[], nn.Module]) -> FlopCounterMode:
    counter = FlopCounterMode(display=False)
    with torch.device("meta"), counter, torch.no_grad():
        build().eval()(torch.empty(1, 3, SIDE, SIDE))
    return counter
