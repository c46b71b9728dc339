"""Checks for chapter 4, stride arithmetic."""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np

from resnet_lab.arithmetic import (
    ReceptiveField,
    Window,
    dropped_columns,
    kernel_span,
    output_size,
    receptive_field,
    total_stride,
    window_positions,
)
from resnet_lab.exercises.checking import as_integer, as_integers, attempt, exercise
from resnet_lab.models import spec

Chain = Sequence[Window]

DILATED_INPUT = 64
DILATED = Window(kernel=3, stride=2, padding=2, dilation=4)

RESNET50 = spec("resnet50").path()
WIDTH = 7

FIELDS: dict[str, Chain] = {
    "one 3x3": [Window(3)],
    "a 3x3/2": [Window(3, 2)],
    "a 3x3/2, then a 3x3": [Window(3, 2), Window(3)],
    "a 3x3/2 with padding 1": [Window(3, 2, 1)],
    "the stem": RESNET50[:2],
    "a 3x3 with dilation 2": [Window(3, dilation=2)],
    "a dilated 5x5/3, twice": [Window(5, 3, 4, 2)] * 2,
    "ResNet-50": RESNET50,
}

LOSSES: dict[str, tuple[int, Chain]] = {
    "one 2x2/2 on 7 columns": (7, [Window(2, 2)]),
    "one 1x1/2 on 7 columns": (7, [Window(1, 2)]),
    "one 3x3/2 with padding 1 on 8 columns": (8, [Window(3, 2, 1)]),
    "patches": (227, [Window(4, 4)]),
    "pool without padding": (227, [Window(7, 2, 3), Window(3, 2)]),
    "1x1 first": (227, [Window(1, 2), Window(3, 2, 1)]),
    "a dilated 2x2/2, then a 3x3/3": (30, [Window(2, 2, 0, 3), Window(3, 3)]),
}


@exercise(
    "How many columns lie from the first tap of the dilated window to its last?",
    "Three taps in steps of D: the span is D(K - 1) + 1. Padding counts at both ends.",
    "Subtract the span from I + 2P, divide by S, round down, add the first window.",
    right="The span takes the place of the kernel; the rest of the formula stays.",
)
def check_dilated_size(answer: int) -> str | None:
    """Output columns of the dilated window on 64 columns."""
    outputs = as_integer(answer)
    if outputs is None:
        return f"A number of columns is an integer, got {answer!r}."
    if outputs < 1:
        return f"{outputs} outputs, but the window fits into the padded input at least once."
    kernel, stride, padding, dilation, _ = DILATED
    last = window_positions(outputs - 1, kernel, stride, padding, dilation)[-1]
    end = DILATED_INPUT + padding - 1
    if last > end:
        return f"The last of {outputs} windows reaches column {last}; the padding ends at {end}."
    if last + stride <= end:
        return f"After {outputs} windows another one still fits before column {end}."
    return None


@exercise(
    "Try stride 1 first: there the output must be as wide as the input.",
    "At stride 1, O = I + 2P - span + 1. For which P is that I?",
    "The span is D(K - 1) + 1. Half of what it has beyond one column goes to each end.",
    right="One padding serves every stride and every size.",
)
def check_padding_for_ceil(answer: Callable[[int, int], int]) -> str | None:
    """A function ``(K, D)`` that gives the padding under which O = ceil(I/S)."""
    for kernel, dilation in [(3, 1), (1, 1), (7, 1), (5, 1), (3, 2), (5, 3), (1, 4)]:
        returned = attempt(answer, kernel, dilation)
        padding = as_integer(returned)
        call = f"`{getattr(answer, '__name__', 'answer')}({kernel}, {dilation})`"
        if padding is None or padding < 0:
            return f"{call} returned {returned!r}. A padding is an integer, 0 or more."
        for size, stride in product((12, *range(1, 20)), (1, 2, 3)):
            outputs = max(0, (size + 2 * padding - kernel_span(kernel, dilation)) // stride + 1)
            if outputs != -(-size // stride):
                return (
                    f"{call} returned {padding}. Then {size} columns at stride {stride} "
                    f"become {outputs}; ceil({size}/{stride}) is another number."
                )
    return None


@exercise(
    "The last map has ceil(I/T) columns, with T the total stride of the network.",
    "ceil(I/T) = 7 says that I columns need seven groups of T, the last one possibly short.",
    "The smallest such I is one more than six full groups. `range` leaves its end out.",
    right="As many sizes as the total stride, and the usual one is the largest of them.",
)
def check_sizes_for_seven(answer: Sequence[int]) -> str | None:
    """All input sizes for which the last map of ResNet-50 is 7 wide."""
    sizes = as_integers(answer)
    if sizes is None:
        return f"Give all sizes as a `range`, got {answer!r}."
    for size in sorted(sizes):
        if (width := output_size(size, RESNET50)) != WIDTH:
            return f"{size} is among them, and its last map is {width} wide."
    if len(set(sizes)) < total_stride(RESNET50):
        return f"There are more sizes whose last map is {WIDTH} wide than {answer!r} holds."
    return None


@exercise(
    "Begin with one column of the input: size 1, jump 1, start 0. Then update layer by layer.",
    "A layer adds (span - 1) steps to the size and moves the start back by P steps. "
    "A step is the jump before this layer.",
    "Dilation enters through the span alone. Multiply the jump by S last.",
    right="Size, jump and start agree on every chain, ResNet-50 included.",
)
def check_receptive_field(answer: Callable[[Chain], tuple[int, int, int]]) -> str | None:
    """A function of a list of windows that returns size, jump and start."""
    for name, windows in FIELDS.items():
        observed = attempt(answer, windows)
        numbers = as_integers(observed)
        if numbers is None or len(numbers) != 3:
            return f"For {name} it returned {observed!r}. Return three integers: size, jump, start."
        expected = receptive_field(windows)
        for part, value, truth in zip(ReceptiveField._fields, numbers, expected, strict=True):
            if value != truth:
                return f"For {name}, the {part} came out as {value}. A count gives another one."
    return None


@exercise(
    "A column is lost if no output of the last layer depends on it, through any path.",
    "Go backward. All outputs of the last layer are needed; which columns of its input are then?",
    "Output n reads n * S - P + D * k for k from 0 to K - 1. Keep those inside the map, "
    "take them as the needed outputs of the layer before, and repeat.",
    right="Of the three chains, one loses its far edge, one every second column, one nothing.",
)
def check_lost_columns(answer: Callable[[int, Chain], int]) -> str | None:
    """A function ``(I, windows)``: how many input columns no output depends on."""
    for name, (size, windows) in LOSSES.items():
        observed = attempt(answer, size, windows)
        if as_integer(observed) != _lost(size, windows):
            return (f"For {name} it returned {observed!r}. Changing each column in turn "
                    "and looking at the outputs gives another count.")
    return None


def _lost(size: int, windows: Chain) -> int:
    """Columns that reach no output; forward, each position with the columns it depends on."""
    sees = [{column} for column in range(size)]
    for window in windows:
        kernel, stride, padding, dilation, _ = window
        reads = [
            window_positions(n, kernel, stride, padding, dilation)
            for n in range(output_size(len(sees), [window]))
        ]
        sees = [set().union(*(sees[p] for p in taps if 0 <= p < len(sees))) for taps in reads]
    return size - len(set().union(*sees))


def _field(
    windows: Chain, *, dilated: bool = True, jump_first: bool = False, sign: int = -1
) -> tuple[int, int, int]:
    size, jump, start = 1, 1, 0
    for kernel, stride, padding, dilation, _ in windows:
        step = jump * stride if jump_first else jump
        size += (kernel_span(kernel, dilation if dilated else 1) - 1) * step
        start += sign * padding * step
        jump *= stride
    return size, jump, start


def _per_layer(size: int, windows: Chain) -> int:
    lost = 0
    for window in windows:
        lost += dropped_columns(size, *window[:4]).input
        size = output_size(size, [window])
    return lost


RIGHT: dict[str, dict[str, Any]] = {
    "check_dilated_size": {
        "formula": (64 + 2 * 2 - (4 * (3 - 1) + 1)) // 2 + 1, "NumPy's": np.int64(30),
        "counted": len(range(-2, 64 + 2 - 8, 2)),
    },
    "check_padding_for_ceil": {
        "half the reach": lambda k, d: d * (k - 1) // 2,
        "half the kernel": lambda k, d: np.int64(d * (k // 2)),
    },
    "check_sizes_for_seven": {
        "range": range(193, 225), "set": set(range(193, 225)), "array": np.arange(193, 225),
        "searched": [size for size in range(1, 400) if output_size(size, RESNET50) == 7],
    },
    "check_receptive_field": {
        "recursion": _field, "library": receptive_field,
        "a list": lambda windows: list(_field(windows)), "array": lambda w: np.array(_field(w)),
    },
    "check_lost_columns": {
        "forward": _lost, "backward": lambda i, w: np.int64(i - len(_needed(i, w))),
    },
}

WRONG: dict[str, dict[str, Any]] = {
    "check_dilated_size": {
        "dilation forgotten": 33, "padding once": 29, "rounded up": 31, "not rounded": 30.5,
        "a float": 30.0, "nothing": 0, "text": "30", "a bool": True,
    },
    "check_padding_for_ceil": {
        "dilation forgotten": lambda k, d: (k - 1) // 2,
        "both ends together": lambda k, d: d * (k - 1),
        "half the kernel, rounded up": lambda k, d: d * (k + 1) // 2,
        "a float": lambda k, d: d * (k - 1) / 2,
        "none": lambda k, d: 0,
    },
    "check_sizes_for_seven": {
        "end left out": range(193, 224), "begins too early": range(192, 225),
        "rounded down": range(224, 256), "centered": range(208, 240), "one size": [224],
        "first and last": (193, 224), "empty": range(0), "a number": 224, "floats": [193.0, 224.0],
    },
    "check_receptive_field": {
        "dilation forgotten": lambda windows: _field(windows, dilated=False),
        "jump first": lambda windows: _field(windows, jump_first=True),
        "start forward": lambda windows: _field(windows, sign=1),
        "no start": lambda windows: _field(windows)[:2],
        "start always 0": lambda windows: _field(windows, sign=0),
        "size alone": lambda w: _field(w)[0], "floats": lambda w: [*map(float, _field(w))],
    },
    "check_lost_columns": {
        "remainder of the total stride": lambda i, w: i % total_stride(w),
        "drops of every layer added": _per_layer,
        "nothing is lost": lambda i, w: 0,
    },
}


def _needed(size: int, windows: Chain) -> set[int]:
    sizes = [output_size(size, windows[:layer]) for layer in range(len(windows) + 1)]
    needed = set(range(sizes[-1]))
    for width, window in zip(reversed(sizes[:-1]), reversed(windows), strict=True):
        reads = [window_positions(n, *window[:4]) for n in needed]
        needed = {p for taps in reads for p in taps if 0 <= p < width}
    return needed
