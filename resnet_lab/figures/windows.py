"""Which input columns a sliding window reads, and how sizes shrink from stage to stage."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure as MplFigure
from matplotlib.patches import Rectangle

from resnet_lab.arithmetic import Window, output_size, window_positions
from resnet_lab.checks import check_integer
from resnet_lab.figures.style import BLUE, GREEN, GREY, ORANGE, PURPLE, WIDTH, look
from resnet_lab.figures.svg import Figure, to_figure
from resnet_lab.models import BlockPlan, ResNetSpec, cost

_NEAR, _FAR = 7, 13  # columns shown at each end where the input is long
_MOST = 26  # columns that stay legible side by side on a phone
_PAGE, _LABELS, _CELL, _ROW = WIDTH * 72, 66, 26, 15  # points
_MARGIN = 6  # room for half of the last column's number


def window_rows(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    title: str | None = None,
) -> Figure:
    """One axis of a sliding window: a row per output, its taps over the input columns.

    Padding is hollow, columns that no window reads are marked. Of a long input the two
    ends are drawn.

    Raises:
        TypeError, ValueError: as :func:`resnet_lab.arithmetic.pool_output_size` and
            :func:`resnet_lab.arithmetic.conv_output_size`.
    """
    window = Window(kernel, stride, padding, dilation, ceil_mode)
    outputs = output_size(size, [window])
    reads = [window_positions(i, kernel, stride, padding, dilation) for i in range(outputs)]
    far = max(size + padding, reads[-1][-1] + 1)
    columns = list(range(-padding, far))
    gap = len(columns) > _MOST
    if gap:
        columns = columns[:_NEAR] + columns[-_FAR:]
    cell = min(_CELL, (_PAGE - _LABELS - _MARGIN) / (len(columns) + gap))
    left = {column: _LABELS + cell * (place + (gap and place >= _NEAR))
            for place, column in enumerate(columns)}
    rows = [(i, taps) for i, taps in enumerate(reads) if all(tap in left for tap in taps)]
    seen = {tap for taps in reads for tap in taps}
    unread = [column for column in range(-padding, size + padding) if column not in seen]
    title = title or _describe(size, window)
    key = _key(padding, far > size + padding, bool(unread))
    above = _ROW * key.count("\n")
    with look():
        drawing, axes = _page(_ROW * (len(rows) + 4) + 6, above)
        axes.text(0, above - 0.5 * _ROW, title, va="center")
        axes.text(0, (above - 3 * _ROW) / 2, key, va="center", linespacing=1.5)
        axes.text(_LABELS - 5, -3.5 * _ROW, "input", ha="right", va="center")
        for column in columns:
            _input_cell(axes, left[column], cell, column, size, padding, column in unread)
            if 0 <= column < size and (size < 14 or column in (0, size - 1) or column % 4 == 0):
                middle = left[column] + cell / 2
                axes.text(middle, -2.5 * _ROW, str(column), ha="center", va="center")
        if gap:
            axes.text(_LABELS + cell * (_NEAR + 0.5), -3.5 * _ROW, "…", ha="center", va="center")
        for row, (index, taps) in enumerate(rows):
            _output_row(axes, -(row + 4) * _ROW, cell, [left[tap] for tap in taps], index)
        alt = _alt(size, window, outputs, unread, reads)
        return to_figure(drawing, title, alt)


def _page(height: float, above: float = 0) -> tuple[MplFigure, plt.Axes]:
    """Axes over a whole figure of the book's width; one unit is one point, 0 is ``above`` down."""
    drawing = plt.figure(figsize=(WIDTH, (height + above) / 72))
    plt.close(drawing)
    axes = drawing.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set(xlim=(0, _PAGE), ylim=(-height, above))
    return drawing, axes


def _input_cell(
    axes: plt.Axes, x: float, cell: float, column: int, size: int, padding: int, unread: bool
) -> None:
    inside = 0 <= column < size
    beyond = column >= size + padding
    color = ORANGE if unread else BLUE if inside else GREY if beyond else PURPLE
    box = (x + 1, -4 * _ROW + 2, cell - 2, _ROW - 4)
    _box(axes, box, color, filled=inside, marked=unread, linestyle=":" if beyond else "-")


def _output_row(axes: plt.Axes, top: float, cell: float, taps: list[float], index: int) -> None:
    middle = top - _ROW / 2
    axes.text(_LABELS - 5, middle, f"output {index}", ha="right", va="center")
    axes.plot([taps[0] + 1, taps[-1] + cell - 1], [middle] * 2, color=GREEN, linewidth=1,
              clip_on=False)
    for x in taps:
        axes.add_patch(Rectangle(
            (x + 1, middle - 4), cell - 2, 8, color=GREEN, linewidth=0, clip_on=False))


def _box(
    axes: plt.Axes, box: tuple[float, float, float, float], color: str, *,
    filled: bool = True, marked: bool = False, linestyle: str = "-",
) -> None:
    """A tinted box; a marked one is hatched, so that it differs without color too."""
    x, y, width, height = box
    if filled:
        axes.add_patch(Rectangle((x, y), width, height, facecolor=to_rgba(color, 0.3),
                                 linewidth=0, clip_on=False))
    axes.add_patch(Rectangle(
        (x, y), width, height, fill=False, edgecolor=color, linewidth=1.2, clip_on=False,
        linestyle=linestyle, hatch="////" if marked else None,
    ))


def _key(padding: int, beyond: bool, unread: bool) -> str:
    parts = ["filled: input"]
    if padding:
        parts.append("hollow: padding")
    if beyond:
        parts.append("dotted: past the padding")
    if unread:
        parts.append("striped: no window reads it")
    return "\n".join(", ".join(parts[start : start + 2]) for start in range(0, len(parts), 2))


def _describe(size: int, window: Window) -> str:
    text = f"{size} columns, kernel {window.kernel}, stride {window.stride}"
    text += f", padding {window.padding}" if window.padding else ", no padding"
    text += f", dilation {window.dilation}" if window.dilation > 1 else ""
    return text + (", rounding up" if window.ceil_mode else "")


def _alt(
    size: int, window: Window, outputs: int, unread: list[int], reads: list[tuple[int, ...]]
) -> str:
    def span(taps: tuple[int, ...]) -> str:
        return ", ".join(str(tap) for tap in taps)

    text = (
        f"{_describe(size, window)}: {outputs} outputs. Output 0 reads columns "
        f"{span(reads[0])}; the last, output {outputs - 1}, reads {span(reads[-1])}. "
    )
    if any(tap < 0 or tap >= size for taps in reads for tap in taps):
        text += "Columns below 0 or past the input are padding. "
    inside = [column for column in unread if 0 <= column < size]
    if len(unread) > len(inside):
        text += f"No window reads {len(unread) - len(inside)} of the padding columns. "
    if not inside:
        return text + "Every input column is read."
    listed = ", ".join(map(str, inside[:8])) + (", …" if len(inside) > 8 else "")
    return text + f"Input columns that no window reads: {listed}."


def shape_strip(
    networks: Mapping[str, ResNetSpec | BlockPlan | Mapping[str, int]],
    title: str,
    size: int = 224,
) -> Figure:
    """Squares as large as the feature maps, stage by stage, one row for each network.

    A square whose size differs from the first row's in the same stage is marked.

    Args:
        networks: name -> a network, or one of its blocks, whose branch is drawn. What was
            measured elsewhere is a mapping, stage -> pixels a side, ``{"input": 224, ...}``.
        title: a few words.
        size: pixels a side of what goes into the networks or the blocks.

    Raises:
        TypeError: ``size`` is no integer, or ``networks`` holds something else.
        ValueError: no networks, one without stages, or ``size`` below 1.
    """
    check_integer("size", size, least=1)
    if not isinstance(networks, Mapping):
        raise TypeError(f"networks must be a mapping by names, got {networks!r}")
    rows = {name: _sizes(name, network, size) for name, network in networks.items()}
    if not rows or not all(rows.values()):
        raise ValueError(f"networks must hold at least one with stages, got {dict(networks)!r}")
    first = next(iter(rows.values()))
    stages = list(dict.fromkeys(stage for row in rows.values() for stage in row))
    slot = _PAGE / len(stages)
    scale = 0.9 * slot / max(side for row in rows.values() for side in row.values())
    height = 0.9 * slot + 4 * _ROW
    with look():
        drawing, axes = _page(_ROW + height * len(rows))
        axes.text(0, -0.5 * _ROW, title, va="center")
        for r, (network, sizes) in enumerate(rows.items()):
            top = -_ROW - r * height
            axes.text(0, top - 0.9 * _ROW, network, va="center", fontweight="bold")
            for c, stage in enumerate(stages):
                if stage in sizes:
                    middle, base = (c + 0.5) * slot, top - height + 1.3 * _ROW
                    _square(axes, middle, base, scale, sizes[stage], first.get(stage))
                    axes.text(middle, base - 3, stage, ha="center", va="top")
        words = "; ".join(
            f"{network}: " + ", ".join(
                f"{stage} {side}" + (" (differs)" if first.get(stage) != side else "")
                for stage, side in sizes.items())
            for network, sizes in rows.items()
        )
        alt = f"{title}, in pixels a side. {words}."
        return to_figure(drawing, title, alt)


def _sizes(
    name: str, network: ResNetSpec | BlockPlan | Mapping[str, int], size: int
) -> dict[str, int]:
    """Pixels a side by the part after which they are found."""
    if isinstance(network, ResNetSpec):
        *parts, _head = cost(network, size).parts
        return {"input": size, **{part.name: part.output_shape[-1] for part in parts}}
    if isinstance(network, BlockPlan):
        windows = network.windows
        ends = {f"conv{n}": windows[:n] for n in range(1, len(windows) + 1)}
        return {"input": size, **{part: output_size(size, path) for part, path in ends.items()}}
    if not isinstance(network, Mapping):
        raise TypeError(
            "networks must hold specifications (from resnet_lab.spec), plans of blocks or mappings "
            f"of sizes, got {network!r} for {name!r}"
        )
    return dict(network)


def _square(
    axes: plt.Axes, middle: float, base: float, scale: float, size: int, reference: int | None
) -> None:
    differs, side = size != reference, size * scale
    color = ORANGE if differs else BLUE
    _box(axes, (middle - side / 2, base, side, side), color, marked=differs)
    axes.text(middle, base + side + 3, str(size), ha="center", va="bottom",
              fontweight="bold" if differs else "normal")
