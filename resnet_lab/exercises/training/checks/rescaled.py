"""Check of "rescaled": a recipe for another size of batch, by the linear rule."""

from collections.abc import Callable
from math import isclose

from resnet_lab.exercises.checking import attempt, call_text, exercise, returned_items, short
from resnet_lab.exercises.integers import as_integer, as_integers, as_number

Rescale = Callable[[int, int, tuple[int, ...], float, int], tuple[int, tuple[int, ...], float]]

CASES: tuple[tuple[int, int, tuple[int, ...], float, int], ...] = (
    (256, 450_000, (150_000, 300_000), 0.1, 32),
    (256, 450_000, (150_000, 300_000), 0.1, 1024),
    (64, 450, (225, 338), 0.1, 64),
    (100, 3000, (1200,), 0.05, 150),
    (32, 800, (), 0.2, 16),
)
"""Batch, steps, drops, rate, and the new batch."""


@exercise(
    "How many images does the recipe show in all? The new one shows as many.",
    "With a batch that is half as large, an epoch takes twice the steps. Where are the drops then? "
    "And a step sees half the images, so by the rule it goes half as far.",
    "`factor = new_batch / batch`: steps are divided by it and rounded to integers, the rate is "
    "multiplied by it.",
    right="As many epochs, the drops at the same places among them, the rate per image as before.",
)
def check_rescaled(answer: Rescale) -> str | None:
    """A function ``(batch, iterations, drops, lr, new_batch)``: steps, drops, rate."""
    for case in CASES:
        if fault := _fault(answer, *case):
            return fault
    return None


def _fault(
    answer: Rescale, batch: int, iterations: int, drops: tuple[int, ...], lr: float, new: int
) -> str | None:
    given = (batch, iterations, drops, lr, new)
    returned = attempt(answer, *given)
    call = f"`{call_text(answer, *given)}`"
    steps, places, rate = returned_items(returned, 3, "iterations, drops, lr")
    found = as_integer(steps)
    if found is None:
        return f"{call} returned {short(steps)} steps. A number of steps is an integer."
    if found * new != iterations * batch:
        return (f"{call} takes {found:,} steps of {new} images, {found * new:,} images in all. "
                f"Before, it showed {iterations * batch:,}.")
    listed = as_integers(places)
    if listed is None:
        return f"{call} returned the drops {short(places)}. Each is a step, an integer."
    if len(listed) != len(drops):
        return f"{call} returned the drops {short(places)}; the recipe has {len(drops)} of them."
    for drop, place in zip(drops, listed, strict=True):
        if place * new != drop * batch:
            return (f"{call} divides the rate after {place * new:,} images. Before, it did after "
                    f"{drop * batch:,}.")
    number = as_number(rate)
    if number is None or not isclose(number, lr * new / batch, rel_tol=1e-6):
        return (f"{call} has the rate {short(rate)}. By the rule it changes by the factor by which "
                f"the batch does, here from {batch} to {new}.")
    return None
