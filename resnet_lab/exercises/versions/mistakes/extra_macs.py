"""Answers to "extra MACs": what the moved stride costs a block."""

from typing import Any

import numpy as np

from resnet_lab.exercises.mistake import Mistake

RIGHT: dict[str, dict[str, Any]] = {
    "check_extra_macs": {
        "rounded up": lambda i, w, n: i * w * (n**2 - ((n + 1) // 2) ** 2),
        "by slices": lambda i, w, n: np.int64(i * w * (n**2 - len(range(0, n, 2)) ** 2)),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_extra_macs": {
        "all positions": Mistake(lambda i, w, n: i * w * n**2, "be 3,136 more positions"),
        "those of v1": Mistake(
            lambda i, w, n: i * w * ((n + 1) // 2) ** 2, "be 784 more positions"),
        "half": Mistake(lambda i, w, n: i * w * (n - (n + 1) // 2), "be 28 more positions"),
        "rounded down": Mistake(
            lambda i, w, n: i * w * (n**2 - (n // 2) ** 2),
            "(256, 128, 57)` returned 80,773,120. The first 1x1 has 32,768 weights, so that "
            "would be 2,465 more positions"),
        "three quarters": Mistake(
            lambda i, w, n: i * w * (3 * n**2 // 4),
            "(256, 128, 57)` returned 79,822,848. The first 1x1 has 32,768 weights, so that "
            "would be 2,436 more positions"),
        "a float": Mistake(lambda i, w, n: i * w * n**2 * 0.75, "returned 77070336.0"),
        "the 3x3": Mistake(
            lambda i, w, n: 9 * w * w * (n**2 - ((n + 1) // 2) ** 2), "be 10,584 more positions"),
        "FLOPs": Mistake(
            lambda i, w, n: 2 * i * w * (n**2 - ((n + 1) // 2) ** 2), "be 4,704 more positions"),
    },
}
