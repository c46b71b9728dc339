"""Check of chapter 12's formula: the multiply-adds that v1.5 adds to a block."""

from collections.abc import Callable

from resnet_lab.arithmetic import conv_output_size
from resnet_lab.exercises.checking import call_text, exercise
from resnet_lab.exercises.integers import returned_integer

CONVOLUTIONS = ((256, 128, 56), (512, 256, 28), (1024, 512, 14), (256, 128, 57), (64, 16, 7))
"""Channels in and out of a first 1x1, and the columns of the map that the block receives."""


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
        case = in_channels, width, columns
        macs = returned_integer("a number of multiply-adds", answer, *case)
        weights = in_channels * width
        if macs != weights * (columns**2 - conv_output_size(columns, 1, 2) ** 2):
            return (f"`{call_text(answer, *case)}` returned {macs:,}. The first 1x1 has "
                    f"{weights:,} weights, so that would be {macs / weights:,.7g} more positions. "
                    "Counting them gives another number.")
    return None
