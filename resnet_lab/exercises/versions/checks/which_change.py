"""Checks for chapter 12, the versions; two more are in ``move_stride`` and ``shortcut_d``."""

import string
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from math import isqrt
from typing import Any

import numpy as np

from resnet_lab.arithmetic import conv_output_size, unread_positions
from resnet_lab.exercises.checking import as_integer, attempt, exercise
from resnet_lab.models import cost, spec

COLUMNS = 57
"""Columns of the map that stage 2 receives from an image of 225 pixels."""

CONVOLUTIONS = ((256, 128, 56), (512, 256, 28), (1024, 512, 14), (256, 128, 57), (64, 16, 7))
"""Channels in and out of a first 1x1, and the columns of the map that the block receives."""

STEPS = {
    "B": (spec("resnet50", version="v1"), spec("resnet50")),
    "C": (spec("resnet50"), spec("resnet50", stem="deep")),
    "D": (spec("resnet50", stem="deep"), spec("resnet50", stem="deep", shortcut="D")),
}
"""Before and after each change."""

QUANTITIES = ("parameters", "MACs", "receptive field", "names in the state dict")


@exercise(
    "Both paths begin with a 1x1/2, so they read the same columns: every second one.",
    "The first column is read. How many of 57 columns are read, then?",
    "Columns 0, 2, 4 and so on up to 56 are read, and the same rows. Square their number.",
    right="Slightly less than three quarters: the last column and the last row are read.",
)
def check_unread(answer: int) -> str | None:
    """Positions of a map of 57 by 57 that no path of a striding block of v1 reads."""
    unread = as_integer(answer)
    if unread is None:
        return f"A number of positions is an integer, got {answer!r}."
    read = COLUMNS**2 - unread
    if not 0 < read < COLUMNS**2:
        return f"{unread:,} of {COLUMNS**2:,} positions: some are read, and some are not."
    columns = isqrt(read)
    if columns**2 != read:
        return (f"That leaves {read:,} positions that are read. As many columns are read as rows, "
                f"so their number must be a square; this is none.")
    if columns != COLUMNS - len(unread_positions(COLUMNS, 1, 2)):
        return (f"That leaves {columns} columns of {columns} positions that are read, the last of "
                f"them column {2 * columns - 2}. The last column of the map is {COLUMNS - 1}.")
    return None


@exercise(
    "A 1x1 multiplies each of its weights once for each position of its output.",
    "In v1.5 this layer puts out as many positions as the map has, in v1 every second one on "
    "each axis.",
    "I columns at stride 2 leave ceil(I/2), in integers (I + 1) // 2. Square on both sides, "
    "subtract, multiply by the weights.",
    right="Exact for even and for odd maps.",
)
def check_extra_macs(answer: Callable[[int, int, int], int]) -> str | None:
    """A function ``(in_channels, width, I)``: the multiply-adds that v1.5 adds to a block."""
    for in_channels, width, columns in CONVOLUTIONS:
        returned = attempt(answer, in_channels, width, columns)
        call = f"`{getattr(answer, '__name__', 'answer')}({in_channels}, {width}, {columns})`"
        macs = as_integer(returned)
        if macs is None:
            return f"{call} returned {returned!r}. A number of multiply-adds is an integer."
        weights = in_channels * width
        if macs != weights * (columns**2 - conv_output_size(columns, 1, 2) ** 2):
            return (f"{call} returned {macs:,}. The first 1x1 has {weights:,} weights, so that "
                    f"would be {macs / weights:,.7g} more positions. Counting them gives another "
                    f"number.")
    return None


@exercise(
    "Go through the three changes: a stride moves, three 3x3 replace a 7x7, an average comes "
    "before a projection.",
    "Where does a new layer have weights? Which layers work on more positions than before?",
    "An average has no weights and multiplies none; but as a layer in front, it shifts the number "
    "of the layer behind it.",
    right="Every count of every step agrees.",
)
def check_which_change(answer: Mapping[str, Any]) -> str | None:
    """For each quantity, the letters of the steps that change it."""
    if not isinstance(answer, Mapping) or set(answer) != set(QUANTITIES):
        return f"Give letters for each of {', '.join(QUANTITIES)}; got {answer!r}."
    for quantity in QUANTITIES:
        letters = _letters(answer[quantity])
        if letters is None:
            return f"{quantity}: the steps are B, C and D; got {answer[quantity]!r}."
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


RIGHT: dict[str, dict[str, Any]] = {
    "check_unread": {"squares": 57**2 - 29**2, "NumPy's": np.int64(2408), "in parts": 2 * 28 * 57
                     - 28**2},
    "check_extra_macs": {
        "rounded up": lambda i, w, n: i * w * (n**2 - ((n + 1) // 2) ** 2),
        "by slices": lambda i, w, n: np.int64(i * w * (n**2 - len(range(0, n, 2)) ** 2)),
    },
    "check_which_change": {
        "sets": {name: set(steps) for name, steps in movers().items()},
        "text": {name: ", ".join(sorted(steps)).lower() for name, steps in movers().items()},
        "lists": {name: sorted(steps, reverse=True) for name, steps in movers().items()},
    },
}

_TRUE = {name: "".join(sorted(steps)) for name, steps in movers().items()}

WRONG: dict[str, dict[str, Any]] = {
    "check_unread": {
        "three quarters, rounded down": 57**2 * 3 // 4, "as at 56": 56**2 - 28**2,
        "read columns rounded down": 57**2 - 28**2, "those that are read": 29**2,
        "in neither row nor column": 28**2, "columns alone": 28, "half": 57 * 28, "none": 0,
        "not rounded": 57**2 * 0.75,
    },
    "check_extra_macs": {
        "all positions": lambda i, w, n: i * w * n**2,
        "those of v1": lambda i, w, n: i * w * ((n + 1) // 2) ** 2,
        "half": lambda i, w, n: i * w * (n - (n + 1) // 2),
        "rounded down": lambda i, w, n: i * w * (n**2 - (n // 2) ** 2),
        "three quarters": lambda i, w, n: i * w * (3 * n**2 // 4),
        "a float": lambda i, w, n: i * w * n**2 * 0.75,
        "the 3x3": lambda i, w, n: 9 * w * w * (n**2 - ((n + 1) // 2) ** 2),
        "FLOPs": lambda i, w, n: 2 * i * w * (n**2 - ((n + 1) // 2) ** 2),
    },
    "check_which_change": {
        "B adds parameters": {**_TRUE, "parameters": "BC"},
        "D adds parameters": {**_TRUE, "parameters": "CD"},
        "D costs MACs": {**_TRUE, "MACs": "BCD"},
        "B for free": {**_TRUE, "MACs": "C"},
        "D sees further": {**_TRUE, "receptive field": "BCD"},
        "B sees the same": {**_TRUE, "receptive field": "C"},
        "names as parameters": {**_TRUE, "names in the state dict": "C"},
        "names always": {**_TRUE, "names in the state dict": "BCD"},
        "no names": {**_TRUE, "names in the state dict": ""},
        "another letter": {**_TRUE, "MACs": "A"}, "a number": {**_TRUE, "MACs": 2},
        "one missing": {"parameters": "C"}, "a list": ["C", "BC", "BC", "CD"],
    },
}
