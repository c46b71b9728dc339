"""Check of "absorb bias": a bias that the normalization after it takes over."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from resnet_lab.exercises.checking import attempt, exercise, kind_of

CHANNELS, FEATURES, PIXELS = 3, 16, 32


@exercise(
    "Follow one number: the convolution adds the bias, then the normalization subtracts its mean.",
    "Without the bias everything before the normalization is lower by the bias.",
    "y + b - m is the same as y - (m - b).",
    right="The running mean takes the bias over; no output changes.",
)
def check_absorb_bias(answer: Callable[[Tensor, Tensor], Tensor]) -> str | None:
    """New running mean that makes the bias of the convolution in front superfluous."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2, CHANNELS, PIXELS, PIXELS, generator=generator)
    weight = torch.randn(FEATURES, CHANNELS, 3, 3, generator=generator) / 5
    bias, mean = torch.randn(2, FEATURES, generator=generator)
    variance = torch.ones(FEATURES)
    expected = F.batch_norm(F.conv2d(images, weight, bias), mean, variance)
    new_mean = attempt(answer, bias, mean)
    if not isinstance(new_mean, Tensor) or new_mean.shape != mean.shape:
        return (f"The new mean must be a tensor with one number for each of {FEATURES} channels, "
                f"got {kind_of(new_mean)}.")
    new_mean = new_mean.detach().to(mean.dtype)
    observed = F.batch_norm(F.conv2d(images, weight), new_mean, variance)
    gap = (observed - expected).abs().max().item()
    return None if gap < 1e-4 else (
        f"With your mean and no bias, outputs differ from before by up to {gap:.2f}."
    )
