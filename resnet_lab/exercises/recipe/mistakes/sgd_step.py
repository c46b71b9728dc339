"""Answers to "SGD step": gradient descent with momentum and weight decay."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from resnet_lab.exercises.mistake import Mistake


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


def _looked_ahead(
    w: Tensor, g: Tensor, v: Tensor, lr: float, m: float, d: float
) -> tuple[Any, Any]:
    v = m * v + g + d * (w - lr * m * v)
    return w - lr * v, v


def _clipped(w: Tensor, g: Tensor, v: Tensor, lr: float, m: float, d: float) -> tuple[Any, Any]:
    v = m * v + g + d * w
    return w - lr * v.clamp(-9, 9), v


RIGHT: dict[str, dict[str, Any]] = {
    "check_sgd_step": {
        "as written": _step,
        "in place": _in_place,
        "parameters": lambda *a: [torch.nn.Parameter(tensor) for tensor in _step(*a)],
        "a velocity downhill": lambda w, g, v, lr, m, d: (
            w + lr * (m * v - g - d * w),
            m * v - g - d * w,
        ),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_sgd_step": {
        "dampening": Mistake(
            lambda w, g, v, lr, m, d: _step(w, g, v, lr, m, d, dampening=m),
            "a constant gradient, step 1 of 3 moves a weight of 2 by -0.01;",
        ),
        "decay beside the velocity": Mistake(
            _decoupled, "With decay and momentum, step 2 of 3 moves a weight of 1.948 by 0.05305;"
        ),
        "decay after the step": Mistake(_decay_after, "With decay and momentum, step 1 of 3"),
        "decay grows the weight": Mistake(
            partial(_step, sign=-1), "step 1 of 2 moves a weight of 2 by 0.002;"
        ),
        "twice the decay": Mistake(partial(_step, sign=2), "moves a weight of 2 by -0.004;"),
        "the rate in the velocity": Mistake(
            _rate_inside, "With a rate that falls to a tenth, step 3"
        ),
        "Nesterov": Mistake(
            partial(_step, nesterov=True),
            "a constant gradient, step 1 of 3 moves a weight of 2 by -0.19;",
        ),
        "uphill": Mistake(
            lambda w, g, v, lr, m, d: _step(w, g, v, -lr, m, d),
            "Without momentum and decay, step 1 of 2 moves a weight of 2 by 0.1;",
        ),
        "no momentum": Mistake(
            lambda w, g, v, lr, m, d: _step(w, g, torch.zeros_like(v), lr, m, d),
            "a constant gradient, step 2 of 3 moves a weight of 1.9 by -0.1;",
        ),
        "velocity not handed on": Mistake(
            lambda *a: (_step(*a)[0], a[2]),
            "a constant gradient, step 2 of 3 moves a weight of 1.9 by -0.1;",
        ),
        "no decay": Mistake(
            lambda w, g, v, lr, m, d: _step(w, g, v, lr, m, 0),
            "With decay alone, the gradient being zero, step 1 of 2 moves a weight of 2 by 0;",
        ),
        "momentum on the gradient": Mistake(
            lambda w, g, v, lr, m, d: (w - lr * (v + (1 - m) * (g + d * w)), m * v + g + d * w),
            "Without momentum and decay, step 2 of 2 moves a weight of 1.9 by 0.1;",
        ),
        "the other way round": Mistake(
            lambda *a: _step(*a)[::-1], "step 1 of 2 moves a weight of 2 by -1;"
        ),
        "the weight alone": Mistake(
            lambda *a: _step(*a)[0], "Return a tuple of 2: the weight, the velocity"
        ),
        "arrays": Mistake(
            lambda *a: tuple(tensor.numpy() for tensor in _step(*a)),
            "back came ndarray of shape (3,)",
        ),
        "in single precision": Mistake(
            lambda *a: tuple(tensor.float() for tensor in _step(*a)), "back came torch.float32"
        ),
        "one gradient for all": Mistake(
            lambda w, g, *a: _step(w, g.mean().expand(3), *a),
            "Without momentum and decay, step 1 of 2 moves a weight of 2 by -0.3;",
        ),
        "a velocity that is clipped": Mistake(
            _clipped,
            "moves a weight of 0.5 by -0.9; torch moves it by -1.2. (The gradient is 12",
        ),
        "one number each": Mistake(
            lambda *a: tuple(tensor.sum() for tensor in _step(*a)), "back came Tensor of shape ()"
        ),
        "decay of the weight that is looked ahead": Mistake(
            _looked_ahead, "a weight of 1.948 by 0.0513;"
        ),
    },
}
