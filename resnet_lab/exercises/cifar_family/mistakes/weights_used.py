"""Answers to "weights used": weights of a kernel that ever read the input."""

from typing import Any

from resnet_lab.arithmetic import conv_output_size, window_positions
from resnet_lab.exercises.cifar_family.checks.weights_used import weights_used
from resnet_lab.exercises.mistake import Mistake


def _by_taps(columns: int, kernel: int, stride: int, padding: int, last: int = 0) -> int:
    taps = {
        tap
        for output in range(conv_output_size(columns, kernel, stride, padding))
        for tap, column in enumerate(window_positions(output, kernel, stride, padding))
        if 0 <= column < columns + last
    }
    return len(taps)


RIGHT: dict[str, dict[str, Any]] = {
    "check_weights_used": {
        "taps, squared": lambda *window: _by_taps(*window) ** 2,
        "by a gradient": weights_used,
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_weights_used": {
        "taps of one axis": Mistake(_by_taps, "(2, 3, 2, 1)` returned 2 of 9"),
        "all": Mistake(lambda i, k, s, p: k * k, "(1, 3, 1, 1)` returned 9 of 9"),
        "padding counted on the right": Mistake(
            lambda i, k, s, p: _by_taps(i, k, s, p, 1) ** 2, "(1, 3, 1, 1)` returned 4 of 9"),
        "as many as positions": Mistake(
            lambda i, k, s, p: min(i, k) ** 2, "(2, 3, 1, 1)` returned 4 of 9"),
        "of the first output": Mistake(
            lambda i, k, s, p: sum(0 <= column < i for column in window_positions(0, k, s, p)) ** 2,
            "(2, 3, 1, 1)` returned 4 of 9"),
        "the center": Mistake(lambda i, k, s, p: 1, "(2, 3, 2, 1)` returned 1 of 9"),
        "a float": Mistake(
            lambda *window: weights_used(*window) / 1, "(1, 3, 1, 1)` returned 1.0"),
    },
}
