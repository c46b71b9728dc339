"""Check of chapter 12's count: positions that no path of a striding block of v1 reads."""

from math import isqrt

from resnet_lab.arithmetic import unread_positions
from resnet_lab.exercises.checking import exercise
from resnet_lab.exercises.integers import integer

COLUMNS = 57
"""Columns of the map that stage 2 receives from an image of 225 pixels."""


@exercise(
    "Both paths begin with a 1x1/2, so they read the same columns: every second one.",
    "The first column is read. How many of 57 columns are read, then?",
    "Columns 0, 2, 4 and so on up to 56 are read, and the same rows. Square their number.",
    right="Slightly less than three quarters: the last column and the last row are read.",
)
def check_unread(answer: int) -> str | None:
    """Positions of a map of 57 by 57 that no path of a striding block of v1 reads."""
    unread = integer(answer, "a number of positions")
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
