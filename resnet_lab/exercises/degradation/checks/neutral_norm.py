"""Check of "neutral norm": a batch normalization that changes nothing."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn

from resnet_lab.exercises.checking import attempt, exercise, kind_of
from resnet_lab.exercises.integers import told_apart

CHANNELS = {
    0: (0.5, 0.3), 1: (4.0, 2.0), 2: (0.02, 0.001), 3: (0.0, 0.0), 4: (-1.5, 0.7),
}  # fmt: skip
"""Mean and deviation of each channel; the third hardly varies, the next never.

All but the last go through a ReLU then.
"""


@exercise(
    "In training, a BN subtracts a number from each channel and divides by another. Undo the two "
    "in reverse order.",
    "What was divided out comes back by gamma, what was subtracted by beta.",
    "It divides by the root of variance plus `norm.eps`, not by the root of the variance alone.",
    right="In training and in evaluation it puts out what it is given, faint channels included.",
)
def check_neutral_norm(answer: Callable[[Tensor], nn.Module]) -> str | None:
    """A function from maps to a batch normalization that passes them on unchanged."""
    maps = _maps()
    norm = attempt(answer, maps)
    if not isinstance(norm, nn.BatchNorm2d):
        return f"It must return the nn.BatchNorm2d, got {kind_of(norm)}."
    for name in ("weight", "bias", "running_mean", "running_var"):
        found = getattr(norm, name)
        if not isinstance(found, Tensor) or found.shape != (len(CHANNELS),):
            return (f"`{name}` must hold a number for each of {len(CHANNELS)} channels, got "
                    f"{kind_of(found)}.")
    if norm.bias.data_ptr() == norm.running_mean.data_ptr():  # type: ignore[union-attr]
        return ("`bias` and `running_mean` are one tensor, so each batch in training would change "
                "both.")
    if not (norm.weight.requires_grad and norm.bias.requires_grad):
        return "Its gamma and beta can't be trained: `requires_grad` is False."
    for training in (True, False):
        if fault := _channel_fault(deepcopy(norm).to(maps.dtype).train(training), maps):
            return f"In {'training' if training else 'evaluation'}, {fault}"
    return None


@torch.no_grad()
def _channel_fault(norm: nn.BatchNorm2d, maps: Tensor) -> str | None:
    """The first channel that comes out otherwise than it went in."""
    for channel, (given, found) in enumerate(
        zip(maps.unbind(1), norm(maps).unbind(1), strict=True)
    ):
        slack = 1e-3 * given.std() + 1e-6
        difference = (found - given).abs().max()
        if not difference <= slack:  # true of nan, too
            mean = told_apart(_rounded(given.mean()), _rounded(found.mean()), digits=3)
            deviation = told_apart(_rounded(given.std()), _rounded(found.std()), digits=3)
            return (
                f"channel {channel} goes in with mean {mean[0]} and deviation {deviation[0]}, and "
                f"comes out with {mean[1]} and {deviation[1]}. Values differ by up to "
                f"{difference:.2g}."
            )
    return None


def _rounded(value: Tensor) -> float:
    return round(value.item(), 6) + 0.0


def _maps() -> Tensor:
    """Maps ``N, C, H, W``, most of them as a ReLU puts them out."""
    noise = torch.randn(16, len(CHANNELS), 8, 8, generator=torch.Generator().manual_seed(0))
    for channel, (mean, deviation) in CHANNELS.items():
        noise[:, channel] = mean + deviation * noise[:, channel]
    return torch.where(noise.mean((0, 2, 3))[:, None, None] < 0, noise, noise.relu())
