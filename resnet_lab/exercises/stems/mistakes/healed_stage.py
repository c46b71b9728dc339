"""Answers to "healed stage"."""

from typing import Any

import numpy as np

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.stems.checks.healed_stage import HALVING, stage_columns


def _healed(size: int) -> int:
    equal = [stage for stage, pair in stage_columns(size).items() if len(set(pair)) == 1]
    return min(equal, default=0)


def _by_parity(size: int) -> int:
    columns = -(-size // 4)
    for stage in HALVING:
        if columns % 2 == 0:
            return stage
        columns = (columns + 1) // 2
    return 0


RIGHT: dict[str, dict[str, Any]] = {
    "check_healed_stage": {
        "from the sizes": _healed,
        "by parity": _by_parity,
        "an array": lambda size: np.int64(_healed(size)),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_healed_stage": {
        "always as at 224": Mistake(
            lambda size: 2, "225 pixels it returned 2. Stage 2 has 29 columns with the padding"
        ),
        "never": Mistake(
            lambda size: 0,
            "For 224 pixels it returned 0. Stage 4 has 7 columns with the padding and 7",
        ),
        "the last map alone": Mistake(
            lambda size: 4 if _healed(size) else 0,
            "returned 4, but the stage before it has 14 columns in both",
        ),
        "parity of the image": Mistake(
            lambda size: 0 if size % 2 else 2, "For 34 pixels it returned 2. Stage 2 has 5 columns"
        ),
        "the stage that is even": Mistake(
            lambda size: max(0, _healed(size) - 1), "For 224 pixels it returned 1. Return 2, 3 or 4"
        ),
        "the stage after": Mistake(
            lambda size: _healed(size) and _healed(size) + 1,
            "returned 3, but the stage before it has 28 columns in both",
        ),
        "rounded down": Mistake(
            lambda size: 2 if size // 4 % 2 == 0 else 3,
            "225 pixels it returned 2. Stage 2 has 29 columns with the padding",
        ),
        "a name": Mistake(
            lambda size: f"layer{_healed(size)}", "For 224 pixels it returned 'layer2'"
        ),
        "whether": Mistake(lambda size: _healed(size) > 0, "For 224 pixels it returned True"),
    },
}
