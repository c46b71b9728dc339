"""Proofs of the answers to the questions of chapter 1."""

from copy import deepcopy
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

import resnet_lab
from resnet_lab import build, records


class Errors(NamedTuple):
    """In percent of the training images and of the test images."""

    train: float
    test: float


def which_error() -> dict[str, bool]:
    runs = records.runs("degradation", "small")
    plain20, plain56 = runs.final("plain20").mean, runs.final("plain56").mean
    assert plain20 < 6
    assert plain56 > 50
    return {
        "Lower": plain56 < plain20,
        "A little higher": plain20 <= plain56 < 2 * plain20,
        "More than ten times": plain56 > 10 * plain20,
    }


def training_error() -> dict[str, bool]:
    plain56 = records.runs("degradation", "small").records["plain56"]
    errors = [Errors(run.final("train_error"), run.final("test_error")) for run in plain56]
    return {
        "Close to zero": any(error.train < 20 for error in errors),
        "About half": any(error.train < 0.6 * error.test for error in errors),
        "About as high": all(abs(error.train - error.test) < 15 for error in errors),
    }


def stem_gradient() -> dict[str, bool]:
    images, labels = torch.randn(64, 3, 8, 8), torch.arange(64) % 10

    def gradient(name: str) -> float:
        network: Any = build(name)
        F.cross_entropy(network(images), labels).backward()
        return float(network.conv1.weight.grad.norm())

    ratio = gradient("plain56") / gradient("plain20")
    return {
        "Much smaller": ratio < 1 / 2,
        "About as large": 1 / 2 < ratio < 2,
        "More than fifty": ratio > 50,
    }


def first_step() -> dict[str, bool]:
    found = records.runs("first-step", "small")
    as_is, clipped, shallow = (
        found.final(name, "train_error").values
        for name in ("plain56", "plain56-clipped", "plain20-clipped")
    )
    return {
        "Nothing": not max(clipped) < min(as_is),
        "It falls": max(clipped) < min(as_is) and min(clipped) > 10 * max(*shallow, 1),
        "It ends as low": max(clipped) < 2 * max(*shallow, 1),
    }


def which_of_two() -> dict[str, bool]:
    shallow, deep = Errors(4, 9), Errors(7, 12)
    assert deep.test - deep.train == shallow.test - shallow.train
    return {
        "Overfitting": deep.train <= shallow.train and deep.test > shallow.test,
        "Degradation": deep.train > shallow.train,
        "Neither": deep.train <= shallow.train,
    }


def thousand_layers() -> dict[str, bool]:
    table = records.paper("he2015", 6)
    shallow, deep = (table.value(name, "error") for name in ("ResNet-110", "ResNet-1202"))
    assert (shallow, deep) == (6.43, 7.93)
    hardly = 0.1  # in percent: both training errors lie between zero and this
    return {
        "Degradation": deep - shallow <= hardly,  # training errors can explain the difference
        "Overfitting": deep - hardly > shallow,  # the gap is wider, whatever they are
        "Vanishing gradients": hardly > shallow,  # even training images are not learned
    }


@torch.no_grad()
def what_it_shows() -> dict[str, bool]:
    conv, norm = nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4).eval()
    nn.init.dirac_(conv.weight)
    maps = torch.rand(2, 4, 5, 5)
    same = torch.allclose(norm(conv(maps)).relu(), maps, atol=1e-3)
    return {
        "That the deeper network can compute": same,
        "That the new blocks are needed": not same,
    }


@torch.no_grad()
def second_relu() -> dict[str, bool]:
    network: Any = build("resnet20").eval()
    images = torch.randn(4, 3, 32, 32)
    nn.init.ones_(network.bn1.bias)  # training moves it away from zero
    block = deepcopy(network.layer1[-1])
    nn.init.zeros_(block.bn2.weight)  # what is left is the shortcut and the ReLU

    def changes(place: str) -> bool:
        other = deepcopy(network)
        part = other.get_submodule(place)
        part.register_forward_hook(lambda module, given, maps: block(maps))
        return not torch.equal(other(images), network(images))

    return {
        "At the end of a stage": changes("layer1"),
        "Between the stem's convolution": changes("conv1"),
        "Right after the stem": changes("relu"),
    }


@torch.no_grad()
def twins_rule_out() -> dict[str, bool]:
    torch.manual_seed(1)
    residual = build("resnet56").eval()
    torch.manual_seed(1)
    plain = build("plain56").eval()
    pairs = zip(residual.parameters(), plain.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    images = torch.randn(2, 3, 8, 8)
    counts = [resnet_lab.cost(name, 32).params for name in ("resnet56", "plain56")]
    return {
        "The residual network has more": counts[0] == counts[1],
        "The sums make": torch.allclose(residual(images), plain(images)),
    }
