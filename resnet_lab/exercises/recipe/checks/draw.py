"""Check of "draw": where the windows of a batch begin, and which are mirrored."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from resnet_lab.exercises.checking import (
    AnswerError,
    attempt_in_place,
    exercise,
    kind_of,
    returned_items,
)

DRAWN = ((4096, 4), (4096, 2), (512, 0))
"""Images and padding."""

PARTS = ("down", "right", "flipped")
Draw = Callable[[int, int, torch.Generator], tuple[Tensor, Tensor, Tensor]]


@exercise(
    "How many places has a window of the old size in an image that is larger by the padding on "
    "both sides?",
    "It may begin at 0, 1, and so on up to twice the padding. `torch.randint` leaves its upper "
    "end out.",
    "Ask for `N` numbers each time, hand the generator on with `generator=generator`, and compare "
    "`torch.rand` with one half.",
    right="Every place is as likely as any other, for each image apart.",
)
def check_draw(answer: Draw) -> str | None:
    """A function ``(N, padding, generator)``: rows, columns and flips, one for each image."""
    for images, padding in DRAWN:
        drawn, again, other = (_drawn(answer, images, padding, seed) for seed in (0, 0, 1))
        if loose := [name for name in PARTS if name not in _alike(drawn, again)]:
            return (f"Two generators with the same seed gave different `{loose[0]}`, so it comes "
                    "from elsewhere.")
        if fault := _offset_fault(drawn, padding) or _flip_fault(drawn):
            return f"With padding {padding}: {fault}"
        random = PARTS if padding else PARTS[2:]  # without padding a window has one place
        if fixed := [name for name in _alike(drawn, other) if name in random]:
            return f"Two generators with different seeds gave the same `{fixed[0]}`."
    return None


def _drawn(answer: Draw, images: int, padding: int, seed: int) -> Sequence[Tensor]:
    """The three tensors.

    Raises:
        AnswerError: what came back has another form.
    """
    generator = torch.Generator().manual_seed(seed)
    returned = attempt_in_place(answer, images, padding, generator)
    drawn = returned_items(returned, len(PARTS), "down, right, flipped")
    for name, tensor in zip(PARTS, drawn, strict=True):
        if not isinstance(tensor, Tensor) or tensor.shape != (images,):
            raise AnswerError(f"`{name}` must be a tensor with an entry for each of {images} "
                              f"images, got {kind_of(tensor)}.")
        if (tensor.dtype == torch.bool) != (name == "flipped") or tensor.is_floating_point():
            raise AnswerError(f"`{name}` holds {tensor.dtype}. Offsets are integers, flips are "
                              "booleans.")
    return drawn


def _alike(first: Sequence[Tensor], second: Sequence[Tensor]) -> list[str]:
    """Names of the tensors that are equal in two draws."""
    drawn = zip(PARTS, first, second, strict=True)
    return [name for name, one, other in drawn if torch.equal(one, other)]


def _offset_fault(drawn: Sequence[Tensor], padding: int) -> str | None:
    places = 2 * padding + 1
    for name, offsets in zip(("down", "right"), drawn, strict=False):
        low, high = (int(value) for value in offsets.aminmax())
        if low < 0 or high >= places:
            return f"`{name}` reaches from {low} to {high}. There the window leaves the image."
        counts = torch.bincount(offsets, minlength=places)
        if (counts == 0).any():
            return (f"`{name}` reaches from {low} to {high}, with {int((counts > 0).sum())} values "
                    f"in all. The window has more places than that.")
        if counts.max() > 1.5 * counts.min():
            return f"The places of `{name}` are drawn {counts.tolist()} times. Some are favored."
    if padding and _go_together(*drawn[:2]):
        return "`down` and `right` go together, so the window moves along a diagonal only."
    return None


def _flip_fault(drawn: Sequence[Tensor]) -> str | None:
    flipped = drawn[2]
    if drawn[0].any() and any(_go_together(offsets, flipped) for offsets in drawn[:2]):
        return "Whether an image is mirrored goes with its window."
    share = flipped.double().mean().item()
    if abs(share - 0.5) > 2.5 / len(flipped) ** 0.5:  # five standard deviations
        return f"{share:.0%} of {len(flipped)} images are mirrored."
    return None


def _go_together(first: Tensor, second: Tensor) -> bool:
    pair = torch.stack([first.double(), second.double()])
    return bool(torch.corrcoef(pair)[0, 1].abs() > 0.2)
