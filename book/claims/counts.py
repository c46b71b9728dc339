"""What recomputes claims about counts of parameters and layers (chapter 15)."""

from dataclasses import replace

import resnet_lab
from book.claims.value import Value
from resnet_lab.interop.names import library_names

IMAGENET = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")


def keras_resnet50_parameters() -> dict[str, Value]:
    """Parameters of Keras's ResNet50 in three ways of counting."""
    return _keras("resnet50_v1")


def keras_resnet152_parameters() -> dict[str, Value]:
    """Parameters of Keras's ResNet152, which is built as its ResNet50."""
    return _keras("resnet152_v1")


def resnet50_layers() -> dict[str, Value]:
    """Layers of ResNet-50, by what counts as one."""
    rows = [row for row in resnet_lab.cost("resnet50").rows if row.kind != "Identity"]
    weighted = [row for row in rows if row.kind in ("Conv2d", "Linear")]
    return {
        "convolutions and classifier, on the longest path": sum(
            "downsample" not in row.name for row in weighted),
        "the same, with projections": len(weighted),
        "layers with parameters": sum(row.params > 0 for row in rows),
        "layers of every kind, on the longest path": sum(
            "downsample" not in row.name for row in rows),
    }


def weighted_layers() -> dict[str, Value]:
    """Layers with weights on the longest path of the five networks for ImageNet."""
    depths = tuple(resnet_lab.spec(name).depth for name in IMAGENET)
    return {"stem, branches and classifier": depths}


def resnet50_convolutions() -> dict[str, Value]:
    """Convolutions of ResNet-50."""
    names = [row.name for row in resnet_lab.cost("resnet50").rows if row.kind == "Conv2d"]
    on_path = sum("downsample" not in name for name in names)
    in_branches = sum(name.startswith("layer") and "downsample" not in name for name in names)
    return {
        "on the longest path": on_path,
        "in residual branches": in_branches,
        "with projections": len(names),
    }


def cifar_resnet18_parameters() -> dict[str, Value]:
    """ResNet-18 with ImageNet's widths, a stem for small images and ten classes."""
    wide = resnet_lab.spec("resnet18", stem="3x3", num_classes=10)
    return {
        "ResNet-18, 3x3 stem, ten classes": resnet_lab.cost(wide, 32).params,
        "ResNet-20 of the paper": resnet_lab.cost("resnet20", 32).params,
    }


def _keras(ours: str) -> dict[str, Value]:
    entry = next(each for each in library_names() if (each.library, each.ours) == (
        "Keras", "resnet50_v1"))
    network = replace(entry, ours=ours)
    rows = resnet_lab.cost(network.spec).rows
    # One mean and one variance for each gain and offset.
    statistics = sum(row.params for row in rows if row.kind == "BatchNorm2d")
    return {
        "trained parameters": network.parameters,
        "with running statistics": network.parameters + statistics,
        "without biases, as torchvision": network.parameters - network.bias_parameters,
    }
