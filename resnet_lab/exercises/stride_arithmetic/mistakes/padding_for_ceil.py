"""Answers to "padding for ceil": the padding under which a stride divides, rounded up."""

from typing import Any

import numpy as np

from resnet_lab.exercises.mistake import Mistake

RIGHT: dict[str, dict[str, Any]] = {
    "check_padding_for_ceil": {
        "half the reach": lambda k, d: d * (k - 1) // 2,
        "half the kernel": lambda k, d: np.int64(d * (k // 2)),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_padding_for_ceil": {
        "dilation forgotten": Mistake(
            lambda k, d: (k - 1) // 2, "(3, 2)` returned 1. Then 12 columns at stride 1 become 10"
        ),
        "both ends together": Mistake(
            lambda k, d: d * (k - 1), "(3, 1)` returned 2. Then 12 columns at stride 1 become 14"
        ),
        "half the kernel, rounded up": Mistake(
            lambda k, d: d * (k + 1) // 2,
            "(3, 1)` returned 2. Then 12 columns at stride 1 become 14",
        ),
        "a float": Mistake(lambda k, d: d * (k - 1) / 2, "returned 1.0. A padding is an integer"),
        "none": Mistake(
            lambda k, d: 0, "(3, 1)` returned 0. Then 12 columns at stride 1 become 10"
        ),
        "negative": Mistake(
            lambda k, d: -(d * (k - 1) // 2), "returned -1. A padding is 0 or more"
        ),
    },
}
