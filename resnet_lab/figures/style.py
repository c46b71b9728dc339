"""One look for every figure of the book.

Data colors are mid-tones: each has at least 3:1 contrast on white and on #121212, so one
picture serves the light and the dark page. Dashes, hatching or labels repeat what they say.
Ink (text, axes) is the page's own text color.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl

INK = "#010203"  # stands for `currentColor` until the SVG is written
PAPER = "none"

BLUE = "#4f8ff0"  # input, what is read
ORANGE = "#d9661f"  # what differs, what is marked
GREEN = "#118a68"  # output
PURPLE = "#a83279"  # padding
GREY = "#8f959c"  # reference, dropped, what is not read
SERIES = (BLUE, ORANGE, GREEN, PURPLE, GREY)
HEAT = "viridis"  # one-sided magnitudes; perceptually even, safe for color blindness

WIDTH = 4.4  # inches: on a phone of 390 px, text of 10 points is 11 px high

_RC = {
    "svg.fonttype": "none",
    "svg.hashsalt": "resnet-lab",
    "font.size": 10,
    "font.family": "DejaVu Sans",
    "axes.titlesize": 10,
    "axes.labelsize": 10,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "lines.linewidth": 1.8,
    "lines.markersize": 4,
    "axes.formatter.useoffset": False,
}


@contextmanager
def look() -> Iterator[None]:
    """Draw in the book's style; matplotlib's settings outside stay as they were."""
    with mpl.rc_context(_RC):
        yield
