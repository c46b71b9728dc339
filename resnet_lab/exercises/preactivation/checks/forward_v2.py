"""Checks for chapter 13, pre-activation: the order of a block, and factors on its shortcut.

Those of the whole block and of its parameters are in ``preact_block`` and ``preact_count``.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_lab.exercises.checking import AnswerError, attempt, exercise

CHANNELS, PIXELS = 6, 8
Forward = Callable[[Tensor, nn.Module, nn.Module, nn.Module, nn.Module], Tensor]

FACTORS: list[tuple[list[float], int, int]] = [
    ([0.5, 0.5, 0.5], 0, 3),
    ([0.5, 0.25, 2.0, 3.0], 1, 3),
    ([0.9, 1.0, 0.8, 0.7, 0.6], 0, 2),
    ([0.9, 1.0, 0.8, 0.7, 0.6], 2, 5),
    ([0.3, 0.0, 5.0], 2, 3),
    ([0.3, 0.0, 5.0], 0, 3),
    ([-1.0, 2.0, -0.5], 0, 2),
    ([0.4, 0.6], 1, 1),
]
"""Factors of the shortcuts, and the two places ``l`` and ``L``."""


@exercise(
    "Before each convolution stand a BN and a ReLU, in this order; behind the sum stands nothing.",
    "bn1 now normalizes the input of the block. Which of the four layers comes first?",
    "conv1 reads F.relu(bn1(x)). conv2 reads the same of bn2 and of what conv1 gave.",
    "The shortcut adds x as it came in, before any activation.",
    right="The branch sees normalized values, and the shortcut carries the input as it was.",
)
def check_forward_v2(answer: Forward) -> str | None:
    """The forward pass of a block, rearranged from v1 to v2."""
    x, layers = _input(), _layers()
    name = getattr(answer, "__name__", "answer")
    observed, read = _observe(answer, x, layers)
    if not isinstance(observed, Tensor) or observed.shape != x.shape:
        return f"`{name}` must return a tensor of shape {tuple(x.shape)}."
    for conv in ("conv1", "conv2"):
        if conv not in read:
            return f"`{conv}` was not called."
        if read[conv].min() < 0:
            return f"`{conv}` was given values below zero: no ReLU stands just before it."
    louder = _observe(answer, 10 * x, layers)[1]
    for conv in ("conv1", "conv2"):
        if not torch.allclose(louder[conv], read[conv], atol=1e-3):
            return (f"With an input ten times as large, `{conv}` was given other values than "
                    "before. In training, a BN before it would have taken that away.")
    quiet = _layers()
    nn.init.zeros_(cast(nn.Conv2d, quiet[2]).weight)
    changed = (_observe(answer, x, quiet)[0] - x).abs() > 1e-6
    if changed.any():
        share = changed.double().mean().item()
        return (f"With a `conv2` of zeros the branch adds nothing, so the block must put out its "
                f"input. {share:.0%} of the values come out changed.")
    return _comparison(answer, x, layers, observed)


def _input() -> Tensor:
    shape = (3, CHANNELS, PIXELS, PIXELS)
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def _layers() -> tuple[nn.Module, ...]:
    """conv1, bn1, conv2 and bn2, each with weights of its own."""
    generator = torch.Generator().manual_seed(1)
    layers = tuple(
        kind() for kind in (
            lambda: nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False),
            lambda: nn.BatchNorm2d(CHANNELS),
        ) * 2
    )
    for layer in layers:
        for parameter in layer.double().parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.data = noise / 4 + (parameter.dim() == 1)
    return layers


def _observe(
    answer: Forward, x: Tensor, layers: tuple[nn.Module, ...]
) -> tuple[Tensor, dict[str, Tensor]]:
    """What a forward pass returns, and what each convolution was given in it."""
    read: dict[str, Tensor] = {}
    hooks = [
        layer.register_forward_pre_hook(
            lambda _, given, name=name: read.__setitem__(name, given[0].detach().clone())
        )
        for name, layer in (("conv1", layers[0]), ("conv2", layers[2]))
    ]
    before = x.detach().clone()

    def call() -> Tensor:
        return answer(x, *layers)

    call.__name__ = getattr(answer, "__name__", "answer")
    try:
        observed = attempt(call) if callable(answer) else attempt(answer)
    finally:
        for hook in hooks:
            hook.remove()
    if not torch.equal(x, before):
        raise AnswerError("The input of the block was changed in place; others still need it.")
    return observed, read


def _reference(x: Tensor, *layers: nn.Module) -> Tensor:
    conv1, bn1, conv2, bn2 = layers
    return x + conv2(F.relu(bn2(conv1(F.relu(bn1(x))))))


def _comparison(
    answer: Forward, x: Tensor, layers: tuple[nn.Module, ...], observed: Tensor
) -> str | None:
    expected = _reference(x, *layers)
    gap = (observed - expected).abs().max().item()
    if gap > 1e-6:
        return (f"Each convolution is given what it should be, but the outputs differ from those "
                f"of a v2 block with the same weights by up to {gap:.2f}.")
    x = x.requires_grad_()
    parameters = [parameter for layer in layers for parameter in layer.parameters()]
    pairs = []
    for forward in (answer, _reference):
        output = forward(x, *layers)
        if not output.requires_grad:
            return "The values are right, but no gradient comes back from the output."
        pairs.append(torch.autograd.grad(
            (output**2).sum(), [x, *parameters], allow_unused=True))
    for theirs, ours in zip(*pairs, strict=True):
        if theirs is None or not torch.allclose(theirs, ours, rtol=1e-4, atol=1e-6):
            return ("The values are right, but the gradient is not that of the block: it must "
                    "come back on both paths.")
    return None


@exercise(
    "With branches of zero, x at L is x at l times something. Write out two blocks.",
    "Block i takes x_i to x_{i+1} and multiplies by factors[i] on the way.",
    "From x_l to x_L the signal passes the blocks l to L - 1, and their factors multiply.",
    right="One factor a block, from l to L - 1. Without a block between them the factor is 1.",
)
def check_direct_factor(answer: Callable[[Sequence[float], int, int], float]) -> str | None:
    """A function ``(factors, l, L)``: what the direct term of the gradient is multiplied by."""
    for factors, start, end in FACTORS:
        returned = attempt(answer, factors, start, end)
        try:
            factor = float(returned)
        except (TypeError, ValueError, RuntimeError):
            return f"Return one number; for {factors}, l = {start}, L = {end} came {returned!r}."
        if not math.isclose(factor, _derivative(factors, start, end), abs_tol=1e-6):
            return (f"For the factors {factors}, l = {start} and L = {end} it returned "
                    f"{factor:g}. Moving x_{start} by 1 moves x_{end} by another amount.")
    return None


def _derivative(factors: Sequence[float], start: int, end: int) -> float:
    """How far x at ``end`` moves with x at ``start``, where the branches are constants."""
    x = at_start = torch.zeros((), dtype=torch.float64, requires_grad=True)
    for factor in factors[start:end]:
        x = factor * x + 1.0
    return torch.autograd.grad(x, at_start)[0].item() if x is not at_start else 1.0


def _rearranged(**changes: Any) -> Forward:
    """The forward pass of v2, or one with another step in it."""
    first = changes.get("first", lambda bn, x: F.relu(bn(x)))
    second = changes.get("second", lambda bn, x: F.relu(bn(x)))
    join = changes.get("join", lambda x, activated, branch: x + branch)

    def forward_v2(
        x: Tensor, conv1: nn.Module, bn1: nn.Module, conv2: nn.Module, bn2: nn.Module
    ) -> Tensor:
        if changes.get("swapped"):
            bn1, bn2 = bn2, bn1
        activated = first(bn1, x)
        return join(x, activated, conv2(second(bn2, conv1(activated))))

    return forward_v2


def _original(x: Tensor, conv1: Any, bn1: Any, conv2: Any, bn2: Any) -> Tensor:
    return F.relu(x + bn2(conv2(F.relu(bn1(conv1(x))))))


RIGHT: dict[str, dict[str, Any]] = {
    "check_forward_v2": {
        "as asked": _rearranged(),
        "in place": _rearranged(first=lambda bn, x: F.relu_(bn(x))),
        "clamped": _rearranged(second=lambda bn, x: bn(x).clamp(min=0)),
        "the branch first": _rearranged(join=lambda x, activated, branch: branch + x),
    },
    "check_direct_factor": {
        "a product": lambda factors, start, end: math.prod(factors[start:end]),
        "a tensor": lambda factors, start, end: torch.tensor(factors[start:end]).prod(),
        "NumPy's": lambda factors, start, end: np.prod(factors[start:end]),
    },
}

WRONG: dict[str, dict[str, Any]] = {
    "check_forward_v2": {
        "still v1": _original,
        "v1 without the last ReLU": lambda x, c1, b1, c2, b2: x + b2(c2(F.relu(b1(c1(x))))),
        "a ReLU after the sum": _rearranged(join=lambda x, _, branch: F.relu(x + branch)),
        "ReLU first, then BN": _rearranged(first=lambda bn, x: bn(F.relu(x))),
        "ReLU alone": _rearranged(first=lambda bn, x: F.relu(x)),
        "BN alone": _rearranged(first=lambda bn, x: bn(x)),
        "nothing before conv2": _rearranged(second=lambda bn, x: x),
        "shortcut after the activation": _rearranged(join=lambda _, given, branch: given + branch),
        "no shortcut": _rearranged(join=lambda x, activated, branch: branch),
        "half of the shortcut": _rearranged(join=lambda x, _, branch: 0.5 * x + branch),
        "a branch taken off": _rearranged(join=lambda x, _, branch: x - branch),
        "the two BNs swapped": _rearranged(swapped=True),
        "a detached shortcut": _rearranged(join=lambda x, _, branch: x.detach() + branch),
        "a detached output": _rearranged(join=lambda x, _, branch: (x + branch).detach()),
        "the input overwritten": _rearranged(join=lambda x, _, branch: x.detach().add_(branch)),
        "a list": _rearranged(join=lambda x, _, branch: [x, branch]),
    },
    "check_direct_factor": {
        "all factors": lambda factors, start, end: math.prod(factors),
        "one too many": lambda factors, start, end: math.prod(factors[start : end + 1]),
        "one too few": lambda factors, start, end: math.prod(factors[start + 1 : end]),
        "added up": lambda factors, start, end: sum(factors[start:end]),
        "a power of the first": lambda factors, start, end: factors[start] ** (end - start),
        "always 1": lambda factors, start, end: 1,
        "a list": lambda factors, start, end: factors[start:end],
    },
}
