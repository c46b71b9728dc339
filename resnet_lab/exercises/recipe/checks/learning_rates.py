"""Check of "learning rates": a warm-up that an error ends, and drops."""

from collections.abc import Callable, Sequence
from math import isclose

import torch

from resnet_lab.exercises.checking import attempt, exercise, short
from resnet_lab.exercises.integers import as_numbers
from resnet_lab.training.group import Group
from resnet_lab.training.recipe import Recipe
from resnet_lab.training.schedule import Schedule
from resnet_lab.training.step import StepResult

ERRORS: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...] = (
    ("A low error ends the warm-up, but it is known only after its step.", (50, 50, 50), (100,)),
    ("The full rate begins after the first low error.", (90, 85, 70, 60, 50), (100,)),
    ("Once it is over, the warm-up does not come back.", (90, 70, 90, 95, 60), (100,)),
    ("An error of 80 % is not below 80 %.", (80, 80, 79, 70, 60), (100,)),
    ("Without a low error the warm-up goes on.", (90,) * 6, (3,)),
    ("In the warm-up a drop changes nothing.", (90,) * 6, (2, 4)),
    ("From the step of its number on, a drop divides the rate.", (70,) * 8, (3, 6)),
    ("Each drop divides what the one before has left.", (70,) * 8, (2, 4, 6, 7)),
    ("Drops count from the first step, whenever the warm-up ends.", (90, 90, 90, 70, 60, 50), (2,)),
)
"""A property, the errors of the steps, and the drops that show it."""


@exercise(
    "Three things decide a rate: whether the warm-up is still on, how many drops the step has "
    "passed, and the rate that everything starts from.",
    "A drop at step 3 holds for step 3 already. Compare with `>=`, and divide by 10 for each.",
    "`passed = sum(step >= drop for drop in drops)`, and the rate is 0.1 / 10**passed. The error "
    "of a step decides about the next step, so look at it after `append`.",
    right="The rates are those of the package's schedule.",
)
def check_learning_rates(answer: Callable[[Sequence[float], Sequence[int]], list[float]]) -> (
    str | None
):
    """A function ``(errors, drops)``: the learning rate of each step, warm-up included."""
    for rule, errors, drops in ERRORS:
        rates = attempt(answer, list(errors), drops)
        call = f"With errors {list(errors)} and drops {drops}"
        found = as_numbers(rates)
        if found is None:
            return f"{call} it returned {short(rates)}. A list of rates was asked for."
        if len(found) != len(errors):
            return f"{call} it returned {len(found)} rates; there are {len(errors)} steps."
        for step, (rate, right) in enumerate(zip(found, scheduled(errors, drops), strict=True)):
            if not isclose(rate, right, rel_tol=1e-6):
                return f"{rule} {call}, step {step} has the rate {rate:g}."
    return None


def scheduled(errors: Sequence[int], drops: tuple[int, ...]) -> list[float]:
    """Rates of the package's schedule, with a warm-up that looks at the error of every step."""
    recipe = Recipe("check", drops=drops, warmup_lr=0.01, warmup_window=1)
    schedule, rates = Schedule(recipe, Group(torch.device("cpu"))), []
    for step, error in enumerate(errors):
        rates.append(schedule.lr(step))
        schedule.see(step + 1, StepResult(torch.tensor(0.0), torch.tensor(error)), images=100)
    return rates
