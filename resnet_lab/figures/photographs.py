"""Photographs side by side, pixel by pixel, with pixels left out."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from resnet_lab.checks import check_integer
from resnet_lab.figures.pictures import picture_grid
from resnet_lab.figures.style import look
from resnet_lab.figures.svg import Figure, to_figure

Array = NDArray[np.generic] | torch.Tensor


def photographs(
    images: Mapping[str, Array],
    title: str,
    *,
    keep: Mapping[str, Array] | None = None,
    columns: int = 2,
) -> Figure:
    """Color pictures in a grid; where a pixel is not kept, the page shows through.

    Args:
        images: name -> (H, W, 3), integers from 0 to 255.
        title: a few words above all of them.
        keep: name -> (H, W), true where a pixel is drawn; all of them without.
        columns: pictures side by side.

    Raises:
        TypeError: ``columns`` is no integer.
        ValueError: no images, another shape or values out of range, a mask of another shape
            or for no image, or ``columns`` below 1.
    """
    keep = keep or {}
    unknown = [name for name in keep if name not in images]
    if not images or unknown:
        raise ValueError(f"images must name every mask, got {list(images)}, keep={list(keep)}")
    check_integer("columns", columns, least=1)
    words = []
    with look():
        drawing, panels = picture_grid(len(images), columns)
        for axes, (name, image) in zip(panels, images.items(), strict=True):
            rgba = _with_alpha(name, image, keep.get(name))
            axes.imshow(rgba, interpolation="none")
            axes.set_title(name)
            height, width, _ = rgba.shape
            drawn = int((rgba[..., 3] > 0).sum())
            left_out = "" if drawn == height * width else f", {drawn:,} of {height * width:,} drawn"
            words.append(f"{name}: {height} by {width} pixels{left_out}")
        drawing.suptitle(title, fontsize=10)
        pictures = "One picture" if len(images) == 1 else f"{len(images)} pictures"
        return to_figure(drawing, title, f"{title}. {pictures}. {'; '.join(words)}.")


def _with_alpha(name: str, image: Array, mask: Array | None) -> NDArray[np.uint8]:
    pixels = torch.as_tensor(image).cpu().numpy()
    if pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise ValueError(f"images must be (H, W, 3), got {pixels.shape} for {name!r}")
    if pixels.dtype.kind not in "iu" or pixels.min() < 0 or pixels.max() > 255:
        raise ValueError(f"images must hold integers from 0 to 255, got others for {name!r}")
    shape = pixels.shape[:2]
    drawn = np.ones(shape) if mask is None else torch.as_tensor(mask).cpu().numpy()
    if drawn.shape != shape:
        raise ValueError(f"keep must be {shape} for {name!r}, got {drawn.shape}")
    return np.dstack([pixels, 255 * (drawn > 0)]).astype(np.uint8)
