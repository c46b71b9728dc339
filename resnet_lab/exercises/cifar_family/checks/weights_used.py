"""Check of chapter 14's count: weights of a kernel that ever read the input."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from resnet_lab.exercises.checking import call_text, exercise
from resnet_lab.exercises.integers import returned_integer

WINDOWS = ((1, 3, 1, 1), (2, 3, 2, 1), (2, 3, 1, 1), (4, 3, 2, 1), (1, 1, 2, 0), (1, 7, 2, 3),
           (3, 7, 2, 3), (2, 5, 1, 2), (3, 5, 4, 2), (3, 3, 2, 0), (8, 3, 1, 1))
"""Columns, kernel, stride and padding; some leave taps on the padding."""


@exercise(
    "A tap reads the input where its column is neither left of the first nor right of the last.",
    "Columns are counted from 0, so those of the input are 0 to I - 1.",
    "Rows go like columns: a weight is used if its row and its column are.",
    right="The other weights meet padding only: whatever the image, they are multiplied by zero.",
)
def check_weights_used(answer: Callable[[int, int, int, int], int]) -> str | None:
    """A function ``(I, K, S, P)``: weights of a K by K kernel that ever read the input."""
    for window in WINDOWS:
        count = returned_integer("a number of weights", answer, *window)
        columns, kernel, stride, padding = window
        if count != weights_used(*window):
            return (f"`{call_text(answer, *window)}` returned {count} of {kernel**2}. On a map of "
                    f"{columns} by {columns} positions, a gradient reaches another number "
                    f"of the weights of a {kernel}x{kernel} with stride {stride} and "
                    f"padding {padding}.")
    return None


@torch.enable_grad()
def weights_used(columns: int, kernel: int, stride: int, padding: int) -> int:
    """Weights of a kernel that a gradient reaches, where every number of the map is 1."""
    weight = torch.zeros(1, 1, kernel, kernel, requires_grad=True)
    F.conv2d(torch.ones(1, 1, columns, columns), weight, None, stride, padding).sum().backward()
    assert weight.grad is not None
    return int(weight.grad.count_nonzero())
