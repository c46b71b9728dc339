"""Charts of numbers: curves and bars, each with its text alternative."""

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.ticker import MaxNLocator

from resnet_lab.figures.ends import label_ends
from resnet_lab.figures.style import BLUE, INK, ORANGE, SERIES, WIDTH, look
from resnet_lab.figures.svg import Figure, to_figure

Points = Mapping[float, float] | Sequence[float]
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v")


def curve(
    series: Mapping[str, Points],
    x_label: str,
    y_label: str,
    title: str,
    *,
    steps: bool = False,
    log_y: bool = False,
    mark: Mapping[str, float] | None = None,
) -> Figure:
    """Line chart of named series, each labelled at its end.

    Args:
        series: name -> values by x, ``{224: 7, 225: 8}``, or values for x = 0, 1, 2, …
        x_label: quantity and unit, such as "input size (pixels)".
        y_label: quantity and unit.
        title: a few words.
        steps: hold each value until the next x (for rounding).
        log_y: logarithmic y axis.
        mark: name -> x of thin vertical lines.

    Raises:
        ValueError: no series, more than the style has colors for, or one that is empty or
            holds a number that is not finite.
    """
    if not 1 <= len(series) <= len(SERIES):
        raise ValueError(f"series must hold 1 to {len(SERIES)} series, got {len(series)}")
    data = {name: _points(name, points) for name, points in series.items()}
    with look():
        drawing, axes = plt.subplots(figsize=(WIDTH, 3.1), layout="constrained")
        plt.close(drawing)
        for place, (name, points) in enumerate(data.items()):
            axes.plot(
                list(points), list(points.values()), label=name, color=SERIES[place],
                linestyle=_DASHES[place], drawstyle="steps-post" if steps else "default",
                marker=_MARKERS[place] if len(points) <= 20 and not steps else "", clip_on=False,
            )
        for name, x in (mark or {}).items():
            axes.axvline(x, color=INK, linewidth=0.7, alpha=0.6)
            axes.annotate(name, (x, 1), xycoords=("data", "axes fraction"), xytext=(3, -2),
                          textcoords="offset points", va="top")
        axes.set(xlabel=x_label, ylabel=y_label, title=title)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator("auto", integer=_whole(axis is axes.xaxis, data)))
        if log_y:
            axes.set_yscale("log")
        label_ends(axes, {name: list(points.values())[-1] for name, points in data.items()}, 0.085)
        alt = f"{title}. Line chart, {y_label} against {x_label}. " + " ".join(
            _in_words(name, points) for name, points in data.items()
        )
        return to_figure(drawing, title, alt)


def bars(
    values: Mapping[str, float],
    label: str,
    title: str,
    *,
    mark: Sequence[str] = (),
    form: str = "{:,.4g}",
) -> Figure:
    """Horizontal bars with their values written at the end.

    Args:
        values: name -> value, drawn from top to bottom.
        label: quantity and unit of the axis.
        title: a few words.
        mark: names of the bars to draw in the marking color.
        form: how to write a value.

    Raises:
        ValueError: no values, or a marked name that is not among them.
    """
    unknown = [name for name in mark if name not in values]
    if not values or unknown:
        raise ValueError(f"values must hold every marked name, got {list(values)}, mark={mark}")
    written = {name: form.format(value) for name, value in values.items()}
    with look():
        height = 0.9 + 0.3 * len(values)
        drawing, axes = plt.subplots(figsize=(WIDTH, height), layout="constrained")
        plt.close(drawing)
        colors = [ORANGE if name in mark else BLUE for name in values]
        drawn = axes.barh(list(values), list(values.values()), color=colors, height=0.66)
        axes.bar_label(drawn, list(written.values()), padding=3, color=INK)
        axes.invert_yaxis()
        axes.margins(x=0.14)
        axes.tick_params(axis="y", length=0)
        axes.set(xlabel=label, title=title)
        alt = f"{title}. Bar chart, {label}: " + ", ".join(
            f"{name} {text}" for name, text in written.items()
        ) + "."
        return to_figure(drawing, title, alt)


def _points(name: str, points: Points) -> dict[float, float]:
    if not len(points):
        raise ValueError(f"series must hold values, got an empty one named {name!r}")
    by_x: dict[float, float] = dict(
        points if isinstance(points, Mapping) else enumerate(points)
    )
    for x, y in by_x.items():
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ValueError(f"series must hold finite numbers, got {y} at {x} in {name!r}")
    return by_x


def _whole(along_x: bool, data: Mapping[str, Mapping[float, float]]) -> bool:
    """Whether every coordinate along an axis is an integer, so that its ticks should be."""
    return all(
        float(value).is_integer()
        for points in data.values() for value in (points if along_x else points.values())
    )


def _in_words(name: str, points: Mapping[float, float]) -> str:
    shown = list(points.items())
    if len(shown) > 6:
        middle = [shown[round(k * (len(shown) - 1) / 5)] for k in range(1, 5)]
        shown = [shown[0], *middle, shown[-1]]
    return f"{name}: " + ", ".join(f"{y:,.6g} at {x:,.6g}" for x, y in shown) + "."
