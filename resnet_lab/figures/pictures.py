"""Drawings on the photograph: feature maps, receptive fields, gradients."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MplFigure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from resnet_lab.arithmetic import ReceptiveField
from resnet_lab.checks import check_integer
from resnet_lab.figures.style import HEAT, SERIES, WIDTH, look
from resnet_lab.figures.svg import Figure, to_figure

Array = NDArray[np.generic] | torch.Tensor
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def picture_grid(count: int, columns: int) -> tuple[MplFigure, list[Axes]]:
    """A drawing with room for some pictures in rows, and the axes of each, without frames."""
    rows = -(-count // columns)
    drawing, grid = plt.subplots(
        rows, columns, squeeze=False, layout="constrained",
        figsize=(WIDTH, 0.3 + rows * (WIDTH / columns + 0.16)),
    )
    plt.close(drawing)
    for axes in grid.flat:
        axes.axis("off")
    return drawing, list(grid.flat)[:count]


def feature_maps(
    activation: Array, title: str, titles: Sequence[str] | None = None, columns: int = 4
) -> Figure:
    """Grid of the channels of one activation, each scaled to its own range.

    Args:
        activation: (C, H, W) or (1, C, H, W); pass the channels to show, such as ``out[:, :8]``.
        title: a few words above all of them.
        titles: a name for each channel; "channel 0", "channel 1", … without.
        columns: maps side by side.

    Raises:
        TypeError: ``columns`` is no integer.
        ValueError: another shape or an empty one, a number of titles that is not the number
            of channels, or ``columns`` below 1.
    """
    maps = _array(activation)
    maps = maps[0] if maps.ndim == 4 and maps.shape[0] == 1 else maps
    if maps.ndim != 3 or not maps.size:
        raise ValueError(
            f"activation must be (C, H, W) or (1, C, H, W), none of them 0, got {maps.shape}"
        )
    check_integer("columns", columns, least=1)
    titles = [f"channel {c}" for c in range(len(maps))] if titles is None else list(titles)
    if len(titles) != len(maps):
        raise ValueError(f"titles must name {len(maps)} channels, got {len(titles)}")
    with look():
        drawing, panels = picture_grid(len(maps), columns)
        for axes, channel, name in zip(panels, maps, titles, strict=True):
            axes.imshow(channel, cmap="gray", interpolation="none")
            axes.set_title(name)
        drawing.suptitle(title, fontsize=10)
        size = f"{maps.shape[1]} by {maps.shape[2]} pixels"
        ranges = ", ".join(
            f"{name} from {channel.min():.2g} to {channel.max():.2g}"
            for name, channel in zip(titles, maps, strict=True)
        )
        return to_figure(drawing, title, f"{title}. {len(maps)} maps of {size}: {ranges}.")


def receptive_fields(
    rgb: Array, fields: Mapping[str, ReceptiveField], index: int | Mapping[str, int], title: str
) -> Figure:
    """Squares of input pixels that one output position of each layer sees, on the photograph.

    Args:
        rgb: (S, S, 3), from :func:`photograph`.
        fields: name -> receptive field, from :func:`resnet_lab.arithmetic.receptive_field`.
        index: the output position on both axes, the same for all or by name.
        title: a few words.

    Raises:
        ValueError: no fields, more than the style has colors for, or one that ``index``
            does not name.
    """
    if not 1 <= len(fields) <= len(SERIES):
        raise ValueError(f"fields must hold 1 to {len(SERIES)} fields, got {len(fields)}")
    unnamed = [name for name in fields if isinstance(index, Mapping) and name not in index]
    if unnamed:
        raise ValueError(f"index must name every field, got none for {unnamed}")
    image = _array(rgb)
    side = image.shape[0]
    words = []
    with look():
        drawing, axes = plt.subplots(figsize=(WIDTH, WIDTH * 0.92), layout="constrained")
        plt.close(drawing)
        axes.imshow(image, interpolation="none", extent=(0, side, side, 0))
        low, high = 0, side
        for place, (name, field) in enumerate(fields.items()):
            at = index[name] if isinstance(index, Mapping) else index
            first = field.start + at * field.jump
            if first >= 0 and first + field.size <= side:  # a light edge, seen on any photograph
                axes.add_patch(_square(first, field.size, "#ffffff", linewidth=3.5))
            axes.add_patch(_square(first, field.size, SERIES[place], linestyle=_DASHES[place],
                                   label=f"{name}: {field.size} pixels"))
            low, high = min(low, first), max(high, first + field.size)
            words.append(
                f"{name}, position {at}: {field.size} pixels a side, columns {first} to "
                f"{first + field.size - 1}" + _outside(first, field.size, side)
            )
        margin = 0.01 * (high - low)
        axes.set(xlim=(low - margin, high + margin), ylim=(high + margin, low - margin))
        axes.axis("off")
        drawing.legend(loc="outside lower center", ncols=2, frameon=False, handlelength=3)
        axes.set_title(title)
        alt = f"{title}. Photograph of {side} pixels a side with squares. " + "; ".join(words)
        return to_figure(drawing, title, alt + ".")


def gradient_map(
    gradient: Array, title: str, field: ReceptiveField | None = None, index: int = 0
) -> Figure:
    """Heat map of how strongly each input pixel moves one output.

    Args:
        gradient: gradient of one output with respect to the input, (1, 3, H, W) or (3, H, W);
            its magnitude is summed over the colors and shown on a logarithmic scale.
        title: a few words.
        field: draw its square, the theoretical receptive field, over it.
        index: output position on both axes whose field it is.

    Raises:
        ValueError: another shape, or a gradient that is zero everywhere.
    """
    values = np.abs(_array(gradient))
    values = values[0] if values.ndim == 4 and values.shape[0] == 1 else values
    if values.ndim != 3 or not values.any():
        raise ValueError(
            f"gradient must be (3, H, W) or (1, 3, H, W) and not all zero, got {values.shape}"
        )
    strength = values.sum(0)
    rows, cols = np.nonzero(strength.any(1))[0], np.nonzero(strength.any(0))[0]
    height, width = strength.shape
    scaled = np.log10(np.maximum(strength / strength.max(), 1e-6))
    with look():
        drawing, axes = plt.subplots(figsize=(WIDTH, WIDTH * 0.86), layout="constrained")
        plt.close(drawing)
        shown = axes.imshow(np.where(strength > 0, scaled, np.nan), cmap=HEAT,
                            interpolation="none", extent=(0, width, height, 0), vmin=-6, vmax=0)
        bar = drawing.colorbar(shown, ax=axes, shrink=0.8, ticks=[-6, -4, -2, 0])
        bar.ax.set_yticklabels(["≤ 1e-6", "1e-4", "1e-2", "1"])
        bar.set_label("gradient, relative to the largest")
        bar.ax.spines["outline"].set_visible(False)
        if field is not None:
            first = field.start + index * field.jump
            axes.add_patch(_square(first, field.size, SERIES[1], linestyle="--"))
        axes.spines[:].set_visible(True)
        axes.set(title=title, xlabel="input column (pixels)", ylabel="input row (pixels)",
                 xlim=(0, width), ylim=(height, 0))
        half = int((strength > strength.max() / 2).sum())
        alt = (
            f"{title}. Heat map over {height} by {width} pixels. The gradient is not zero in rows "
            f"{rows[0]} to {rows[-1]} and columns {cols[0]} to {cols[-1]}; {half} pixels reach "
            f"half of the largest value."
        )
        if field is not None:
            alt += f" Dashed: the theoretical field, {field.size} pixels a side."
        return to_figure(drawing, title, alt)


def _square(first: int, size: int, color: str, **looks: Any) -> Rectangle:
    looks = {"linewidth": 2.2, **looks}
    return Rectangle((first, first), size, size, fill=False, edgecolor=color, **looks)


def _outside(first: int, size: int, side: int) -> str:
    beyond = max(0, -first) + max(0, first + size - side)
    return f", {beyond} of them outside the photograph" if beyond else ""


def _array(values: Array) -> NDArray[np.generic]:
    """As NumPy; floats of a tensor become 32 bits wide, since NumPy has no bfloat16."""
    if not isinstance(values, torch.Tensor):
        return np.asarray(values)
    values = values.detach().cpu()
    return (values.float() if values.is_floating_point() else values).numpy()
