"""Answers to "crop and flip": the windows of a batch at once."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.training.batches import crop_and_flip


def _windows(
    images: Tensor, padding: int, down: Tensor, right: Tensor, flipped: Tensor,
    pad: Callable[[Tensor, int], Tensor] = lambda x, p: F.pad(x, (p,) * 4),
    mirror: int = -1,
) -> Tensor:  # fmt: skip
    """One image after the other, with the mistakes that the table below asks for."""
    height, width = images.shape[2:]
    found = []
    for image, y, x, flip in zip(pad(images, padding), down, right, flipped, strict=True):
        window = image[:, y : y + height, x : x + width]
        found.append(window.flip(mirror) if flip else window)
    return torch.stack(found)


def _gathered(images: Tensor, padding: int, down: Tensor, right: Tensor, flipped: Tensor) -> Tensor:
    height, width = images.shape[2:]
    padded = F.pad(images, (padding,) * 4)
    rows = (down[:, None] + torch.arange(height))[:, None, :, None]
    columns = (right[:, None] + torch.arange(width))[:, None, None, :]
    place = torch.arange(len(images))[:, None, None, None]
    channel = torch.arange(images.shape[1])[None, :, None, None]
    windows = padded[place, channel, rows, columns]
    return torch.where(flipped[:, None, None, None], windows.flip(-1), windows)


def _one_for_all(
    images: Tensor, padding: int, down: Tensor, right: Tensor, flipped: Tensor
) -> Tensor:
    count = len(images)
    return _windows(images, padding, down[:1].expand(count), right[:1].expand(count), flipped)


def _flipped_first(
    images: Tensor, padding: int, down: Tensor, right: Tensor, flipped: Tensor
) -> Tensor:
    mirrored = torch.where(flipped[:, None, None, None], images.flip(-1), images)
    return _windows(mirrored, padding, down, right, torch.zeros_like(flipped))


def _rolled(images: Tensor, padding: int, down: Tensor, right: Tensor, flipped: Tensor) -> Tensor:
    moved = [
        image.roll((padding - int(y), padding - int(x)), (1, 2))
        for image, y, x in zip(images, down, right, strict=True)
    ]
    still = torch.full_like(down, padding)
    return _windows(torch.stack(moved), padding, still, still, flipped)


def _in_place(images: Tensor, padding: int, down: Tensor, right: Tensor, flipped: Tensor) -> Tensor:
    return images.copy_(_windows(images, padding, down, right, flipped))


def _rounded(images: Tensor, padding: int, down: Tensor, right: Tensor, flipped: Tensor) -> Tensor:
    """In double precision, and off by what interpolation would round."""
    return _windows(images, padding, down, right, flipped).double() * (1 + 1e-7)


def _missing(images: Any, padding: int, down: Tensor, right: Tensor, flipped: Tensor) -> Tensor:
    return images.pad(padding)


RIGHT: dict[str, dict[str, Any]] = {
    "check_crop_and_flip": {
        "a loop": _windows, "gathered": _gathered, "ours": crop_and_flip, "rounded": _rounded,
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_crop_and_flip": {
        "the same crop for all": Mistake(_one_for_all, "begin in different rows, image 1 is wrong"),
        "rows for columns": Mistake(
            lambda i, p, d, r, f: _windows(i, p, r, d, f),
            "begin in different rows, image 0 is wrong",
        ),
        "mirrored before the crop": Mistake(_flipped_first, "moved and mirrored, image 0 is wrong"),
        "upside down": Mistake(
            partial(_windows, mirror=-2),
            "At row 0, column 0 it holds 3.25 and should hold 2.68.",
        ),
        "all mirrored": Mistake(
            lambda i, p, d, r, f: _windows(i, p, d, r, torch.ones_like(f)),
            "nothing is moved and nothing mirrored, image 0",
        ),
        "none mirrored": Mistake(
            lambda i, p, d, r, f: _windows(i, p, d, r, torch.zeros_like(f)),
            "At row 0, column 0 it holds 1.87 and should hold 2.68.",
        ),
        "the others mirrored": Mistake(
            lambda i, p, d, r, f: _windows(i, p, d, r, ~f),
            "nothing is moved and nothing mirrored, image 0",
        ),
        "padded before the mean": Mistake(
            partial(_windows, pad=lambda x, p: F.pad(x, (p,) * 4, value=-x.mean().item())),
            "holds -3.06 and should hold a zero of the padding",
        ),
        "padded with the mean": Mistake(
            partial(_windows, pad=lambda x, p: F.pad(x, (p,) * 4, value=x.mean().item())),
            "holds 3.06 and should hold a zero of the padding",
        ),
        "the edge repeated": Mistake(
            partial(_windows, pad=lambda x, p: F.pad(x, (p,) * 4, mode="replicate")),
            "holds 1.87 and should hold a zero of the padding",
        ),
        "reflected": Mistake(
            partial(_windows, pad=lambda x, p: F.pad(x, (p,) * 4, mode="reflect")),
            "holds 1.65 and should hold a zero of the padding",
        ),
        "rolled around": Mistake(_rolled, "holds 3.03 and should hold a zero of the padding"),
        "the whole padded image": Mistake(
            lambda i, p, d, r, f: F.pad(i, (p,) * 4), "got Tensor of shape (5, 3, 10, 11)"
        ),
        "in place": Mistake(_in_place, "the images that were handed in have changed"),
        "one window": Mistake(
            lambda i, p, d, r, f: _windows(i, p, d, r, f)[0], "got Tensor of shape (3, 6, 7)"
        ),
        "an array": Mistake(lambda *a: _windows(*a).numpy(), "got ndarray of shape (5, 3, 6, 7)"),
        "padded where no padding is": Mistake(
            lambda i, p, d, r, f: _windows(i, p or 2, d, r, f),
            "without padding, image 0 is wrong. Its window begins at row 0, column 0 of",
        ),
        "a name that is not there": Mistake(
            _missing, "`_missing(<Tensor of shape (5, 3, 6, 7)>, 2, "
        ),
    },
}
