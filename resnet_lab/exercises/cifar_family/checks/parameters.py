"""Checks for chapter 14, the CIFAR family; one more is in ``adapt_stem``."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from resnet_lab.arithmetic import conv_output_size, window_positions
from resnet_lab.exercises.checking import as_integer, attempt, exercise
from resnet_lab.models import ResNetSpec, cost, spec

DEPTHS = ((56, 2), (20, 2), (110, 2), (110, 3), (20, 3), (1001, 3), (1202, 2), (8, 2), (11, 3),
          (18, 2), (34, 3), (50, 2), (50, 3), (101, 2), (1001, 2), (1202, 3))
"""Depth of a network, and layers in each of its blocks."""

NS = (3, 1, 2, 5, 18, 200)

PLANS = ((16, (16, 32, 64)), (64, (64, 128, 256, 512)), (16, (32, 64, 128)), (16, (16, 16, 32)),
         (24, (24, 40)), (16, (16,)))
"""Channels out of the stem, and widths of the stages."""

WINDOWS = ((1, 3, 1, 1), (2, 3, 2, 1), (2, 3, 1, 1), (4, 3, 2, 1), (1, 1, 2, 0), (1, 7, 2, 3),
           (3, 7, 2, 3), (2, 5, 1, 2), (3, 5, 4, 2), (3, 3, 2, 0), (8, 3, 1, 1))
"""Columns, kernel, stride and padding; some leave taps on the padding."""


@exercise(
    "Two layers lie outside the blocks. How many are left?",
    "There are three stages, so one more block in each adds three times the layers of a block.",
    "Divide what is left by 3 * layers_in_block. What does the remainder tell?",
    right="Only some depths fit, and some fit both kinds of block.",
)
def check_blocks_per_stage(answer: Callable[[int, int], int]) -> str | None:
    """A function ``(depth, layers_in_block)``: blocks of each of three stages, 0 if none fits."""
    for depth, layers in DEPTHS:
        call = f"`blocks_per_stage({depth}, {layers})`"
        returned = attempt(answer, depth, layers)
        n = as_integer(returned)
        if n is None:
            return f"{call} returned {returned!r}. A number of blocks is an integer."
        fits = (depth - 2) % (3 * layers) == 0
        if n == 0 and fits:
            return f"{call} returned 0, but there is a network of {depth} layers of this kind."
        if n == 0:
            continue
        if (made := 3 * layers * n + 2) != depth:
            return (f"{call} returned {n}. Three stages of {n} blocks of {layers} layers, with the "
                    f"first convolution and the classifier, make {made} layers, not {depth}.")
    return None


@exercise(
    "Stage 1 is written out. In stages 2 and 3 one block is unlike the others: which?",
    "The first block of a stage reads the channels of the stage before it.",
    "So stage 2 is one block from 16 to 32 channels and n - 1 blocks from 32 to 32.",
    right="One formula for every n, up to ResNet-1202.",
)
def check_parameters(answer: Callable[[int], int]) -> str | None:
    """A function of ``n``: parameters of the network with n blocks in each stage, option A."""
    for n in NS:
        returned = attempt(answer, n)
        count = as_integer(returned)
        if count is None:
            return f"`parameters({n})` returned {returned!r}. A count is an integer."
        network = spec("resnet20", depths=(n, n, n))
        true = cost(network, 32).params
        if count != true:
            return (f"`parameters({n})` returned {count:,}. The layers of ResNet-{network.depth} "
                    f"hold {'fewer' if count > true else 'more'}.")
    return None


@exercise(
    "Which blocks can't add their input as it is? Only there B and A differ.",
    "The shape changes where the channels change, or where the map is halved. Every stage but the "
    "first begins with a halving.",
    "A projection is a 1x1 with c_in * C weights and no bias, and a normalization with a scale and "
    "a shift for each of its C channels.",
    right="Only blocks that change the shape count, so depth does not enter.",
)
def check_extra_of_b(answer: Callable[[int, tuple[int, ...]], int]) -> str | None:
    """A function ``(stem_width, widths)``: parameters that option B has beyond option A."""
    for stem_width, widths in PLANS:
        returned = attempt(answer, stem_width, widths)
        call = f"`extra_of_b({stem_width}, {widths})`"
        count = as_integer(returned)
        if count is None:
            return f"{call} returned {returned!r}. A number of parameters is an integer."
        true = extra_of_b(stem_width, widths)
        if count != true:
            return (f"{call} returned {count:,}. In a network with these widths the projections "
                    f"hold {'fewer' if count > true else 'more'} parameters.")
    return None


@exercise(
    "A tap reads the input where its column is neither left of the first nor right of the last.",
    "Columns are counted from 0, so those of the input are 0 to I - 1.",
    "Rows go like columns: a weight is used if its row and its column are.",
    right="The other weights meet padding only: whatever the image, they are multiplied by zero.",
)
def check_weights_used(answer: Callable[[int, int, int, int], int]) -> str | None:
    """A function ``(I, K, S, P)``: weights of a K by K kernel that ever read the input."""
    for window in WINDOWS:
        returned = attempt(answer, *window)
        columns, kernel, stride, padding = window
        call = f"`weights_used({', '.join(map(str, window))})`"
        count = as_integer(returned)
        if count is None:
            return f"{call} returned {returned!r}. A number of weights is an integer."
        if count != weights_used(*window):
            return (f"{call} returned {count} of {kernel**2}. On a map of {columns} by {columns} "
                    f"positions, a gradient reaches another number of the weights of a "
                    f"{kernel}x{kernel} with stride {stride} and padding {padding}.")
    return None


def extra_of_b(stem_width: int, widths: tuple[int, ...]) -> int:
    """Parameters of a network with option B, less those with option A."""
    def count(shortcut: str) -> int:
        network = ResNetSpec("plan", "basic", (2,) * len(widths), stem="3x3", shortcut=shortcut,
                             widths=widths, stem_width=stem_width)
        return cost(network, 32).params

    return count("B") - count("A")


@torch.enable_grad()
def weights_used(columns: int, kernel: int, stride: int, padding: int) -> int:
    """Weights of a kernel that a gradient reaches, where every number of the map is 1."""
    weight = torch.zeros(1, 1, kernel, kernel, requires_grad=True)
    F.conv2d(torch.ones(1, 1, columns, columns), weight, None, stride, padding).sum().backward()
    assert weight.grad is not None
    return int(weight.grad.count_nonzero())


def _blocks(depth: int, layers: int) -> int:
    n, rest = divmod(depth - 2, 3 * layers)
    return 0 if rest else n


def _block(c_in: int, out: int, norms: int = 4) -> int:
    return 9 * c_in * out + 9 * out * out + norms * out


def _parameters(n: int, *, norms: int = 4, head: int = 650, first: bool = True) -> int:
    """The right count, or one with another rule in it."""
    total = 9 * 3 * 16 + norms // 2 * 16 + n * _block(16, 16, norms) + head
    for c_in, out in ((16, 32), (32, 64)):
        first_block = _block(c_in if first else out, out, norms)
        total += first_block + (n - 1) * _block(out, out, norms)
    return total


def _by_taps(columns: int, kernel: int, stride: int, padding: int, last: int = 0) -> int:
    taps = {
        tap
        for output in range(conv_output_size(columns, kernel, stride, padding))
        for tap, column in enumerate(window_positions(output, kernel, stride, padding))
        if 0 <= column < columns + last
    }
    return len(taps)


def _pairs(stem_width: int, widths: tuple[int, ...]) -> list[tuple[int, int]]:
    return list(zip((stem_width, *widths), widths, strict=False))


def _projections(pairs: list[tuple[int, int]], norms: int = 2) -> int:
    return sum(c_in * out + norms * out for c_in, out in pairs)


RIGHT: dict[str, dict[str, Any]] = {
    "check_blocks_per_stage": {
        "divided": _blocks,
        "searched": lambda d, k: next((n for n in range(1, d) if 3 * k * n + 2 == d), 0),
    },
    "check_parameters": {
        "stage by stage": _parameters,
        "a line through two points": lambda n: 269_722 + (n - 3) * 97_216,
    },
    "check_extra_of_b": {
        "by the plan": lambda s, w: _projections(
            [(i, o) for k, (i, o) in enumerate(_pairs(s, w)) if k or i != o]),
        "by building": extra_of_b,
    },
    "check_weights_used": {
        "taps, squared": lambda *window: _by_taps(*window) ** 2,
        "by a gradient": weights_used,
    },
}

WRONG: dict[str, dict[str, Any]] = {
    "check_blocks_per_stage": {
        "the remainder dropped": lambda d, k: (d - 2) // (3 * k),
        "a float": lambda d, k: (d - 2) / (3 * k),
        "basic blocks always": lambda d, k: _blocks(d, 2),
        "bottlenecks always": lambda d, k: _blocks(d, 3),
        "the classifier alone": lambda d, k: 0 if (d - 1) % (3 * k) else (d - 1) // (3 * k),
        "four stages": lambda d, k: 0 if (d - 2) % (4 * k) else (d - 2) // (4 * k),
        "blocks of all stages": lambda d, k: 3 * _blocks(d, k),
        "layers of a stage": lambda d, k: k * _blocks(d, k),
        "never": lambda d, k: 0,
    },
    "check_parameters": {
        "every block alike": lambda n: _parameters(n, first=False),
        "no normalization": lambda n: _parameters(n, norms=0),
        "scales alone": lambda n: _parameters(n, norms=2),
        "running statistics too": lambda n: _parameters(n, norms=8),
        "no bias in the head": lambda n: _parameters(n, head=640),
        "with projections": lambda n: _parameters(n) + 2752,
        "first blocks beside the n": lambda n: _parameters(n) + _block(32, 32) + _block(64, 64),
        "without the first blocks": lambda n: _parameters(n) - _block(16, 32) - _block(32, 64),
        "ResNet-20 alone": lambda n: 269_722, "a float": lambda n: _parameters(n) * 1.0,
    },
    "check_extra_of_b": {
        "in every stage": lambda s, w: _projections(_pairs(s, w)),
        "never in stage 1": lambda s, w: _projections(_pairs(s, w)[1:]),
        "only where channels change": lambda s, w: _projections(
            [(i, o) for i, o in _pairs(s, w) if i != o]),
        "no normalization": lambda s, w: _projections(_pairs(s, w)[1:], norms=0),
        "a bias": lambda s, w: _projections(_pairs(s, w)[1:], norms=3),
        "a 3x3": lambda s, w: sum(9 * i * o + 2 * o for i, o in _pairs(s, w)[1:]),
        "always that of the paper's": lambda s, w: 2752,
        "a float": lambda s, w: extra_of_b(s, w) / 1,
    },
    "check_weights_used": {
        "taps of one axis": _by_taps,
        "all": lambda i, k, s, p: k * k,
        "padding counted on the right": lambda i, k, s, p: _by_taps(i, k, s, p, 1) ** 2,
        "as many as positions": lambda i, k, s, p: min(i, k) ** 2,
        "of the first output": lambda i, k, s, p: sum(
            0 <= column < i for column in window_positions(0, k, s, p)) ** 2,
        "the center": lambda i, k, s, p: 1, "a float": lambda *window: weights_used(*window) / 1,
    },
}
