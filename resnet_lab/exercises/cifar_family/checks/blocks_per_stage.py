"""Check of chapter 14's formula for a depth: blocks in each stage."""

from collections.abc import Callable

from resnet_lab.exercises.checking import call_text, exercise
from resnet_lab.exercises.integers import returned_integer

DEPTHS = ((56, 2), (20, 2), (110, 2), (110, 3), (20, 3), (1001, 3), (1202, 2), (8, 2), (11, 3),
          (18, 2), (34, 3), (50, 2), (50, 3), (101, 2), (1001, 2), (1202, 3))
"""Depth of a network, and layers in each of its blocks."""


@exercise(
    "Two layers lie outside the blocks. How many are left?",
    "There are three stages, so one more block in each adds three times the layers of a block.",
    "Divide what is left by 3 * layers_in_block. What does the remainder tell?",
    right="Only some depths fit, and some fit both kinds of block.",
)
def check_blocks_per_stage(answer: Callable[[int, int], int]) -> str | None:
    """A function ``(depth, layers_in_block)``: blocks of each of three stages, 0 if none fits."""
    for depth, layers in DEPTHS:
        n = returned_integer("a number of blocks", answer, depth, layers)
        call = f"`{call_text(answer, depth, layers)}`"
        fits = (depth - 2) % (3 * layers) == 0
        if n == 0 and fits:
            return f"{call} returned 0, but there is a network of {depth} layers of this kind."
        if n == 0:
            continue
        if (made := 3 * layers * n + 2) != depth:
            return (f"{call} returned {n}. Three stages of {n} blocks of {layers} layers, with the "
                    f"first convolution and the classifier, make {made} layers, not {depth}.")
    return None
