"""Answers to "unread": positions of a map that v1 never reads."""

from typing import Any

import numpy as np

from resnet_lab.exercises.mistake import Mistake

RIGHT: dict[str, dict[str, Any]] = {
    "check_unread": {
        "squares": 57**2 - 29**2,
        "NumPy's": np.int64(2408),
        "in parts": 2 * 28 * 57 - 28**2,
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_unread": {
        "three quarters, rounded down": Mistake(57**2 * 3 // 4, "leaves 813 positions"),
        "as at 56": Mistake(56**2 - 28**2, "leaves 897 positions"),
        "read columns rounded down": Mistake(
            57**2 - 28**2, "28 columns of 28 positions that are read, the last of them column 54"),
        "those that are read": Mistake(29**2, "leaves 2,408 positions"),
        "in neither row nor column": Mistake(28**2, "leaves 2,465 positions"),
        "columns alone": Mistake(28, "leaves 3,221 positions"),
        "half": Mistake(57 * 28, "leaves 1,653 positions"),
        "none": Mistake(0, "0 of 3,249 positions: some are read, and some are not"),
        "not rounded": Mistake(57**2 * 0.75, "is an integer, got 2436.75"),
    },
}
