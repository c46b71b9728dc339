"""Check of "SGD step": gradient descent with momentum and weight decay."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from resnet_lab.exercises.checking import AnswerError, attempt, exercise, kind_of, returned_items
from resnet_lab.exercises.integers import told_apart

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
SHARES = (1.0, -4.0, 12.0)
"""Three weights, and what the gradient of each is multiplied by."""


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
            slope = gradient * torch.tensor(SHARES, dtype=torch.float64)
            before = weight
            weight, velocity = _taken(answer, (weight, slope, velocity, lr, momentum, decay))
            wrong = ~torch.isclose(weight, expected[step], rtol=1e-9, atol=1e-12)
            if wrong.any():
                place = int(wrong.nonzero()[0])
                moved, wanted = told_apart(
                    (weight - before)[place].item(), (expected[step] - before)[place].item()
                )
                return (f"{words}, step {step + 1} of {len(gradients)} moves a weight of "
                        f"{before[place].item():.4g} by {moved}; torch moves it by {wanted}. (The "
                        f"gradient is {slope[place].item():g}, the rate {lr:g}.)")
    return None


def by_torch(
    gradients: Sequence[float], rates: Sequence[float], momentum: float, decay: float
) -> list[Tensor]:
    """The weight after each step of torch's optimizer."""
    weight = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=1.0, momentum=momentum, weight_decay=decay)
    after = []
    for gradient, lr in zip(gradients, rates, strict=True):
        optimizer.param_groups[0]["lr"] = lr
        weight.grad = gradient * torch.tensor(SHARES, dtype=torch.float64)
        optimizer.step()
        after.append(weight.detach().clone())
    return after


def _taken(answer: Step, arguments: tuple[Any, ...]) -> tuple[Tensor, Tensor]:
    weight, velocity = returned_items(attempt(answer, *arguments), 2, "the weight, the velocity")
    for returned in (weight, velocity):
        if not isinstance(returned, Tensor) or returned.shape != arguments[0].shape:
            raise AnswerError(f"The weight and the velocity that came in are tensors of shape "
                              f"{tuple(arguments[0].shape)}; back came {kind_of(returned)}.")
        if returned.dtype != arguments[0].dtype:
            raise AnswerError(f"The weight and the velocity that came in hold "
                              f"{arguments[0].dtype}; back came {returned.dtype}.")
    return weight.detach(), velocity.detach()
