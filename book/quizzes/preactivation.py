"""Proofs of the answers to the questions of chapter 13."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from resnet_lab import build, spec
from resnet_lab.arithmetic import output_size, total_stride


@torch.no_grad()
def never_cut() -> dict[str, bool]:
    network: Any = build("resnet110")
    is_open: list[torch.Tensor] = []
    for block in network.layer1:
        block.add.register_forward_hook(lambda add, given, maps: is_open.append(maps > 0))
    network(torch.randn(4, 3, 32, 32))
    assert len(is_open) == 18
    assert is_open[0].float().mean() < 2 / 3
    never = float(torch.stack(is_open).all(0).float().mean())
    return {
        "Almost none": never < 1 / 7,
        "About a fifth to a quarter": 1 / 7 < never < 1 / 3,
        "About two thirds": 1 / 3 < never < 1,
    }


def plain_gradient() -> dict[str, bool]:
    network: Any = build("plain110")
    network(torch.randn(4, 3, 32, 32)).logsumexp(1).sum().backward()
    first, last = network.layer1[0].conv1, network.layer3[-1].conv2
    ratio = float(first.weight.grad.norm() / last.weight.grad.norm())
    return {
        "Much smaller": ratio < 1 / 10,
        "About the same": 1 / 10 < ratio < 10,
        "Much larger": ratio > 1e5,
    }


def half_shortcut() -> dict[str, bool]:
    images = torch.randn(4, 3, 32, 32)

    def stem_gradient(factor: float) -> float:
        network: Any = build("resnetv2_110")
        for stage in (network.layer1, network.layer2, network.layer3):
            for block in stage:
                block.downsample.register_forward_hook(lambda part, given, maps: factor * maps)
        network(images).logsumexp(1).sum().backward()
        return float(network.conv1.weight.grad.norm())

    ratio = stem_gradient(1 / 2) / stem_gradient(1)
    return {
        "It vanishes": ratio < 1 / 10,
        "It stays": 1 / 10 < ratio < 10,
        "It becomes much larger": ratio > 1e3,
    }


def zero_gamma() -> dict[str, bool]:
    images, labels = torch.randn(8, 3, 16, 16), torch.arange(8)

    def largest_scale(name: str) -> float:
        network: Any = build(name)
        scales = [block.bn2.weight for block in network.layer1]
        for scale in scales:
            nn.init.zeros_(scale)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
        for _ in range(10):
            optimizer.zero_grad()
            F.cross_entropy(network(images), labels).backward()
            optimizer.step()
        return max(float(scale.detach().abs().max()) for scale in scales)

    v1, v2 = largest_scale("resnet20"), largest_scale("resnetv2_20")
    return {"As large as": v2 == v1, "Small, but no longer zero": v2 > 0, "Exactly zero": v2 == 0}


@torch.no_grad()
def branch_of_zeros_v2() -> dict[str, bool]:
    v1, v2 = (build(name).get_submodule("layer1.1") for name in ("resnet20", "resnetv2_20"))
    nn.init.zeros_(v1.get_parameter("bn2.weight"))
    nn.init.zeros_(v2.get_parameter("conv2.weight"))
    maps = torch.randn(2, 16, 8, 8)
    v1_passes, v2_passes = (torch.equal(block(maps), maps) for block in (v1, v2))
    v1_cuts, v2_cuts = (torch.equal(block(maps), maps.relu()) for block in (v1, v2))
    return {
        "Both their input": v1_passes and v2_passes,
        "v1 its input with zeros": v1_cuts and v2_passes,
        "v1 its input unchanged": v1_passes and v2_cuts,
    }


def pool_of_v2() -> dict[str, bool]:
    maps = -torch.rand(1, 4, 8, 8)

    def differs(maps: torch.Tensor) -> bool:
        port = F.max_pool2d(F.pad(maps, (1, 1, 1, 1)), 3, 2)
        return not torch.equal(F.max_pool2d(maps, 3, 2, 1), port)

    v1, v2 = differs(maps.relu()), differs(maps)
    return {"Nowhere": not v1 and not v2, "In v1 only": v1 and not v2, "In v2 only": v2 and not v1}


def ten_blocks() -> dict[str, bool]:
    term = 0.9**10
    blocks = len(spec("resnet110").blocks)
    assert blocks == 54
    assert 0 < 0.9**blocks < 0.01
    return {"0.9": term == 0.9, "About 0.35": round(term, 2) == 0.35, "0": term < 0.01}


def last_map_of_33() -> dict[str, bool]:
    path = spec("resnet110").path()
    columns = output_size(33, path)
    assert total_stride(path) == 4
    assert 33 // total_stride(path) == 8
    assert output_size(33, spec("resnet50").path()) == 2
    return {str(answer): columns == answer for answer in (8, 9, 2)}


@torch.no_grad()
def without_norm() -> dict[str, bool]:
    network, images = build("resnetv2_56"), torch.randn(8, 3, 32, 32)
    before = network(images)
    network.norm = nn.Identity()
    after = network(images)
    growth = float(after.std() / before.std())
    return {
        "Nothing": torch.allclose(after, before),
        "They are negative": bool((after < 0).all()),
        "They are too large": growth > 2,
    }
