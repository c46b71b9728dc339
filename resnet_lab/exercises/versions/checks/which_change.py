"""Check of chapter 12's table: which step from v1 to D changes what."""

import string
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from resnet_lab.exercises.checking import exercise, short
from resnet_lab.models import cost, spec

STEPS = {
    "B": (spec("resnet50", version="v1"), spec("resnet50")),
    "C": (spec("resnet50"), spec("resnet50", stem="deep")),
    "D": (spec("resnet50", stem="deep"), spec("resnet50", stem="deep", shortcut="D")),
}
"""Before and after each change."""

QUANTITIES = ("parameters", "MACs", "receptive field", "names in the state dict")


@exercise(
    "Go through the three changes: a stride moves, three 3x3 replace a 7x7, an average comes "
    "before a projection.",
    "Where does a new layer have weights? Which layers work on more positions than before?",
    "An average has no weights and multiplies none; but as a layer in front, it shifts the number "
    "of the layer after it.",
    right="Every count of every step agrees.",
)
def check_which_change(answer: Mapping[str, Any]) -> str | None:
    """For each quantity, the letters of the steps that change it."""
    if not isinstance(answer, Mapping) or set(answer) != set(QUANTITIES):
        return f"Give letters for each of {', '.join(QUANTITIES)}; got {short(answer)}."
    for quantity in QUANTITIES:
        letters = _letters(answer[quantity])
        if letters is None:
            return (f"{quantity}: the steps are B, C and D, written as in 'BD'; got "
                    f"{short(answer[quantity])}.")
        moved = movers()[quantity]
        if extra := letters - moved:
            left = "One of them leaves" if len(extra) == 1 else f"{len(extra)} of them leave"
            return f"{quantity}: you name {_listed(letters)}. {left} it as it was."
        if letters != moved:
            return f"{quantity}: you name {_listed(letters)}. It changes in more than that."
    return None


@cache
def movers() -> dict[str, set[str]]:
    """The steps in which each quantity changes."""
    counts: dict[str, Callable[[Any], Any]] = {
        "parameters": lambda network: cost(network).params,
        "MACs": lambda network: cost(network).macs,
        "receptive field": lambda network: cost(network).receptive_field,
        "names in the state dict": lambda network: [
            row.name for row in cost(network).rows if row.params
        ],
    }
    return {
        quantity: {letter for letter, (old, new) in STEPS.items() if count(old) != count(new)}
        for quantity, count in counts.items()
    }


def _listed(letters: set[str]) -> str:
    return ", ".join(sorted(letters)) or "none"


def _letters(value: Any) -> set[str] | None:
    if not isinstance(value, Iterable):
        return None
    letters = {str(letter).upper() for letter in value}
    if isinstance(value, str):
        letters -= set(string.whitespace) | {",", "+", "&"}
    return letters if letters <= set(STEPS) else None
