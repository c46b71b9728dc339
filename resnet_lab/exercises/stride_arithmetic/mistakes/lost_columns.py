"""Answers to "lost columns": input that no output of a chain depends on."""

from typing import Any

import numpy as np

from resnet_lab.arithmetic import dropped_columns, output_size, total_stride, window_positions
from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.stride_arithmetic.checks.lost_columns import Chain, lost_columns


def _per_layer(size: int, windows: Chain) -> int:
    lost = 0
    for window in windows:
        lost += dropped_columns(size, *window[:4]).input
        size = output_size(size, [window])
    return lost


def _needed(size: int, windows: Chain) -> set[int]:
    sizes = [output_size(size, windows[:layer]) for layer in range(len(windows) + 1)]
    needed = set(range(sizes[-1]))
    for width, window in zip(reversed(sizes[:-1]), reversed(windows), strict=True):
        reads = [window_positions(n, *window[:4]) for n in needed]
        needed = {p for taps in reads for p in taps if 0 <= p < width}
    return needed


RIGHT: dict[str, dict[str, Any]] = {
    "check_lost_columns": {
        "forward": lost_columns,
        "backward": lambda i, w: np.int64(i - len(_needed(i, w))),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_lost_columns": {
        "remainder of the total stride": Mistake(
            lambda i, w: i % total_stride(w), "For one 1x1/2 on 7 columns it returned 1"
        ),
        "drops of every layer added": Mistake(
            _per_layer, "For one 1x1/2 on 7 columns it returned 0"
        ),
        "nothing is lost": Mistake(lambda i, w: 0, "For one 2x2/2 on 7 columns it returned 0"),
        "a float": Mistake(
            lambda i, w: float(lost_columns(i, w)),
            "returned 1.0. A number of columns is an integer",
        ),
    },
}
