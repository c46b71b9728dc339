"""Proofs of the answers to the questions of chapter 4."""

import torch
from torch import nn

from resnet_lab import spec
from resnet_lab.arithmetic import (
    Window,
    conv_output_size,
    output_size,
    pool_output_size,
    receptive_field,
    total_stride,
)

HALVING = Window(3, 2, 1)


def next_column() -> dict[str, bool]:
    path = spec("resnet50").path()
    assert output_size(225, path) == output_size(241, path) == output_size(256, path) == 8
    assert total_stride(path) == 32
    assert 256 % total_stride(path) == 0
    grown = next(size for size in range(226, 512) if output_size(size, path) > 8)
    return {str(answer): grown == answer for answer in (226, 241, 256, 257)}


def pool_at_225() -> dict[str, bool]:
    maps = [Window(7, 2, 3), Window(3, 2)]
    assert output_size(225, maps) == 56
    assert output_size(225, [Window(7, 2, 3), HALVING]) == 57
    assert [output_size(225, maps + [HALVING] * more) for more in (1, 2, 3)] == [28, 14, 7]
    assert output_size(225, [Window(7, 2, 3), *[HALVING] * 4]) == 8
    columns = output_size(225, maps + [HALVING] * 3)
    return {str(answer): columns == answer for answer in (8, 7, 6)}


def stride_moves() -> dict[str, bool]:
    v1, v15 = (receptive_field(spec("resnet50", version=v).path()).size for v in ("v1", "v1.5"))
    return {"v1": v1 > v15, "v1.5": v15 > v1, "Both see the same": v1 == v15}


def floor_and_ceil() -> dict[str, bool]:
    sizes = [pool_output_size(112, 3, 2, ceil_mode=up) for up in (False, True)]
    assert pool_output_size(112, 3, 2, padding=1) == 56
    conv, pool = spec("resnet50").path()[:2]
    left = output_size(224, [conv]) - pool.kernel
    assert left == 109
    assert left % pool.stride == 1
    return {
        "55 in torch, 56 rounded up": sizes == [55, 56],
        "56 in both": sizes == [56, 56],
        "55 in both": sizes == [55, 55],
    }


def bias_before_norm() -> dict[str, bool]:
    maps = torch.arange(64.0).reshape(4, 2, 2, 4)
    shapes = [nn.Conv2d(2, 2, 1, bias=bias)(maps).shape for bias in (False, True)]
    return {
        "A bias would change the size": shapes[0] != shapes[1],
        "Batch normalization subtracts": torch.allclose(
            nn.BatchNorm2d(2)(maps), nn.BatchNorm2d(2)(maps + 3), atol=1e-4
        ),
    }


def two_layers() -> dict[str, bool]:
    second = Window(3)
    first = receptive_field([Window(3, 2)])
    field = receptive_field([Window(3, 2), second]).size
    assert receptive_field([Window(3), second]).size == 5
    assert (first.size, first.jump) == (3, 2)
    assert field - first.size == (second.kernel - 1) * first.jump == 2 * 2
    return {str(answer): field == answer for answer in (5, 7, 9)}


def pool_heals() -> dict[str, bool]:
    ours, usual = 55, 56
    healed = None
    for stage in (2, 3, 4):
        ours, usual = (output_size(size, [HALVING]) for size in (ours, usual))
        if ours == usual and healed is None:
            healed = stage
    assert conv_output_size(55, 3, 2, 1) == conv_output_size(56, 3, 2, 1) == 28
    return {"In stage 4": healed == 4, "In stage 2": healed == 2, "Nowhere": healed is None}


def last_map_500() -> dict[str, bool]:
    path = spec("resnet50").path()
    columns = output_size(500, path)
    assert total_stride(path) == 32
    assert 500 // total_stride(path) == 15
    assert conv_output_size(500, 7, 2, 3) == 250
    return {str(answer): columns == answer for answer in (15, 16, 250)}
