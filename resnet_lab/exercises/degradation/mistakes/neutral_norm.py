"""Answers to "neutral norm": a batch normalization that changes nothing."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_lab.exercises.mistake import Mistake


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
    "check_neutral_norm": {
        "as asked": _norm(_deviation, _mean),
        "in double precision": lambda maps: _norm(_deviation, _mean)(maps).double(),
        "by powers": _norm(lambda m, v, e: torch.pow(v + e, 0.5), lambda m, v, e: m.clone()),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_neutral_norm": {
        "as it comes": Mistake(
            lambda maps: nn.BatchNorm2d(maps.shape[1]), "comes out with 0 and 1."
        ),
        "one and zero": Mistake(
            _norm(lambda m, v, e: torch.ones_like(m), lambda m, v, e: torch.zeros_like(m)),
            "comes out with 0 and 1.",
        ),
        "the variance": Mistake(
            _norm(lambda m, v, e: v, _mean), "deviation 0.287, and comes out with 0.497 and 0.0821"
        ),
        "eps forgotten": Mistake(
            _norm(lambda m, v, e: v.sqrt(), _mean),
            "channel 2 goes in with mean 0.02 and deviation 0.000964",
        ),
        "divided again": Mistake(
            _norm(lambda m, v, e: 1 / (v + e).sqrt(), _mean), "comes out with 0.497 and 3.49"
        ),
        "subtracted again": Mistake(
            _norm(_deviation, lambda m, v, e: -m), "comes out with -0.497 and 0.287"
        ),
        "no beta": Mistake(
            _norm(_deviation, lambda m, v, e: torch.zeros_like(m)), "comes out with 0 and 0.287"
        ),
        "exchanged": Mistake(_norm(_mean, _deviation), "comes out with 0.286 and 0.497"),
        "one number for all": Mistake(
            _norm(
                lambda m, v, e: v.mean().sqrt().expand(len(m)).clone(),
                lambda m, v, e: m.mean().expand(len(m)).clone(),
            ),
            "comes out with 0.604 and 0.953",
        ),
        "no statistics": Mistake(_fresh_statistics, "In evaluation, channel 0"),
        "one tensor for both": Mistake(_shared, "`bias` and `running_mean` are one tensor"),
        "frozen": Mistake(
            lambda maps: _norm(_deviation, _mean)(maps).requires_grad_(False),
            "gamma and beta can't be trained",
        ),
        "no norm": Mistake(lambda maps: nn.Identity(), "nn.BatchNorm2d, got Identity"),
        "the maps": Mistake(lambda maps: maps, "nn.BatchNorm2d, got Tensor of"),
        "no gamma": Mistake(
            lambda maps: nn.BatchNorm2d(maps.shape[1], affine=False), "5 channels, got NoneType"
        ),
        "the deviation that divides by one less": Mistake(
            _norm(lambda m, v, e: (v * 1024 / 1023 + e).sqrt(), _mean),
            "deviation 0.2866, and comes out with 0.497 and 0.2867.",
        ),
        "the mean without its sign": Mistake(
            _norm(_deviation, lambda m, v, e: m.abs()), "channel 4 goes in with mean -1.5"
        ),
    },
}
