"""Checks for chapter 16, the recipe: learning rates and draws.

The others are in ``recipe_images``, ``recipe_step`` and ``recipe_loop``.
"""

from collections.abc import Callable, Sequence
from math import isclose
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_lab.exercises.checking import attempt, exercise
from resnet_lab.training.group import Group
from resnet_lab.training.recipe import Recipe
from resnet_lab.training.schedule import Schedule
from resnet_lab.training.step import StepResult

ERRORS: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...] = (
    ("A low error ends the warm-up, but it is known only behind its step.", (50, 50, 50), (100,)),
    ("The full rate begins behind the first low error.", (90, 85, 70, 60, 50), (100,)),
    ("Once it is over, the warm-up does not come back.", (90, 70, 90, 95, 60), (100,)),
    ("An error of 80 % is not below 80 %.", (80, 80, 79, 70, 60), (100,)),
    ("Without a low error the warm-up goes on.", (90,) * 6, (3,)),
    ("From the step of its number on, a drop divides the rate.", (70,) * 8, (3, 6)),
    ("Each drop divides what the one before has left.", (70,) * 8, (2, 4, 6)),
    ("Drops count from the first step, whenever the warm-up ends.", (90, 90, 90, 70, 60, 50), (2,)),
)
"""A property, the errors of the steps, and the drops that show it."""

DRAWN = ((4096, 4), (4096, 2), (512, 0))
"""Images and padding."""

Draw = Callable[[int, int, torch.Generator], tuple[Tensor, Tensor, Tensor]]


@exercise(
    "Three things decide a rate: whether the warm-up is still on, how many drops are behind the "
    "step, and the rate that everything starts from.",
    "A drop at step 3 holds for step 3 already. Compare with `>=`, and divide by 10 for each.",
    "`passed = sum(step >= drop for drop in drops)`, and the rate is 0.1 / 10**passed. The error "
    "of a step decides about the next step, so look at it behind `append`.",
    right="The rates are those of the package's schedule.",
)
def check_learning_rates(answer: Callable[[Sequence[float], Sequence[int]], list[float]]) -> (
    str | None
):
    """A function ``(errors, drops)``: the learning rate of each step, warm-up included."""
    for rule, errors, drops in ERRORS:
        rates = attempt(answer, list(errors), drops)
        call = f"With errors {list(errors)} and drops {drops}"
        try:
            found = [float(rate) for rate in rates]
        except (TypeError, ValueError):
            return f"{call} it returned {rates!r}. A list of rates was asked for."
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


@exercise(
    "How many places has a window of the old size in an image that is larger by the padding on "
    "both sides?",
    "It may begin at 0, 1, and so on up to twice the padding. `torch.randint` leaves its upper "
    "end out.",
    "Ask for `N` numbers each time, hand the generator on with `generator=generator`, and compare "
    "`torch.rand` with one half.",
    right="Every place is as likely as any other, for each image apart.",
)
def check_draw(answer: Draw) -> str | None:
    """A function ``(N, padding, generator)``: rows, columns and flips, one for each image."""
    for images, padding in DRAWN:
        drawn, again, other = (_drawn(answer, images, padding, seed) for seed in (0, 0, 1))
        if isinstance(drawn, str):
            return drawn
        if not _same(drawn, again):
            return "Two generators with the same seed gave different draws. Is one left unused?"
        if padding and _same(drawn, other):
            return "Two generators with different seeds gave the same draws."
        if fault := _offset_fault(drawn, padding) or _flip_fault(drawn):
            return f"With padding {padding}: {fault}"
    return None


def _drawn(answer: Draw, images: int, padding: int, seed: int) -> Any:
    """The three tensors, or what is wrong with their form."""
    def draw() -> Any:
        return answer(images, padding, torch.Generator().manual_seed(seed))

    drawn = attempt(draw)
    if not isinstance(drawn, (tuple, list)) or len(drawn) != 3:
        return f"Three tensors were asked for; got {type(drawn).__name__}."
    for name, tensor in zip(("down", "right", "flipped"), drawn, strict=True):
        if not isinstance(tensor, Tensor) or tensor.shape != (images,):
            shape = tuple(getattr(tensor, "shape", ()))
            return f"`{name}` has the shape {shape}. Each of {images} images needs an entry."
        if (tensor.dtype == torch.bool) != (name == "flipped") or tensor.is_floating_point():
            return f"`{name}` holds {tensor.dtype}. Offsets are integers, flips are booleans."
    return drawn


def _same(first: Any, second: Any) -> bool:
    return all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def _offset_fault(drawn: Sequence[Tensor], padding: int) -> str | None:
    places = 2 * padding + 1
    for name, offsets in zip(("down", "right"), drawn, strict=False):
        low, high = (int(value) for value in offsets.aminmax())
        if low < 0 or high >= places:
            return f"`{name}` reaches from {low} to {high}. There the window leaves the image."
        counts = torch.bincount(offsets, minlength=places)
        if (counts == 0).any():
            return (f"`{name}` reaches from {low} to {high}, with {int((counts > 0).sum())} values "
                    f"in all. The window has more places than that.")
        if counts.max() > 1.5 * counts.min():
            return f"The places of `{name}` are drawn {counts.tolist()} times. Some are favored."
    if padding and _go_together(*drawn[:2]):
        return "`down` and `right` go together, so the window moves along a diagonal only."
    return None


def _flip_fault(drawn: Sequence[Tensor]) -> str | None:
    flipped = drawn[2]
    share = flipped.double().mean().item()
    if not 0.4 < share < 0.6:
        return f"{share:.0%} of the images are mirrored."
    if drawn[0].any() and any(_go_together(offsets, flipped) for offsets in drawn[:2]):
        return "Whether an image is mirrored goes with its window."
    return None


def _go_together(first: Tensor, second: Tensor) -> bool:
    pair = torch.stack([first.double(), second.double()])
    return bool(torch.corrcoef(pair)[0, 1].abs() > 0.2)


def _rates(
    errors: Sequence[float], drops: Sequence[int], late: int = 0, most: float = 80,
    again: bool = False, from_warmup: bool = False, factor: float = 0.1, warm: float = 0.01,
) -> list[float]:  # fmt: skip
    """Rates by a loop of its own, with the mistakes that the table below asks for."""
    rates, warming, ended = [], True, 0
    for step, error in enumerate(errors):
        passed = sum(step >= drop + late + (ended if from_warmup else 0) for drop in drops)
        rates.append(warm if warming else 0.1 * factor**passed)
        if again or warming:
            warming, ended = error >= most, step + 1
    return rates


def _draw(
    images: int, padding: int, generator: torch.Generator, least: int = 0, beyond: int = 1,
    chance: float = 0.5,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    offsets = torch.randint(
        least, max(2 * padding + beyond, least + 1), (2, images), generator=generator
    )
    return offsets[0], offsets[1], torch.rand(images, generator=generator) < chance


RIGHT: dict[str, dict[str, Any]] = {
    "check_learning_rates": {
        "a loop": _rates,
        "NumPy's": lambda errors, drops: np.array(_rates(errors, drops)),
        "first low error": lambda errors, drops: [
            0.01 if min((*errors[:step], 100)) >= 80
            else 0.1 / 10 ** len([drop for drop in drops if drop <= step])
            for step in range(len(errors))
        ],
    },
    "check_draw": {
        "at once": _draw,
        "one by one": lambda n, p, g: (
            torch.randint(2 * p + 1, (n,), generator=g),
            torch.randint(2 * p + 1, (n,), generator=g), torch.rand(n, generator=g) >= 0.5),
        "a coin": lambda n, p, g: (
            *torch.randint(0, 2 * p + 1, (2, n), generator=g, dtype=torch.int32),
            torch.randint(0, 2, (n,), generator=g).bool()),
    },
}

WRONG: dict[str, dict[str, Any]] = {
    "check_learning_rates": {
        "a drop one step late": lambda e, d: _rates(e, d, late=1),
        "a drop one step early": lambda e, d: _rates(e, d, late=-1),
        "80 counts as low": lambda e, d: _rates(e, d, most=80.5),
        "a share in place of percent": lambda e, d: _rates(e, d, most=0.8),
        "the warm-up comes back": lambda e, d: _rates(e, d, again=True),
        "drops from the end of the warm-up": lambda e, d: _rates(e, d, from_warmup=True),
        "divided by 2": lambda e, d: _rates(e, d, factor=0.5),
        "multiplied": lambda e, d: _rates(e, d, factor=10),
        "only one drop": lambda e, d: _rates(e, d[:1]),
        "no warm-up": lambda e, d: _rates(e, d, warm=0.1),
        "the error of the same step": lambda e, d: _rates([*e[1:], e[-1]], d),
        "one rate": lambda e, d: 0.1,
        "too few": lambda e, d: _rates(e, d)[1:],
    },
    "check_draw": {
        "off by one": lambda n, p, g: _draw(n, p, g, beyond=0),
        "from one": lambda n, p, g: _draw(n, p, g, least=1),
        "the padding of one side": lambda n, p, g: _draw(n, p // 2, g),
        "negative": lambda n, p, g: _draw(n, p, g, least=-p),
        "all mirrored": lambda n, p, g: _draw(n, p, g, chance=2),
        "a tenth mirrored": lambda n, p, g: _draw(n, p, g, chance=0.1),
        "the same crop for all": lambda n, p, g: (
            *(torch.randint(2 * p + 1, (1,), generator=g).expand(n) for _ in "dr"),
            torch.rand(n, generator=g) < 0.5),
        "one coin": lambda n, p, g: (*_draw(n, p, g)[:2], torch.rand(1, generator=g) < 0.5),
        "a diagonal": lambda n, p, g: (
            *(_draw(n, p, g)[0],) * 2, torch.rand(n, generator=g) < 0.5),
        "no generator": lambda n, p, g: (
            *torch.randint(2 * p + 1, (2, n)), torch.rand(n, generator=g) < 0.5),
        "no numbers": lambda n, p, g: (*torch.rand(2, n, generator=g).mul(2 * p),
                                       torch.rand(n, generator=g) < 0.5),
        "flips as numbers": lambda n, p, g: (*_draw(n, p, g)[:2], torch.ones(n)),
        "bell-shaped": lambda n, p, g: (
            *(torch.randn(2, n, generator=g) * p / 2 + p).round().clamp(0, 2 * p).long(),
            torch.rand(n, generator=g) < 0.5),
        "two of three": lambda n, p, g: _draw(n, p, g)[:2],
    },
}
