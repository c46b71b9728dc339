"""Answers to "rescaled": a recipe for another size of batch, by the linear rule."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from resnet_lab.exercises.mistake import Mistake


def _rescaled(
    batch: int, iterations: int, drops: Sequence[int], lr: float, new_batch: int,
    steps: float = 1, places: float = 1, rate: float = 1,
) -> tuple[int, tuple[int, ...], float]:  # fmt: skip
    """The rule, with other powers of the factor where the tables below ask for them."""
    factor = new_batch / batch
    return (
        round(iterations / factor**steps),
        tuple(round(drop / factor**places) for drop in drops),
        lr * factor**rate,
    )


RIGHT: dict[str, dict[str, Any]] = {
    "check_rescaled": {
        "by a factor": _rescaled,
        "in integers": lambda b, n, d, lr, new: (
            n * b // new,
            [drop * b // new for drop in d],
            lr * new / b,
        ),
        "NumPy's": lambda b, n, d, lr, new: (
            np.int64(n * b // new),
            np.array(d, dtype=int) * b // new,
            np.float64(lr) * new / b,
        ),
        "torch's": lambda b, n, d, lr, new: (
            torch.tensor(n * b // new),
            torch.tensor(d, dtype=torch.int64) * b // new,
            torch.tensor(lr) * new / b,
        ),
        "fractions": lambda b, n, d, lr, new: (
            int(n * Fraction(b, new)),
            tuple(int(drop * Fraction(b, new)) for drop in d),
            float(lr * Fraction(new, b)),
        ),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_rescaled": {
        "the steps stay": Mistake(
            lambda b, n, d, lr, new: _rescaled(b, n, d, lr, new, steps=0),
            "takes 450,000 steps of 32 images",
        ),
        "the steps the other way": Mistake(
            lambda b, n, d, lr, new: _rescaled(b, n, d, lr, new, steps=-1),
            "takes 56,250 steps of 32 images",
        ),
        "the drops stay": Mistake(
            lambda b, n, d, lr, new: _rescaled(b, n, d, lr, new, places=0),
            "divides the rate after 4,800,000 images",
        ),
        "the rate stays": Mistake(
            lambda b, n, d, lr, new: _rescaled(b, n, d, lr, new, rate=0), "32)` has the rate 0.1."
        ),
        "the rate by the root": Mistake(
            lambda b, n, d, lr, new: _rescaled(b, n, d, lr, new, rate=0.5), "has the rate 0.0353553"
        ),
        "the rate the other way": Mistake(
            lambda b, n, d, lr, new: _rescaled(b, n, d, lr, new, rate=-1), "has the rate 0.8."
        ),
        "only to smaller batches": Mistake(
            lambda b, n, d, lr, new: _rescaled(b, n, d, lr, new) if new < b else (n, d, lr),
            "takes 450,000 steps of 1024 images",
        ),
        "the rate of smaller batches only": Mistake(
            lambda b, n, d, lr, new: (*_rescaled(b, n, d, lr, new)[:2], lr * min(1, new / b)),
            "1024)` has the rate 0.1.",
        ),
        "floats": Mistake(
            lambda b, n, d, lr, new: (n * b / new, d, lr), "returned 3600000.0 steps"
        ),
        "drops as floats": Mistake(
            lambda b, n, d, lr, new: (n * b // new, [drop * b / new for drop in d], lr),
            "returned the drops [1200000.0, 2400000.0]",
        ),
        "one drop": Mistake(
            lambda *a: (_rescaled(*a)[0], _rescaled(*a)[1][:1], _rescaled(*a)[2]),
            "the drops (1200000,); the recipe has 2 of them",
        ),
        "steps alone": Mistake(
            lambda *a: _rescaled(*a)[0], "Return a tuple of 3: iterations, drops, lr"
        ),
        "factor in integers": Mistake(
            lambda b, n, d, lr, new: (
                n // max(new // b, 1) * max(b // new, 1),
                tuple(drop // max(new // b, 1) * max(b // new, 1) for drop in d),
                lr * new / b,
            ),
            "takes 3,000 steps of 150 images",
        ),
    },
}
