"""Answers to "learning rates": a warm-up that an error ends, and drops."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from resnet_lab.exercises.mistake import Mistake


def _rates(
    errors: Sequence[float], drops: Sequence[int], late: int = 0, most: float = 80,
    again: bool = False, from_warmup: bool = False, factor: float = 0.1, warm: float = 0.01,
    least: float = 0.0, lower: bool = False,
) -> list[float]:  # fmt: skip
    """Rates by a loop of its own, with the mistakes that the table below asks for."""
    rates, warming, ended = [], True, 0
    for step, error in enumerate(errors):
        passed = sum(step >= drop + late + (ended if from_warmup else 0) for drop in drops)
        rate = max(least, 0.1 * factor**passed)
        rates.append(min(warm, rate) if warming and lower else warm if warming else rate)
        if again or warming:
            warming, ended = error >= most, step + 1
    return rates


RIGHT: dict[str, dict[str, Any]] = {
    "check_learning_rates": {
        "a loop": _rates,
        "NumPy's": lambda errors, drops: np.array(_rates(errors, drops)),
        "first low error": lambda errors, drops: [
            0.01
            if min((*errors[:step], 100)) >= 80
            else 0.1 / 10 ** len([drop for drop in drops if drop <= step])
            for step in range(len(errors))
        ],
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_learning_rates": {
        "a drop one step late": Mistake(
            lambda e, d: _rates(e, d, late=1), "drops (3, 6), step 3 has the rate 0.1."
        ),
        "a drop one step early": Mistake(
            lambda e, d: _rates(e, d, late=-1), "drops (3, 6), step 2 has the rate 0.01."
        ),
        "80 counts as low": Mistake(
            lambda e, d: _rates(e, d, most=80.5), "An error of 80 % is not below 80 %."
        ),
        "a share in place of percent": Mistake(
            lambda e, d: _rates(e, d, most=0.8), "drops (100,), step 1 has the rate 0.01."
        ),
        "the warm-up comes back": Mistake(
            lambda e, d: _rates(e, d, again=True),
            "errors [90, 70, 90, 95, 60] and drops (100,), step 3 has the rate 0.01.",
        ),
        "drops from the end of the warm-up": Mistake(
            lambda e, d: _rates(e, d, from_warmup=True), "drops (3, 6), step 3 has the rate 0.1."
        ),
        "divided by 2": Mistake(lambda e, d: _rates(e, d, factor=0.5), "step 3 has the rate 0.05."),
        "multiplied": Mistake(lambda e, d: _rates(e, d, factor=10), "step 3 has the rate 1."),
        "only one drop": Mistake(lambda e, d: _rates(e, d[:1]), "step 6 has the rate 0.01."),
        "no warm-up": Mistake(lambda e, d: _rates(e, d, warm=0.1), "step 0 has the rate 0.1."),
        "the error of the same step": Mistake(
            lambda e, d: _rates([*e[1:], e[-1]], d), "step 2 has the rate 0.1."
        ),
        "a drop in the warm-up": Mistake(
            lambda e, d: _rates(e, d, lower=True),
            "a drop changes nothing. With errors [90, 90, 90, 90, 90, 90] and drops (2, 4), step 4",
        ),
        "never below a thousandth of the rate": Mistake(
            lambda e, d: _rates(e, d, least=1e-4), "step 7 has the rate 0.0001."
        ),
        "one rate": Mistake(lambda e, d: 0.1, "it returned 0.1. A list of rates"),
        "text": Mistake(
            lambda e, d: [str(rate) for rate in _rates(e, d)], "returned ['0.01', '0.1', '0.1']"
        ),
        "too few": Mistake(lambda e, d: _rates(e, d)[1:], "it returned 2 rates; there are 3 steps"),
    },
}
