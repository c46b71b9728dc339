"""Check of chapter 16's step: gradient descent with momentum and weight decay."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from resnet_lab.exercises.checking import AnswerError, attempt, exercise

Step = Callable[[Tensor, Tensor, Tensor, float, float, float], tuple[Tensor, Tensor]]
Probe = tuple[str, tuple[float, ...], tuple[float, ...], float, float]

PROBES: tuple[Probe, ...] = (
    ("Without momentum and decay", (1.0, -2.0), (0.1, 0.1), 0.0, 0.0),
    ("With momentum and a constant gradient", (1.0, 1.0, 1.0), (0.1, 0.1, 0.1), 0.9, 0.0),
    ("With momentum and a gradient that ends", (1.0, 0.0, 0.0), (0.1, 0.1, 0.1), 0.9, 0.0),
    ("With decay alone, the gradient being zero", (0.0, 0.0), (0.1, 0.1), 0.0, 0.01),
    ("With decay and momentum", (0.5, -1.0, 0.0), (0.1, 0.1, 0.1), 0.9, 0.01),
    ("With a rate that falls to a tenth", (1.0, 1.0, 1.0, 1.0), (0.1, 0.1, 0.01, 0.01), 0.9, 0.0),
    ("With everything", (0.3, -1.0, 2.0, 0.1, 0.4), (0.1, 0.1, 0.01, 0.01, 0.001), 0.9, 1e-4),
)
"""In words, the gradients of the steps, their rates, momentum and weight decay."""

START = (2.0, -3.0, 0.5)


@exercise(
    "Three lines: decay joins the gradient, the gradient joins the velocity, the velocity moves "
    "the weight. In that order.",
    "Decay adds `decay * weight` to the gradient, with the weight as it is before the step. The "
    "old velocity is multiplied by `momentum`, the gradient by nothing.",
    "The rate stands in the last line only: `weight - lr * velocity`. So a velocity outlives a "
    "change of the rate without being scaled.",
    right="The weights are those of `torch.optim.SGD`, through a change of the rate.",
)
def check_sgd_step(answer: Step) -> str | None:
    """A function ``(weight, gradient, velocity, lr, momentum, decay)``: weight and velocity."""
    for words, gradients, rates, momentum, decay in PROBES:
        expected = by_torch(gradients, rates, momentum, decay)
        weight, velocity = torch.tensor(START, dtype=torch.float64), torch.zeros(3).double()
        for step, (gradient, lr) in enumerate(zip(gradients, rates, strict=True)):
            slope = torch.full_like(weight, gradient)
            before = weight
            weight, velocity = _taken(answer, (weight, slope, velocity, lr, momentum, decay))
            if not torch.allclose(weight, expected[step], rtol=1e-9, atol=1e-12):
                moved = (weight - before)[0].item()
                return (f"{words}, step {step + 1} of {len(gradients)} moves a weight of "
                        f"{before[0].item():.4g} by {moved:.4g}; torch moves it otherwise. (The "
                        f"gradient is {gradient:g}, the rate {lr:g}.)")
    return None


def by_torch(
    gradients: Sequence[float], rates: Sequence[float], momentum: float, decay: float
) -> list[Tensor]:
    """The weight behind each step of torch's optimizer."""
    weight = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=1.0, momentum=momentum, weight_decay=decay)
    after = []
    for gradient, lr in zip(gradients, rates, strict=True):
        optimizer.param_groups[0]["lr"] = lr
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
        after.append(weight.detach().clone())
    return after


def _taken(answer: Step, arguments: tuple[Any, ...]) -> tuple[Tensor, Tensor]:
    pair = attempt(answer, *arguments)
    form = [getattr(tensor, "shape", None) for tensor in pair] if isinstance(
        pair, (tuple, list)) else []
    if form != [torch.Size([3])] * 2:
        raise AnswerError(f"Return the weight and the velocity, both of the shape that came in; "
                          f"got {type(pair).__name__} with shapes {form}.")
    return pair[0], pair[1]


def _step(
    weight: Tensor, gradient: Tensor, velocity: Tensor, lr: float, momentum: float, decay: float,
    dampening: float = 0.0, sign: float = 1.0, nesterov: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    gradient = gradient + sign * decay * weight
    velocity = momentum * velocity + (1 - dampening) * gradient
    move = gradient + momentum * velocity if nesterov else velocity
    return weight - lr * move, velocity


def _decoupled(w: Tensor, g: Tensor, v: Tensor, lr: float, m: float, d: float) -> tuple[Any, Any]:
    v = m * v + g
    return w - lr * v - lr * d * w, v


def _rate_inside(w: Tensor, g: Tensor, v: Tensor, lr: float, m: float, d: float) -> tuple[Any, Any]:
    v = m * v + lr * (g + d * w)
    return w - v, v


def _decay_after(w: Tensor, g: Tensor, v: Tensor, lr: float, m: float, d: float) -> tuple[Any, Any]:
    v = m * v + g
    w = w - lr * v
    return w - lr * d * w, v


def _in_place(w: Tensor, g: Tensor, v: Tensor, lr: float, m: float, d: float) -> tuple[Any, Any]:
    g.add_(w, alpha=d)
    v.mul_(m).add_(g)
    return w.sub_(v, alpha=lr), v


RIGHT: dict[str, dict[str, Any]] = {
    "check_sgd_step": {
        "as written": _step,
        "in place": _in_place,
        "a velocity downhill": lambda w, g, v, lr, m, d: (
            w + lr * (m * v - g - d * w), m * v - g - d * w),
    },
}

WRONG: dict[str, dict[str, Any]] = {
    "check_sgd_step": {
        "dampening": lambda w, g, v, lr, m, d: _step(w, g, v, lr, m, d, dampening=m),
        "decay beside the velocity": _decoupled,
        "decay after the step": _decay_after,
        "decay grows the weight": partial(_step, sign=-1),
        "twice the decay": partial(_step, sign=2),
        "the rate in the velocity": _rate_inside,
        "Nesterov": partial(_step, nesterov=True),
        "uphill": lambda w, g, v, lr, m, d: _step(w, g, v, -lr, m, d),
        "no momentum": lambda w, g, v, lr, m, d: _step(w, g, torch.zeros_like(v), lr, m, d),
        "velocity not handed on": lambda *a: (_step(*a)[0], a[2]),
        "no decay": lambda w, g, v, lr, m, d: _step(w, g, v, lr, m, 0),
        "momentum on the gradient": lambda w, g, v, lr, m, d: (
            w - lr * (v + (1 - m) * (g + d * w)), m * v + g + d * w),
        "the other way round": lambda *a: _step(*a)[::-1],
        "the weight alone": lambda *a: _step(*a)[0],
    },
}
