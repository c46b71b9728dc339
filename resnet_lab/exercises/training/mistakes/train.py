"""Answers to the free exercise: a training loop to mend."""

from collections.abc import Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.training.checks.train import MOMENTUM, Batches


def _train(
    model: nn.Module, batches: Batches, rates: Sequence[float], momentum: float, decay: float,
    forget: bool = True, least: int = 1, dampening: float = 0.0, late: int = 0,
    training: bool = True, keep: bool = True, direction: float = 1.0, trained: int = 1,
) -> list[float]:  # fmt: skip
    """The loop by hand, with the mistakes that the table below asks for."""
    velocity = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    losses = []
    model.train(training)
    for step, (images, labels) in enumerate(batches):
        loss = F.cross_entropy(model(images), labels)
        if forget:
            model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for name, p in model.named_parameters():
                assert p.grad is not None
                slope = p.grad + (decay * p if p.dim() >= least else 0)
                velocity[name] = momentum * velocity[name] * keep + (1 - dampening) * slope
                if p.dim() >= trained:
                    p.sub_(direction * rates[step - late] * velocity[name])
        losses.append(loss.item())
    return losses


def _by_optimizer(
    model: nn.Module, batches: Batches, rates: Sequence[float], momentum: float, decay: float
) -> list[Tensor]:
    optimizer = torch.optim.SGD(model.parameters(), 1, momentum=momentum, weight_decay=decay)
    losses = []
    for step, (images, labels) in enumerate(batches):
        optimizer.param_groups[0]["lr"] = rates[step]
        optimizer.zero_grad()
        losses.append(F.cross_entropy(model.train()(images), labels))
        losses[-1].backward()
        optimizer.step()
    return losses


def _called_twice(model: nn.Module, batches: Batches, *settings: Any) -> list[float]:
    """Looks at what comes out for each batch before it trains."""
    for images, _ in batches:
        model(images)
    return _train(model, batches, *settings)


RIGHT: dict[str, dict[str, Any]] = {
    "check_train": {"by hand": _train, "torch's optimizer": _by_optimizer},
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_train": {
        "gradients pile up": Mistake(
            partial(_train, forget=False), "`0.weight` has gone 1.48 times as far"
        ),
        "decay for kernels alone": Mistake(
            partial(_train, least=2), "kernels are right, but not 1.weight, 4.bias"
        ),
        "matrices and kernels alone": Mistake(
            partial(_train, trained=2), "kernels are right, but not 1.weight, 1.bias, 4.bias"
        ),
        "dampening": Mistake(
            partial(_train, dampening=MOMENTUM),
            "0.20 times as far as with torch, in the same direction",
        ),
        "the rate of the step before": Mistake(
            partial(_train, late=1), "After 3 steps `0.weight` has gone 1.01 times"
        ),
        "the first rate for all": Mistake(
            lambda m, b, r, *a: _train(m, b, [r[0]] * len(r), *a),
            "After 3 steps `0.weight` has gone 1.37 times",
        ),
        "evaluation mode": Mistake(
            partial(_train, training=False), "The running mean is as it was before"
        ),
        "velocity forgotten": Mistake(
            partial(_train, keep=False), "After 2 steps `0.weight` has gone 0.63 times"
        ),
        "uphill": Mistake(partial(_train, direction=-1), "in the opposite direction"),
        "no decay": Mistake(
            lambda m, b, r, momentum, decay: _train(m, b, r, momentum, 0),
            "has gone 1.00 times as far as with torch, in another direction",
        ),
        "a little decay": Mistake(
            lambda m, b, r, momentum, decay: _train(m, b, r, momentum, 0.99 * decay),
            "`0.weight` has gone nearly where torch takes it, but misses it by",
        ),
        "a momentum that is typed": Mistake(
            lambda m, b, r, momentum, decay: _train(m, b, r, 0.9, decay),
            "After 2 steps `0.weight` has gone 1.0",
        ),
        "called twice": Mistake(
            _called_twice, "`1.running_mean` has gone 1.90 times as far as with torch, in the same "
            "direction. The network moves it each time that it is called."
        ),
        "a network of its own": Mistake(
            lambda m, *a: _train(deepcopy(m), *a), "The network is as it was before"
        ),
        "only the first batch": Mistake(
            lambda m, b, r, *a: _train(m, b[:1], r, *a), "1 losses came back after 2 steps"
        ),
        "losses doubled": Mistake(
            lambda *a: [2 * loss for loss in _train(*a)],
            "right after 1 step, but the losses that came back are [2.098].",
        ),
        "all four": Mistake(
            partial(_train, forget=False, least=2, dampening=MOMENTUM, late=1),
            "0.20 times as far as with torch, in the same direction",
        ),
        "no list": Mistake(
            lambda *a: "trained" if _train(*a) else "",
            "A list of losses was asked for; got 'trained'",
        ),
    },
}
