"""Answers to "center"."""

from typing import Any

import numpy as np
import torch

from resnet_lab.exercises.mistake import Mistake

RIGHT: dict[str, dict[str, Any]] = {
    "check_center": {"half of the kernel": 4, "a tensor": torch.tensor(4)},
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_center": {
        "none": Mistake(0, "center on column 4"),
        "the stride": Mistake(2, "center on column 2"),
        "of a 7x7": Mistake(3, "center on column 1"),
        "the whole kernel": Mistake(9, "center on column -5"),
        "a half column": Mistake(4.5, "an integer, got 4.5"),
        "a number of NumPy's": Mistake(np.float64(4.5), f"an integer, got {np.float64(4.5)!r}"),
        "negative": Mistake(-4, "cannot be negative; got -4"),
    },
}
