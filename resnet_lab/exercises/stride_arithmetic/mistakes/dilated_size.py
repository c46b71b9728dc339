"""Answers to "dilated size": how often a dilated window fits."""

from typing import Any

import numpy as np

from resnet_lab.exercises.mistake import Mistake

RIGHT: dict[str, dict[str, Any]] = {
    "check_dilated_size": {
        "formula": (64 + 2 * 2 - (4 * (3 - 1) + 1)) // 2 + 1,
        "NumPy's": np.int64(30),
        "counted": len(range(-2, 64 + 2 - 8, 2)),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_dilated_size": {
        "dilation forgotten": Mistake(33, "The last of 33 windows reaches column 70"),
        "padding once": Mistake(29, "After 29 windows another one still fits"),
        "rounded up": Mistake(31, "The last of 31 windows reaches column 66"),
        "not rounded": Mistake(30.5, "an integer, got 30.5"),
        "a float": Mistake(30.0, "an integer, got 30.0"),
        "nothing": Mistake(0, "0 outputs, but the window fits"),
        "text": Mistake("30", "an integer, got '30'"),
        "a bool": Mistake(True, "an integer, got True"),
    },
}
