"""Check of chapter 14's formula: what option B costs beyond option A."""

from collections.abc import Callable

from resnet_lab.exercises.checking import call_text, exercise
from resnet_lab.exercises.integers import returned_integer
from resnet_lab.models import ResNetSpec, cost

PLANS = ((16, (16, 32, 64)), (64, (64, 128, 256, 512)), (16, (32, 64, 128)), (16, (16, 16, 32)),
         (24, (24, 40)), (16, (16,)))
"""Channels out of the stem, and widths of the stages."""


@exercise(
    "Which blocks can't add their input as it is? Only there B and A differ.",
    "The shape changes where the channels change, or where the map is halved. Every stage but the "
    "first begins with a halving.",
    "A projection is a 1x1 with c_in * C weights and no bias, and a normalization with a scale and "
    "a shift for each of its C channels.",
    right="Only blocks that change the shape count, so depth does not enter.",
)
def check_extra_of_b(answer: Callable[[int, tuple[int, ...]], int]) -> str | None:
    """A function ``(stem_width, widths)``: parameters that option B has beyond option A."""
    for stem_width, widths in PLANS:
        count = returned_integer("a number of parameters", answer, stem_width, widths)
        true = extra_of_b(stem_width, widths)
        if count != true:
            return (f"`{call_text(answer, stem_width, widths)}` returned {count:,}. In a network "
                    f"with these widths the projections hold "
                    f"{'fewer' if count > true else 'more'} parameters.")
    return None


def extra_of_b(stem_width: int, widths: tuple[int, ...]) -> int:
    """Parameters of a network with option B, less those with option A."""
    def count(shortcut: str) -> int:
        network = ResNetSpec("plan", "basic", (2,) * len(widths), stem="3x3", shortcut=shortcut,
                             widths=widths, stem_width=stem_width)
        return cost(network, 32).params

    return count("B") - count("A")
