"""Residual blocks: which layers stand in the branch and which on the highway beside it."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.colors import to_rgba
from matplotlib.patches import Circle, Rectangle

from resnet_lab.checks import check_integer
from resnet_lab.figures.style import BLUE, INK, ORANGE, WIDTH, look
from resnet_lab.figures.svg import Figure, to_figure
from resnet_lab.models.cost_rows import block_layers
from resnet_lab.models.plan import BlockPlan

FORK, SUM = "fork", "+"
KINDS = {"Conv2d": "conv", "BatchNorm2d": "BN", "ReLU": "ReLU"}
"""What the layers of a block are called in the drawing."""

_PAGE, _ROW, _BOX, _HIGH, _SUM = WIDTH * 72, 21, 38, 14, 5.5  # points


def block_orders(
    blocks: Mapping[str, BlockPlan | Sequence[str]], title: str, columns: int = 3
) -> Figure:
    """The layers of each block from top to bottom, beside its highway.

    The highway is the way from one sum to the next. What stands on it, marked, changes
    everything that passes; what stands in the branch only what the block adds.

    Args:
        blocks: name -> a block of a network, one of ``spec.blocks``. A block that no network
            has is a list of layers, such as ``["conv", "BN", "+", "ReLU"]``, with ``"+"``
            where branch and highway meet, and ``"fork"`` where the branch leaves the highway
            if that is not at the top.
        title: a few words.
        columns: blocks side by side.

    Raises:
        TypeError: ``columns`` is no integer.
        ValueError: no blocks, one that does not have exactly one ``"+"`` after its fork, or
            ``columns`` below 1.
    """
    check_integer("columns", columns, least=1)
    parts = {name: _parts(name, block) for name, block in blocks.items()}
    if not parts:
        raise ValueError("blocks must hold at least one block, got none")
    names = list(parts)
    grid = [names[start : start + columns] for start in range(0, len(names), columns)]
    slot = _PAGE / columns
    heads = {name: textwrap.wrap(name, int(slot / 5.8), break_on_hyphens=False) for name in names}
    heights = [
        _ROW * (2.6 + max(sum(map(len, parts[name])) for name in line)
                + 0.7 * max(len(heads[name]) for name in line))
        for line in grid
    ]
    with look():
        drawing = plt.figure(figsize=(WIDTH, (_ROW + sum(heights)) / 72))
        plt.close(drawing)
        axes = drawing.add_axes((0, 0, 1, 1))
        axes.axis("off")
        axes.set(xlim=(0, _PAGE), ylim=(-_ROW - sum(heights), 0))
        axes.text(0, -0.5 * _ROW, title, va="center")
        top = -float(_ROW)
        for line, height in zip(grid, heights, strict=True):
            lines = max(len(heads[name]) for name in line)
            for place, name in enumerate(line):
                x = place * slot
                axes.text(x, top - 0.2 * _ROW, "\n".join(heads[name]), va="top")
                _draw(axes, x, top - (0.4 + 0.7 * lines) * _ROW, parts[name])
            top -= height
        words = " ".join(_in_words(name, *part) for name, part in parts.items())
        return to_figure(drawing, title, f"{title}. {words}")


Parts = tuple[list[str], list[str], list[str]]


def _parts(name: str, block: BlockPlan | Sequence[str]) -> Parts:
    """Layers on the highway before the fork, in the branch, on the highway after the sum."""
    layers = _layers(block) if isinstance(block, BlockPlan) else block
    order = list(layers) if FORK in layers else [FORK, *layers]
    fork, end = order.index(FORK), order.index(SUM) if SUM in order else -1
    if end < fork or order.count(SUM) != 1 or order.count(FORK) != 1:
        raise ValueError(
            f"blocks must each hold one {SUM!r}, and at most one {FORK!r} before it, "
            f"got {list(layers)} for {name!r}"
        )
    return order[:fork], order[fork + 1 : end], order[end + 1 :]


def _layers(plan: BlockPlan) -> list[str]:
    """The layers of a block as its network has them; a plain one has no sum."""
    plain = plan.form == "plain"
    parts = block_layers(plan, shortcut="none" if plain else "B")
    before, branch, after = (
        [KINDS[layer.kind] for layer in part]
        for part in (parts.before, parts.branch, parts.after)
    )
    return before if plain else [*before, FORK, *branch, SUM, *after]


def _draw(axes: plt.Axes, left: float, top: float, parts: Parts) -> None:
    before, branch, after = parts
    side, high = left + 1 + _BOX / 2, left + 1 + 1.75 * _BOX
    fork = top - (len(before) + 0.3) * _ROW
    end = fork - (len(branch) + 0.7) * _ROW
    bottom = end - (len(after) + 0.6) * _ROW
    on_highway = [(layer, top - (row + 0.5) * _ROW) for row, layer in enumerate(before)]
    on_highway += [(layer, end - (row + 0.95) * _ROW) for row, layer in enumerate(after)]
    in_branch = [(layer, fork - (row + 0.85) * _ROW) for row, layer in enumerate(branch)]
    gaps = [(y, _HIGH / 2) for _, y in on_highway]
    _line(axes, high, top, bottom, [*gaps, (end, _SUM)], width=2.4)
    _line(axes, side, fork, end, [(y, _HIGH / 2) for _, y in in_branch], width=1)
    axes.plot([side, high - 1], [fork, fork], color=INK, linewidth=1)
    axes.plot([side, high - _SUM], [end, end], color=INK, linewidth=1)
    axes.add_patch(Circle((high, end), _SUM, fill=False, edgecolor=INK, linewidth=1))
    axes.plot([high - 3, high + 3], [end, end], color=INK, linewidth=1.2)
    axes.plot([high, high], [end - 3, end + 3], color=INK, linewidth=1.2)
    for layer, y in in_branch:
        _box(axes, side, y, layer, BLUE, width=1)
    for layer, y in on_highway:
        _box(axes, high, y, layer, ORANGE, width=2)


def _line(
    axes: plt.Axes, x: float, top: float, bottom: float, gaps: list[tuple[float, float]],
    width: float,
) -> None:
    """A vertical line that leaves out what stands on it: middle and half of its height."""
    start = top
    for middle, half in sorted(gaps, reverse=True):
        axes.plot([x, x], [start, middle + half], color=INK, linewidth=width,
                  solid_capstyle="butt")
        start = middle - half
    axes.plot([x, x], [start, bottom], color=INK, linewidth=width, solid_capstyle="butt")


def _box(axes: plt.Axes, x: float, y: float, text: str, color: str, width: float) -> None:
    axes.add_patch(Rectangle(
        (x - _BOX / 2, y - _HIGH / 2), _BOX, _HIGH, facecolor=to_rgba(color, 0.3),
        edgecolor=color, linewidth=width,
    ))
    axes.text(x, y, text, ha="center", va="center")


def _in_words(name: str, before: list[str], branch: list[str], after: list[str]) -> str:
    on_highway = ", ".join(before + after) or "nothing"
    return f"{name}: {', '.join(branch)} in the branch, {on_highway} on the highway."
