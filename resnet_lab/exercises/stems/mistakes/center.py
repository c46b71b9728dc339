"""Answers to "center"."""

from typing import Any

import torch

from resnet_lab.exercises.mistake import Mistake

RIGHT: dict[str, dict[str, Any]] = {
    "check_center": {"half of the kernel": 2, "a tensor": torch.tensor(2)},
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_center": {
        "none": Mistake(0, "center on column 2"),
        "of a 7x7": Mistake(3, "center on column -1"),
        "the whole kernel": Mistake(5, "center on column -3"),
        "a half column": Mistake(2.5, "an integer, got 2.5"),
        "negative": Mistake(-2, "cannot be negative; got -2"),
    },
}
