"""Proofs of the answers to the questions of chapter 15."""

from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from pickle import UnpicklingError
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from resnet_lab import build, cost
from resnet_lab.arithmetic import conv_output_size, pool_output_size
from resnet_lab.figures import photograph
from resnet_lab.interop.names import library_names


@torch.no_grad()
def plain_file() -> dict[str, bool]:
    residual, plain = build("resnet20").eval(), build("plain20").eval()
    keys = plain.load_state_dict(residual.state_dict(), strict=False)
    images = torch.rand(1, 3, 32, 32)
    same = torch.allclose(residual(images), plain(images), rtol=0.1)
    return {
        "An error": bool(keys.missing_keys or keys.unexpected_keys),
        "It loads, and both networks": same,
        "It loads, and the two": not same,
    }


@torch.no_grad()
def what_zeros_say() -> dict[str, bool]:
    model: Any = build("resnet50", zero_init_residual=True)
    zeros = not any(block.bn3.weight.any() for block in model.blocks)
    untouched = int(model.bn1.num_batches_tracked) == 0
    model(torch.rand(2, 3, 32, 32))
    projections = any("downsample" in name for name, _ in model.named_parameters())
    return {
        "The network was trained": int(model.bn1.num_batches_tracked) == 0,
        "The weights are as they were drawn": zeros and untouched,
        "The network is a plain one": not projections,
    }


@torch.no_grad()
def worst_guess() -> dict[str, bool]:
    model, image = build("resnet50").eval(), photograph(224).tensor
    v1 = build("resnet50", version="v1").eval()
    v1.load_state_dict(model.state_dict())
    unpadded, keras = deepcopy(model), deepcopy(model)
    unpadded.maxpool = nn.MaxPool2d(3, 2)
    for module in keras.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 1.001e-5
    guesses = {
        "Keras's epsilon": keras(image),
        "A stem whose pool": unpadded(image),
        "Red and blue": model(image.flip(1)),
        "The stride in the first 1x1": v1(image),
    }
    right = model(image)
    moved = {text: float((logits - right).norm()) for text, logits in guesses.items()}
    return {text: distance == max(moved.values()) for text, distance in moved.items()}


def which_letter() -> dict[str, bool]:
    def fits(name: str, shortcut: str) -> bool:
        state = build(name, shortcut=shortcut).state_dict()
        axes = {place: state[key].dim() for place in (0, 1)
                if (key := f"layer2.0.downsample.{place}.weight") in state}
        return axes == {1: 4}

    return {
        "B, a projection": fits("resnet50", "B"),
        "D, a projection": fits("resnet50", "D"),
        "A, zeros": fits("resnet34", "A"),
    }


def safe_open() -> dict[str, bool]:
    with TemporaryDirectory() as folder:
        harmless, stranger = Path(folder, "harmless.pth"), Path(folder, "stranger.pth")
        trace = Path(folder, "trace")

        class Intruder:
            """Creates a file when it is read."""

            def __reduce__(self) -> tuple[Any, ...]:
                return Path.touch, (trace,)

        torch.save({"conv1.weight": torch.zeros(1), "optimizer": {"lr": 0.1}}, harmless)
        torch.save({"conv1.weight": torch.zeros(1), "note": Intruder()}, stranger)
        kept = torch.load(harmless, weights_only=True)
        with suppress(UnpicklingError):
            torch.load(stranger, weights_only=True)
        ran_when_restricted = trace.exists()
        torch.load(stranger, weights_only=False)
        ran = trace.exists()
    return {
        "It is faster": "optimizer" not in kept,
        "The file is a pickle": ran and not ran_when_restricted,
    }


def bias_of_64() -> dict[str, bool]:
    bias: Any = nn.Conv2d(3, 64, 7).bias
    classifier: Any = build("resnet50").fc
    assert classifier.in_features == 2048
    trained = [name for name, _ in nn.BatchNorm2d(64).named_parameters()]
    return {
        "The classifier": classifier.in_features + 1 == 64,
        "The first convolution": bias.numel() == 64,
        "The first normalization": "running_mean" in trained,
    }


def ceil_of_d() -> dict[str, bool]:
    branch = conv_output_size(57, 3, 2, 1)
    down, up = (pool_output_size(57, 2, 2, ceil_mode=rounds_up) for rounds_up in (False, True))
    ones = torch.ones(1, 1, 57, 57)
    mean = F.avg_pool2d(ones, 2, 2, ceil_mode=True, count_include_pad=False)
    return {
        "So that the mean counts": not torch.equal(mean, torch.ones_like(mean)),
        "So that it agrees": up == branch == down + 1,
    }


def keras_total() -> dict[str, bool]:
    keras = next(
        entry for entry in library_names() if (entry.library, entry.name) == ("Keras", "ResNet50")
    )
    rows = cost("resnet50").rows
    ours = cost("resnet50").params
    # One mean and one variance for each gain and offset.
    statistics = sum(row.params for row in rows if row.kind == "BatchNorm2d")
    assert (ours, keras.bias_parameters, statistics) == (25_557_032, 26_560, 53_120)
    assert keras.parameters + statistics == 25_636_712
    return {
        "From biases": ours + keras.bias_parameters + statistics == 25_636_712,
        "From the stride": cost("resnet50_v1").params != ours,
    }
