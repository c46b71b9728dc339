"""Answers to "receptive field": size, jump and start of a chain of windows."""

from typing import Any

import numpy as np

from resnet_lab.arithmetic import kernel_span, receptive_field
from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.stride_arithmetic.checks.receptive_field import Chain


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


RIGHT: dict[str, dict[str, Any]] = {
    "check_receptive_field": {
        "recursion": _field,
        "library": receptive_field,
        "a list": lambda windows: list(_field(windows)),
        "array": lambda w: np.array(_field(w)),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_receptive_field": {
        "dilation forgotten": Mistake(
            lambda windows: _field(windows, dilated=False),
            "For a 3x3 with dilation 2, the size came out as 3",
        ),
        "jump first": Mistake(
            lambda windows: _field(windows, jump_first=True), "For a 3x3/2, the size came out as 5"
        ),
        "start forward": Mistake(
            lambda windows: _field(windows, sign=1), "the start came out as 1"
        ),
        "no start": Mistake(lambda windows: _field(windows)[:2], "For one 3x3 it returned (3, 1)"),
        "start always 0": Mistake(
            lambda windows: _field(windows, sign=0), "the start came out as 0"
        ),
        "size alone": Mistake(lambda w: _field(w)[0], "For one 3x3 it returned 3."),
        "floats": Mistake(lambda w: [*map(float, _field(w))], "it returned [3.0, 1.0, 0.0]"),
    },
}
