"""Proofs of the answers to the questions of chapter 3."""

from collections.abc import Callable

import torch
from torch import nn

import resnet_lab
from resnet_lab import build, spec
from resnet_lab.arithmetic import conv_output_size, output_size, pool_output_size
from resnet_lab.models import CostRow


@torch.no_grad()
def large_bias() -> dict[str, bool]:
    maps = torch.randn(2, 4, 8, 8)
    apart = float((nn.BatchNorm2d(4)(maps + 100) - nn.BatchNorm2d(4)(maps)).abs().max())
    return {
        "About 100": apart > 50,
        "Apart, but less": 1e-3 <= apart <= 50,
        "Not apart": apart < 1e-3,
    }


def conv1_share() -> dict[str, bool]:
    rows = [row for row in resnet_lab.cost("resnet50").rows if row.kind in ("Conv2d", "Linear")]

    def share(count: Callable[[CostRow], int]) -> float:
        return count(rows[0]) / sum(map(count, rows))

    assert rows[0].name == "conv1"
    assert share(lambda row: row.params) < 1 / 1000
    assert round(100 * share(lambda row: row.macs)) == 3
    activations = share(lambda row: row.elements)
    return {
        "Less than a thousandth": activations < 1 / 1000,
        "About 3 in 100": round(100 * activations) == 3,
        "More than either": activations > 2 * 3 / 100,
    }


def which_stage() -> dict[str, bool]:
    pools = [pool_output_size(112, 3, 2, padding) for padding in (1, 0)]
    first = [conv_output_size(size, 3, 1, 1) for size in pools]
    second = [conv_output_size(size, 3, 2, 1) for size in first]
    changed = [sizes[0] != sizes[1] for sizes in (pools, first, second)]
    return {
        "All of them": changed == [True, True, True],
        "The pool and stage 1": changed == [True, True, False],
        "The pool only": changed == [True, False, False],
        "None": changed == [False, False, False],
    }


def size_without_pool_padding() -> dict[str, bool]:
    columns = nn.MaxPool2d(3, 2)(torch.zeros(1, 1, 112, 112)).shape[-1]
    assert pool_output_size(112, 3, 2, padding=1) == 56
    conv, pool = spec("resnet50").path()[:2]
    left = output_size(224, [conv]) - pool.kernel
    assert (left, left // pool.stride) == (109, 54)
    return {str(answer): columns == answer for answer in (56, 55, 54)}


def deeper_can_do_as_well() -> dict[str, bool]:
    maps = torch.rand(1, 4, 8, 8)
    copying = nn.init.dirac_(torch.empty(4, 4, 3, 3))
    passed = nn.functional.conv2d(maps, copying, padding=1)
    return {
        "Yes": torch.equal(passed.relu(), maps),
        "No, a convolution": not torch.equal(passed, maps),
        "No, the ReLU": not torch.equal(maps.relu(), maps),
    }


def stem_saves() -> dict[str, bool]:
    after_conv = conv_output_size(224, 7, 2, 3)
    after_pool = pool_output_size(after_conv, 3, 2, 1)
    halvings = ((224, after_conv), (after_conv, after_pool))
    params = [resnet_lab.cost("resnet50", size).params for size in (224, 448)]
    maps = build("resnet50").conv1(torch.randn(1, 3, 8, 8))
    return {
        "So that everything after it": all(old**2 == 4 * new**2 for old, new in halvings),
        "So that the network has fewer parameters": params[0] != params[1],
        "So that negative values": bool((maps >= 0).all()),
    }


@torch.no_grad()
def what_shows_a_bias() -> dict[str, bool]:
    original, port = nn.Conv2d(3, 64, 7, bias=False), nn.Conv2d(3, 64, 7)
    port.weight.copy_(original.weight)
    images = torch.randn(2, 3, 16, 16)
    maps, ported = original(images), port(images)
    counts = [sum(p.numel() for p in conv.parameters()) for conv in (port, original)]
    return {
        "Comparing the shape": maps.shape != ported.shape,
        "Counting parameters": counts[0] - counts[1] == 64,
        "Comparing the first training loss": not torch.allclose(
            nn.BatchNorm2d(64)(maps), nn.BatchNorm2d(64)(ported), atol=1e-3
        ),
    }


def branch_of_zeros() -> dict[str, bool]:
    maps = torch.rand(2, 4)
    output = (torch.zeros_like(maps) + maps).relu()
    return {
        "Zeros": not output.any(),
        "Its input, unchanged": torch.equal(output, maps),
        "Something random": not torch.equal(output, maps),
    }
