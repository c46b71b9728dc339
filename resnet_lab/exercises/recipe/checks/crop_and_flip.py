"""Check of "crop and flip": the windows of a batch at once."""

from collections.abc import Callable

import torch
from torch import Tensor

from resnet_lab.exercises.checking import attempt_in_place, exercise, kind_of
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
    windows = attempt_in_place(answer, given, padding, *drawn)
    batch = f"In a batch {words}"
    if not isinstance(windows, Tensor) or windows.shape != images.shape:
        return (f"{batch}, a tensor of shape {tuple(images.shape)} was asked for; got "
                f"{kind_of(windows)}. A window has the old size.")
    if not torch.equal(given, images):
        return f"{batch}, the images that were handed in have changed."
    wrong = ~torch.isclose(windows, expected.to(windows.dtype))
    if not wrong.any():
        return None
    place, channel, row, column = wrong.nonzero()[0].tolist()
    mirrored = ", mirrored" if flipped[place] else ""
    found, expected_one = (maps[place, channel, row, column] for maps in (windows, expected))
    right_one = f"{expected_one:.2f}" if expected_one else "a zero of the padding"
    return (f"{batch}, image {place} is wrong. Its window begins at row {down[place]}, column "
            f"{right[place]} of the padded image{mirrored}. At row {row}, column {column} it holds "
            f"{found:.2f} and should hold {right_one}.")
