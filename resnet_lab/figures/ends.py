"""Names of curves, each at the end of its line."""

from collections.abc import Mapping, Sequence
from statistics import mean

import numpy as np
from matplotlib.axes import Axes

from resnet_lab.figures.style import SERIES


def label_ends(axes: Axes, ends: Mapping[str, float], gap: float) -> None:
    """Write names beside the axes at the heights where their lines end; the axes end there too.

    Args:
        axes: holds the lines, in the colors of the style.
        ends: name -> last value, in the order of the colors.
        gap: least distance of two names, as a part of the height of the axes.
    """
    axes.set_xlim(right=max(float(np.asarray(line.get_xdata())[-1]) for line in axes.get_lines()))
    axes.set_ylim(axes.get_ylim())
    to_axes = axes.transData + axes.transAxes.inverted()
    left = axes.get_xlim()[0]
    heights = spread([to_axes.transform((left, end))[1] for end in ends.values()], gap)
    for place, (name, height) in enumerate(zip(ends, heights, strict=True)):
        axes.annotate(
            name, (1, height), xycoords="axes fraction", xytext=(6, 0), textcoords="offset points",
            va="center", color=SERIES[place],
        )  # fmt: skip


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Heights from 0 to 1, moved as little as makes them ``gap`` apart.

    Names that would touch share what they have to give way, so that none stands far from its line.
    """
    order = sorted(range(len(heights)), key=heights.__getitem__)
    groups: list[list[float]] = []
    for rank, place in enumerate(order):
        groups.append([heights[place] - rank * gap])
        while len(groups) > 1 and mean(groups[-2]) > mean(groups[-1]):
            last = groups.pop()
            groups[-1] += last
    most = 1 - (len(heights) - 1) * gap
    lifted = [max(0.0, min(mean(group), most)) for group in groups for _ in group]
    moved = {place: lifted[rank] + rank * gap for rank, place in enumerate(order)}
    return [moved[place] for place in range(len(heights))]
