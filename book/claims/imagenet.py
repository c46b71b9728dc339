"""What recomputes claims about the networks for ImageNet (chapters 3 to 12)."""

from fractions import Fraction
from functools import cache, partial

import torchvision
from torch import nn

import resnet_lab
from book.claims.measure import SIDE, macs, operations, parameters
from book.claims.value import Value
from resnet_lab.arithmetic import Window, conv_output_size, output_size, receptive_field


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
    counted = macs(torchvision.models.resnet50)
    return {"multiply-adds": counted, "a multiplication and an addition each": 2 * counted}


def resnet50_parameters() -> dict[str, Value]:
    """Weights, and gains and offsets of batch normalization."""
    return {"trained parameters": parameters(partial(resnet_lab.build, "resnet50"))}


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


def bag_of_tricks_b_macs() -> dict[str, Value]:
    """Multiply-adds of ResNet-50 in version B, which is v1.5."""
    return {"v1.5": _resnet("resnet50", "v1.5")[0]}


def bag_of_tricks_c_and_d_macs() -> dict[str, Value]:
    """Multiply-adds of ResNet-50 in versions C and D."""
    counts = tuple(macs(partial(resnet_lab.build, name)) for name in ("resnet50c", "resnet50d"))
    return {"deep stem, then also the average before the projection": counts}


def bag_of_tricks_parameters() -> dict[str, Value]:
    """Trained parameters of ResNet-50 with either stem."""
    return {
        name: parameters(partial(resnet_lab.build, model))
        for name, model in (("v1.5", "resnet50"), ("D", "resnet50d"))
    }


def kernel_cost_ratio() -> dict[str, Value]:
    """Cost of a 7x7 over that of a 3x3, and of the stem with it over the stem with three 3x3."""
    seven, deep = (macs(partial(_stem, name)) for name in ("resnet50", "resnet50c"))
    return {
        "as many channels": Fraction(7 * 7, 3 * 3),
        "the stem with the 7x7 over the deep stem": Fraction(seven, deep),
    }


def unread_by_1x1() -> dict[str, Value]:
    """Percent of the positions of a map that a 1x1 with stride 2 does not read."""
    return {
        f"{kind} maps, such as {size} columns": 100 - Fraction(
            100 * conv_output_size(size, 1, 2) ** 2, size**2
        )
        for kind, size in (("even", SIDE // 4), ("odd", SIDE // 4 + 1))
    }


def _stem(name: str) -> nn.Module:
    return nn.Sequential(*list(resnet_lab.build(name).children())[:4])


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


@cache
def _resnet(name: str, version: str) -> tuple[int, int]:
    """Multiply-adds of a network, and of its projections alone."""
    counter = operations(partial(resnet_lab.build, name, version=version))
    projections = sum(
        sum(counts.values())
        for module, counts in counter.get_flop_counts().items()
        if module.endswith("downsample")
    )
    return counter.get_total_flops() // 2, projections // 2


@cache
def _vgg19() -> tuple[int, int]:
    """Multiply-adds of VGG-19, and of its linear layers alone."""
    counter = operations(torchvision.models.vgg19)
    linear = sum(counter.get_flop_counts()["VGG.classifier"].values())
    return counter.get_total_flops() // 2, linear // 2
