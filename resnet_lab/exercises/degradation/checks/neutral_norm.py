"""Checks for chapter 1, degradation; one more is in ``deepen``."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from resnet_lab.exercises.checking import attempt, exercise

Errors = dict[str, float]

VERDICTS = ("overfitting", "degradation", "neither")

PAIRS: tuple[tuple[Errors, Errors], ...] = (
    ({"train": 0.2, "test": 1.9}, {"train": 61.0, "test": 60.0}),
    ({"train": 5.0, "test": 9.0}, {"train": 12.0, "test": 13.0}),
    ({"train": 5.0, "test": 9.0}, {"train": 6.0, "test": 19.0}),
    ({"train": 8.0, "test": 9.0}, {"train": 1.0, "test": 12.0}),
    ({"train": 8.0, "test": 9.0}, {"train": 7.9, "test": 9.4}),
    ({"train": 8.0, "test": 9.0}, {"train": 0.5, "test": 8.0}),
    ({"train": 8.0, "test": 9.0}, {"train": 10.0, "test": 8.5}),
    ({"train": 40.0, "test": 45.0}, {"train": 30.0, "test": 50.0}),
)
"""Errors in percent of a shallow and a deep network."""

CHANNELS = {
    0: (0.5, 0.3), 1: (4.0, 2.0), 2: (0.02, 0.001), 3: (0.0, 0.0), 4: (1.5, 0.7),
}  # fmt: skip
"""Mean and deviation of each channel before the ReLU; the third hardly varies, the next never."""


@exercise(
    "First ask whether the deep network does worse on images that it has not seen. If it does not, "
    "nothing is wrong.",
    "What tells the two apart is the error on images that both were trained on.",
    "Both questions compare the deep network with the shallow one, `deep[...] > shallow[...]`.",
    right="Both questions compare the two networks, never one error with a fixed bound.",
)
def check_diagnose(answer: Callable[[Errors, Errors], str]) -> str | None:
    """A function of the errors of two networks that says what the deep one suffers from."""
    for shallow, deep in PAIRS:
        said = attempt(answer, shallow, deep)
        call = f"`{getattr(answer, '__name__', 'answer')}({shallow}, {deep})`"
        if said not in VERDICTS:
            return f"{call} returned {said!r}. It must be one of {', '.join(map(repr, VERDICTS))}."
        if said != diagnosis(shallow, deep):
            return (
                f"{call} returned {said!r}. Of the new images the deep network gets "
                f"{_compared(deep, shallow, 'test')} wrong than the shallow one, of those that "
                f"both were trained on {_compared(deep, shallow, 'train')}."
            )
    return None


def diagnosis(shallow: Errors, deep: Errors) -> str:
    """One of :data:`VERDICTS` on the deep network.

    Args:
        shallow: its errors in percent, ``"train"`` and ``"test"``.
        deep: those of the network with more layers.
    """
    if deep["test"] <= shallow["test"]:
        return "neither"
    return "degradation" if deep["train"] > shallow["train"] else "overfitting"


def _compared(deep: Errors, shallow: Errors, part: str) -> str:
    return "more" if deep[part] > shallow[part] else "fewer"


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
        return f"It must return the nn.BatchNorm2d, got something of type {type(norm).__name__}."
    for name in ("weight", "bias", "running_mean", "running_var"):
        found = getattr(norm, name)
        if not isinstance(found, Tensor) or found.shape != (len(CHANNELS),):
            return f"`{name}` must hold a number for each of {len(CHANNELS)} channels: {found!r}."
    if norm.bias.data_ptr() == norm.running_mean.data_ptr():  # type: ignore[union-attr]
        return ("`bias` and `running_mean` are one tensor, so each batch in training would change "
                "both.")
    if not (norm.weight.requires_grad and norm.bias.requires_grad):
        return "Its gamma and beta can't be trained: `requires_grad` is False."
    for training in (True, False):
        if fault := _channel_fault(deepcopy(norm).train(training), maps):
            return f"In {'training' if training else 'evaluation'}, {fault}"
    return None


@torch.no_grad()
def _channel_fault(norm: nn.BatchNorm2d, maps: Tensor) -> str | None:
    """The first channel that comes out otherwise than it went in."""
    for channel, (given, found) in enumerate(
        zip(maps.unbind(1), norm(maps).unbind(1), strict=True)
    ):
        slack = 1e-3 * given.std() + 1e-6
        if not (found - given).abs().max() <= slack:  # true of nan, too
            return (
                f"channel {channel} goes in with mean {_short(given.mean())} and deviation "
                f"{_short(given.std())}, and comes out with {_short(found.mean())} and "
                f"{_short(found.std())}."
            )
    return None


def _short(value: Tensor) -> str:
    return f"{round(value.item(), 6) + 0.0:.3g}"


def _maps() -> Tensor:
    """Maps as a ReLU puts them out, ``N, C, H, W``."""
    noise = torch.randn(16, len(CHANNELS), 8, 8, generator=torch.Generator().manual_seed(0))
    for channel, (mean, deviation) in CHANNELS.items():
        noise[:, channel] = mean + deviation * noise[:, channel]
    return noise.relu()


def _norm(gamma: Callable[..., Tensor], beta: Callable[..., Tensor]) -> Callable[..., nn.Module]:
    """A function that makes a norm; gamma and beta are made from mean, variance and eps."""
    def make(maps: Tensor) -> nn.Module:
        norm = nn.BatchNorm2d(maps.shape[1])
        mean, variance = maps.mean((0, 2, 3)), maps.var((0, 2, 3), correction=0)
        norm.weight.data = gamma(mean, variance, norm.eps)
        norm.bias.data = beta(mean, variance, norm.eps)
        norm.running_mean, norm.running_var = mean.clone(), variance.clone()
        return norm

    return make


def _deviation(mean: Tensor, variance: Tensor, eps: float) -> Tensor:
    return (variance + eps).sqrt()


def _mean(mean: Tensor, variance: Tensor, eps: float) -> Tensor:
    return mean


def _fresh_statistics(maps: Tensor) -> nn.Module:
    norm = _norm(_deviation, _mean)(maps)
    norm.reset_running_stats()  # type: ignore[operator]
    return norm


def _shared(maps: Tensor) -> nn.Module:
    norm: Any = _norm(_deviation, _mean)(maps)
    norm.running_mean = norm.bias.data
    return norm


RIGHT: dict[str, dict[str, Any]] = {
    "check_diagnose": {
        "as asked": diagnosis,
        "by signs": lambda s, d: VERDICTS[
            2 if d["test"] <= s["test"] else int(d["train"] > s["train"])],
    },
    "check_neutral_norm": {
        "as asked": _norm(_deviation, _mean),
        "by powers": _norm(lambda m, v, e: torch.pow(v + e, 0.5), lambda m, v, e: m.clone()),
    },
}

WRONG: dict[str, dict[str, Any]] = {
    "check_diagnose": {
        "by the gap": lambda s, d: "overfitting" if d["test"] - d["train"] > s["test"] - s[
            "train"] else "degradation" if d["test"] > s["test"] else "neither",
        "the deep one alone": lambda s, d: "neither" if d["test"] <= s["test"] else
            "overfitting" if d["train"] < d["test"] else "degradation",
        "a fixed bound": lambda s, d: "neither" if d["test"] <= s["test"] else
            "degradation" if d["train"] > 10 else "overfitting",
        "test errors alone": lambda s, d: "degradation" if d["test"] > s["test"] else "neither",
        "training errors alone": lambda s, d: "degradation" if d["train"] > s["train"] else
            "overfitting",
        "exchanged": lambda s, d: "neither" if d["test"] <= s["test"] else
            "overfitting" if d["train"] > s["train"] else "degradation",
        "another word": lambda s, d: "worse",
    },
    "check_neutral_norm": {
        "as it comes": lambda maps: nn.BatchNorm2d(maps.shape[1]),
        "one and zero": _norm(lambda m, v, e: torch.ones_like(m),
                              lambda m, v, e: torch.zeros_like(m)),
        "the variance": _norm(lambda m, v, e: v, _mean),
        "eps forgotten": _norm(lambda m, v, e: v.sqrt(), _mean),
        "divided again": _norm(lambda m, v, e: 1 / (v + e).sqrt(), _mean),
        "subtracted again": _norm(_deviation, lambda m, v, e: -m),
        "no beta": _norm(_deviation, lambda m, v, e: torch.zeros_like(m)),
        "exchanged": _norm(_mean, _deviation),
        "one number for all": _norm(lambda m, v, e: v.mean().sqrt().expand(len(m)).clone(),
                                    lambda m, v, e: m.mean().expand(len(m)).clone()),
        "no statistics": _fresh_statistics, "one tensor for both": _shared,
        "frozen": lambda maps: _norm(_deviation, _mean)(maps).requires_grad_(False),
        "no norm": lambda maps: nn.Identity(),
        "the maps": lambda maps: maps,
    },
}
