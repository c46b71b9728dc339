"""Answers to "direct factor": what factors on the shortcut do to the gradient."""

import math
from typing import Any

import numpy as np
import torch

from resnet_lab.exercises.mistake import Mistake

RIGHT: dict[str, dict[str, Any]] = {
    "check_direct_factor": {
        "a product": lambda factors, start, end: math.prod(factors[start:end]),
        "a tensor": lambda factors, start, end: torch.tensor(factors[start:end]).prod(),
        "NumPy's": lambda factors, start, end: np.prod(factors[start:end]),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_direct_factor": {
        "all factors": Mistake(
            lambda factors, start, end: math.prod(factors), "l = 1 and L = 3 it returned 0.75."),
        "one too many": Mistake(
            lambda factors, start, end: math.prod(factors[start : end + 1]),
            "l = 1 and L = 3 it returned 1.5."),
        "one too few": Mistake(
            lambda factors, start, end: math.prod(factors[start + 1 : end]),
            "l = 0 and L = 3 it returned 0.25."),
        "added up": Mistake(
            lambda factors, start, end: sum(factors[start:end]),
            "l = 0 and L = 3 it returned 1.5."),
        "a power of the first": Mistake(
            lambda factors, start, end: factors[start] ** (end - start),
            "l = 1 and L = 3 it returned 0.0625."),
        "always 1": Mistake(lambda factors, start, end: 1, "L = 3 it returned 1. Moving x_0"),
        "text": Mistake(
            lambda factors, start, end: str(math.prod(factors[start:end])), "L = 3 came '0.125'"),
        "a list": Mistake(
            lambda factors, start, end: factors[start:end],
            "Return one number; for [0.5, 0.5, 0.5], l = 0, L = 3 came [0.5, 0.5, 0.5]"),
    },
}
