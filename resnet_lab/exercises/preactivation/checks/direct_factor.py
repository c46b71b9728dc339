"""Check of chapter 13's formula: what factors on the shortcut do to the gradient."""

import math
from collections.abc import Callable, Sequence

import torch

from resnet_lab.exercises.checking import attempt, exercise, short
from resnet_lab.exercises.integers import as_number

FACTORS: list[tuple[list[float], int, int]] = [
    ([0.5, 0.5, 0.5], 0, 3),
    ([0.5, 0.25, 2.0, 3.0], 1, 3),
    ([0.9, 1.0, 0.8, 0.7, 0.6], 0, 2),
    ([0.9, 1.0, 0.8, 0.7, 0.6], 2, 5),
    ([0.3, 0.0, 5.0], 2, 3),
    ([0.3, 0.0, 5.0], 0, 3),
    ([-1.0, 2.0, -0.5], 0, 2),
    ([0.4, 0.6], 1, 1),
]
"""Factors of the shortcuts, and the two places ``l`` and ``L``."""


@exercise(
    "With branches of zero, x at L is x at l times something. Write out two blocks.",
    "Block i takes x_i to x_{i+1} and multiplies by factors[i] on the way.",
    "From x_l to x_L the signal passes the blocks l to L - 1, and their factors multiply.",
    right="One factor a block, from l to L - 1. Without a block between them the factor is 1.",
)
def check_direct_factor(answer: Callable[[Sequence[float], int, int], float]) -> str | None:
    """A function ``(factors, l, L)``: what the direct term of the gradient is multiplied by."""
    for factors, start, end in FACTORS:
        returned = attempt(answer, factors, start, end)
        factor = as_number(returned)
        if factor is None:
            return (f"Return one number; for {factors}, l = {start}, L = {end} came "
                    f"{short(returned)}.")
        if not math.isclose(factor, _derivative(factors, start, end), abs_tol=1e-6):
            return (f"For the factors {factors}, l = {start} and L = {end} it returned "
                    f"{factor:g}. Moving x_{start} by 1 moves x_{end} by another amount.")
    return None


def _derivative(factors: Sequence[float], start: int, end: int) -> float:
    """How far x at ``end`` moves with x at ``start``, where the branches are constants."""
    x = at_start = torch.zeros((), dtype=torch.float64, requires_grad=True)
    for factor in factors[start:end]:
        x = factor * x + 1.0
    return torch.autograd.grad(x, at_start)[0].item() if x is not at_start else 1.0
