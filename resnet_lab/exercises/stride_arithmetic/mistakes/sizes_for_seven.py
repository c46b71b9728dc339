"""Answers to "sizes for seven": all sizes of an image that end in a map of 7 by 7."""

from typing import Any

import numpy as np

from resnet_lab.arithmetic import output_size
from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.stride_arithmetic.checks.sizes_for_seven import RESNET50

RIGHT: dict[str, dict[str, Any]] = {
    "check_sizes_for_seven": {
        "range": range(193, 225),
        "set": set(range(193, 225)),
        "array": np.arange(193, 225),
        "searched": [size for size in range(1, 400) if output_size(size, RESNET50) == 7],
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_sizes_for_seven": {
        "end left out": Mistake(range(193, 224), "wide than range(193, 224) holds"),
        "begins too early": Mistake(range(192, 225), "192 is among them, and its last map is 6"),
        "all sizes": Mistake(range(225), "0 is among them. An image has at least one column"),
        "below zero": Mistake(range(-32, 0), "-32 is among them. An image has"),
        "rounded down": Mistake(range(224, 256), "225 is among them, and its last map is 8"),
        "centered": Mistake(range(208, 240), "225 is among them, and its last map is 8"),
        "one size": Mistake([224], "wide than [224] holds"),
        "first and last": Mistake((193, 224), "wide than (193, 224) holds"),
        "empty": Mistake(range(0), "wide than range(0, 0) holds"),
        "a number": Mistake(224, "as a `range`, got 224"),
        "floats": Mistake([193.0, 224.0], "as a `range`, got [193.0, 224.0]"),
        "one size, as often as there are sizes": Mistake([224] * 32, "wide than [224, 224, 224,"),
    },
}
