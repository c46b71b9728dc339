"""Check of chapter 16's crop and flip, for a batch at once."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from resnet_lab.exercises.checking import attempt, exercise
from resnet_lab.training.batches import crop_and_flip

SHAPE = (5, 3, 6, 7)
PADDING = 2
Augment = Callable[[Tensor, int, Tensor, Tensor, Tensor], Tensor]
Case = tuple[str, tuple[int, ...], tuple[int, ...], tuple[bool, ...]]

KEPT, ALL_FLIPPED = (False,) * 5, (True,) * 5
CASES: tuple[Case, ...] = (
    ("where nothing is moved and nothing mirrored", (2,) * 5, (2,) * 5, KEPT),
    ("where every image is mirrored and none moved", (2,) * 5, (2,) * 5, ALL_FLIPPED),
    ("where only the first image is mirrored", (2,) * 5, (2,) * 5, (True, *KEPT[1:])),
    ("where all windows begin in the corner", (0,) * 5, (0,) * 5, KEPT),
    ("where the windows begin in different rows", (0, 1, 2, 3, 4), (2,) * 5, KEPT),
    ("where the windows begin in different columns", (2,) * 5, (4, 0, 3, 1, 2), KEPT),
    ("where windows are moved and mirrored", (0, 4, 1, 3, 2), (4, 1, 0, 2, 3),
     (True, False, True, True, False)),
)  # fmt: skip
"""In words, rows and columns at which the windows begin, and which are mirrored."""


@exercise(
    "Do it for one image, as `one_crop` does: pad, take the window, mirror it. Then see how to do "
    "it for all.",
    "A window of an image needs its own `down` and `right`; a loop over the batch may call "
    "`one_crop`, and `torch.stack` puts the results together.",
    "Pad the whole batch once with `F.pad(images, (padding,) * 4)`. Rows of image i are "
    "`down[i]` to `down[i] + H`, columns `right[i]` to `right[i] + W`; `.flip(-1)` mirrors.",
    right="Every window is that of the package, its padding zeros, the batch unchanged.",
)
def check_crop_and_flip(answer: Augment) -> str | None:
    """A function ``(images, padding, down, right, flipped)``: the windows of a batch."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(SHAPE, generator=generator) + 3  # zeros of the padding stand out
    for case in CASES:
        if fault := _fault(answer, images, PADDING, case):
            return fault
    one = ("of a single image without padding", (0,), (0,), (False,))
    return _fault(answer, images[:1], 0, one)


def _fault(answer: Augment, images: Tensor, padding: int, case: Case) -> str | None:
    words, down, right, flipped = case
    drawn = torch.tensor(down), torch.tensor(right), torch.tensor(flipped)
    expected = crop_and_flip(images, padding, *drawn)
    given = images.clone()

    def crop_and_flip_of_yours() -> Any:
        return answer(given, padding, *drawn)

    windows = attempt(crop_and_flip_of_yours)
    batch = f"In a batch {words}"
    if not isinstance(windows, Tensor) or windows.shape != images.shape:
        shape = tuple(getattr(windows, "shape", ()))
        return f"{batch}, {tuple(images.shape)} came out as {shape}. A window has the old size."
    if not torch.equal(given, images):
        return f"{batch}, the images that were handed in have changed."
    for place in range(len(images)):
        if not torch.equal(windows[place], expected[place]):
            return f"{batch}, image {place} is wrong. {_observed(windows[place], place, case)}"
    return None


def _observed(window: Tensor, place: int, case: Case) -> str:
    _, down, right, flipped = case
    mirrored = ", mirrored" if flipped[place] else ""
    corner = window[0, 0, -1 if flipped[place] else 0].item()
    begins = f"Its window begins at row {down[place]}, column {right[place]}{mirrored}"
    if down[place] < PADDING or right[place] < PADDING:
        return f"{begins}: the first pixel lies in the padding, and it holds {corner:.2f}."
    return f"{begins}; its first pixel holds {corner:.2f}."


def _windows(
    images: Tensor, padding: int, down: Tensor, right: Tensor, flipped: Tensor,
    pad: Callable[[Tensor, int], Tensor] = lambda x, p: F.pad(x, (p,) * 4),
    mirror: int = -1,
) -> Tensor:  # fmt: skip
    """One image after the other, with the mistakes that the table below asks for."""
    height, width = images.shape[2:]
    found = []
    for image, y, x, flip in zip(pad(images, padding), down, right, flipped, strict=True):
        window = image[:, y:y + height, x:x + width]
        found.append(window.flip(mirror) if flip else window)
    return torch.stack(found)


def _gathered(
    images: Tensor, padding: int, down: Tensor, right: Tensor, flipped: Tensor
) -> Tensor:
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


def _rolled(
    images: Tensor, padding: int, down: Tensor, right: Tensor, flipped: Tensor
) -> Tensor:
    moved = [
        image.roll((padding - int(y), padding - int(x)), (1, 2))
        for image, y, x in zip(images, down, right, strict=True)
    ]
    still = torch.full_like(down, padding)
    return _windows(torch.stack(moved), padding, still, still, flipped)


def _in_place(
    images: Tensor, padding: int, down: Tensor, right: Tensor, flipped: Tensor
) -> Tensor:
    return images.copy_(_windows(images, padding, down, right, flipped))


RIGHT: dict[str, dict[str, Any]] = {
    "check_crop_and_flip": {"a loop": _windows, "gathered": _gathered, "ours": crop_and_flip},
}

WRONG: dict[str, dict[str, Any]] = {
    "check_crop_and_flip": {
        "the same crop for all": _one_for_all,
        "rows for columns": lambda i, p, d, r, f: _windows(i, p, r, d, f),
        "mirrored before the crop": _flipped_first,
        "upside down": partial(_windows, mirror=-2),
        "all mirrored": lambda i, p, d, r, f: _windows(i, p, d, r, torch.ones_like(f)),
        "none mirrored": lambda i, p, d, r, f: _windows(i, p, d, r, torch.zeros_like(f)),
        "the others mirrored": lambda i, p, d, r, f: _windows(i, p, d, r, ~f),
        "padded before the mean": partial(
            _windows, pad=lambda x, p: F.pad(x, (p,) * 4, value=-x.mean().item())),
        "padded with the mean": partial(
            _windows, pad=lambda x, p: F.pad(x, (p,) * 4, value=x.mean().item())),
        "the edge repeated": partial(
            _windows, pad=lambda x, p: F.pad(x, (p,) * 4, mode="replicate")),
        "reflected": partial(
            _windows, pad=lambda x, p: F.pad(x, (p,) * 4, mode="reflect")),
        "rolled around": _rolled,
        "the whole padded image": lambda i, p, d, r, f: F.pad(i, (p,) * 4),
        "in place": _in_place,
        "one window": lambda i, p, d, r, f: _windows(i, p, d, r, f)[0],
    },
}
