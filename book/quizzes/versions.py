"""Proofs of the answers to the questions of chapter 12."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from resnet_lab import build, cost, spec
from resnet_lab.arithmetic import (
    Window,
    conv_output_size,
    output_size,
    pool_output_size,
    receptive_field,
    unread_positions,
    window_positions,
)
from resnet_lab.models import ResNet
from resnet_lab.models.plan import BlockPlan

LETTERS = {
    "v1": "resnet50_v1", "v1.5": "resnet50", "C": "resnet50c", "D": "resnet50d", "S": "resnet50s",
}  # fmt: skip


def _differing(name: str) -> list[BlockPlan]:
    """Blocks of v1.5 that are not as in v1."""
    pairs = zip(spec(name, version="v1").blocks, spec(name).blocks, strict=True)
    return [v15 for v1, v15 in pairs if v1 != v15]


def first_difference() -> dict[str, bool]:
    blocks = _differing("resnet50")
    assert all(block.stride == 1 for block in spec("resnet50").blocks if block.stage == 1)
    assert blocks[0].index == 0
    return {
        "In the stem": spec("resnet50", version="v1").stem != spec("resnet50").stem,
        "In stage 1": blocks[0].stage == 1,
        "In stage 2": blocks[0].stage == 2,
        "Only in the logits": not blocks,
    }


def a_quarter() -> dict[str, bool]:
    skipped = unread_positions(56, 1, 2)
    assert skipped[0] == 1
    share = (56 - len(skipped)) ** 2 / 56**2
    return {
        "All of them": share == 1,
        "Half of them": share == 1 / 2,
        "A quarter of them": share == 1 / 4,
        "Half of them, a quarter": share == 1 / 2,
    }


def deep_stem_macs() -> dict[str, bool]:
    def stem(name: str) -> list[int]:
        return [row.macs for row in cost(spec("resnet50", stem=name)).parts[0].rows if row.macs]

    (old,), new = stem("7x7"), stem("deep")
    assert 0.9 < new[1] / old < 1.1
    assert 1.8 < new[-1] / old < 2.2
    weights = [window.kernel**2 for window in spec("resnet50", stem="deep").path()[:3]]
    assert sum(weights) < spec("resnet50").path()[0].kernel ** 2
    ratio = sum(new) / old
    return {
        "About a fifth": ratio < 1 / 4,
        "About half": 1 / 4 < ratio < 3 / 4,
        "They stay about the same": 3 / 4 < ratio < 4 / 3,
        "There are about three times": 2.9 < ratio < 3.1,
    }


def d_counts() -> dict[str, bool]:
    c, d = cost("resnet50c"), cost("resnet50d")
    assert set(window_positions(5, 2, 2)) <= set(window_positions(5, 3, 2, 1))
    same_macs, same_field = c.macs == d.macs, c.receptive_field == d.receptive_field
    same_others = (c.params, c.activations) == (d.params, d.activations)
    return {
        "The MACs": not same_macs,
        "The receptive field": not same_field,
        "None of them": same_macs and same_field and same_others,
    }


@torch.no_grad()
def silent_pair() -> dict[str, bool]:
    def network(letter: str) -> ResNet:
        return build(LETTERS[letter], widths=(8, 16, 24, 32)).eval()

    def silent(written: str, read: str) -> bool:
        """Whether a file loads, and the network then computes something else."""
        writer, reader = network(written), network(read)
        try:
            reader.load_state_dict(writer.state_dict(), strict=True)
        except RuntimeError:
            return False
        return not torch.allclose(writer(images), reader(images), rtol=0.1)

    images = torch.randn(2, 3, 64, 64)
    assert list(network("C").state_dict()) == list(network("S").state_dict())
    return {
        "A file of C in a network of D": silent("C", "D"),
        "A file of v1 in": silent("v1", "v1.5"),
        "A file of v1.5 in": silent("v1.5", "C"),
        "A file of C in a network of S": silent("C", "S"),
    }


def conv1_reads_colors() -> dict[str, bool]:
    def macs(channels: int = 3, stride: int = 2, bias: bool = False) -> int:
        conv = nn.Conv2d(channels, 64, 7, stride, bias=bias)
        with FlopCounterMode(display=False) as counter:
            maps = conv(torch.zeros(1, channels, 32, 32))
        return int(counter.get_total_flops()) // 2 // maps.numel()

    return {
        "It has stride 2": macs(stride=1) > macs(),
        "It has no bias": macs(bias=True) > macs(),
        "It reads only 3 channels": macs() == 7 * 7 * 3 < macs(channels=64),
    }


def rounding_down() -> dict[str, bool]:
    def halved(size: int) -> list[int]:
        return [output_size(size, [Window(7, 2, 3), *[Window(3, 2, 1)] * n]) for n in (1, 2, 3)]

    def runs(size: int) -> bool:
        return all(pool_output_size(n, 2, 2) == conv_output_size(n, 3, 2, 1) for n in halved(size))

    assert (pool_output_size(57, 2, 2), conv_output_size(57, 3, 2, 1)) == (28, 29)
    assert halved(225)[0] == 57
    assert halved(240) == [60, 30, 15]
    assert halved(256) == [64, 32, 16]
    return {f"{size} pixels": runs(size) for size in (225, 240, 256)}


def why_v1_sees_further() -> dict[str, bool]:
    def field(*path: Window) -> int:
        return receptive_field(path).size

    v1, v15 = field(Window(1, 2), Window(3, 1, 1)), field(Window(1), Window(3, 2, 1))
    paths = [spec("resnet50", version=version).path() for version in ("v1", "v1.5")]
    return {
        "Its 3x3 comes after": v1 > v15,
        "Its 1x1 reads further": field(Window(1, 2)) > field(Window(1)),
        "It has more layers": len(paths[0]) > len(paths[1]),
    }


def same_for_all_depths() -> dict[str, bool]:
    names = ("resnet50", "resnet101", "resnet152")
    differences = {cost(name).macs - cost(spec(name, version="v1")).macs for name in names}
    assert len(differences) == 1
    shapes = [[(b.in_channels, b.width, b.stage) for b in _differing(name)] for name in names]
    weights = {
        sum(row.params for row in cost(name).rows
            if row.name.startswith("layer") and row.name.endswith(("conv1", "conv3")))
        for name in names
    }
    assert [block.stage for block in spec("resnet50").blocks if block.stride > 1] == [2, 3, 4]
    return {
        "All three have the same striding": shapes[0] == shapes[1] == shapes[2],
        "All three have the same number": len(weights) == 1,
    }
