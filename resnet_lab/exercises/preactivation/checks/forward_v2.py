"""Check of chapter 13's exercise on the order of a block: v1 rearranged to v2."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from resnet_lab.exercises.checking import AnswerError, attempt_in_place, exercise, kind_of
from resnet_lab.exercises.comparison import comparison_fault
from resnet_lab.models.plan import BlockPlan
from resnet_lab.models.preactivation import PreActBasicBlock

CHANNELS, PIXELS = 6, 8
Forward = Callable[[Tensor, nn.Module, nn.Module, nn.Module, nn.Module], Tensor]
Layers = tuple[nn.Module, nn.Module, nn.Module, nn.Module]


@exercise(
    "Before each convolution stand a BN and a ReLU, in this order; after the sum stands nothing.",
    "bn1 now normalizes the input of the block. Which of the four layers comes first?",
    "conv1 reads F.relu(bn1(x)). conv2 reads the same of bn2 and of what conv1 gave.",
    "The shortcut adds x as it came in, before any activation.",
    right="The branch sees normalized values, and the shortcut carries the input as it was.",
)
def check_forward_v2(answer: Forward) -> str | None:
    """The forward pass of a block, rearranged from v1 to v2."""
    x, layers = _images(PIXELS), _layers()
    observed, read = _observe(answer, x, layers)
    if not isinstance(observed, Tensor) or observed.shape != x.shape:
        return f"A tensor of shape {tuple(x.shape)} was asked for; got {kind_of(observed)}."
    louder = _observe(answer, 10 * x, layers)[1]
    return (
        _activation_fault(x, read)
        or _normalization_fault(read, louder)
        or _shortcut_fault(answer, x)
        or comparison_fault(
            _Block(answer), _reference(), [_images(PIXELS), _images(PIXELS - 1)], "a v2 block")
    )


class _Block(nn.Module):
    """The learner's forward pass with layers of its own."""

    def __init__(self, rearranged: Forward) -> None:
        super().__init__()
        self.rearranged = rearranged
        self.conv1, self.bn1, self.conv2, self.bn2 = _layers()

    def forward(self, x: Tensor) -> Tensor:
        return self.rearranged(x, self.conv1, self.bn1, self.conv2, self.bn2)


def _reference() -> nn.Module:
    plan = BlockPlan(1, 0, "basic", "v2", CHANNELS, CHANNELS, CHANNELS, (1, 1))
    return PreActBasicBlock(plan, nn.Identity())


def _images(columns: int) -> Tensor:
    shape = (3, CHANNELS, PIXELS, columns)
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def _layers() -> Layers:
    """conv1, bn1, conv2 and bn2, each with weights of its own."""
    block = _reference().double()
    generator = torch.Generator().manual_seed(1)
    for parameter in block.parameters():
        noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        parameter.data = noise / 4 + (parameter.dim() == 1)
    conv1, bn1, conv2, bn2 = map(block.get_submodule, ("conv1", "bn1", "conv2", "bn2"))
    return conv1, bn1, conv2, bn2


def _observe(answer: Forward, x: Tensor, layers: Layers) -> tuple[Tensor, dict[str, Tensor]]:
    """What a forward pass returns, and what each convolution was given in it."""
    read: dict[str, Tensor] = {}
    hooks = [
        layer.register_forward_pre_hook(
            lambda _, given, name=name: read.__setitem__(name, given[0].detach().clone())
        )
        for name, layer in (("conv1", layers[0]), ("conv2", layers[2]))
    ]
    before = x.detach().clone()
    try:
        observed = attempt_in_place(answer, x, *layers)
    finally:
        for hook in hooks:
            hook.remove()
    if not torch.equal(x, before):
        raise AnswerError("The input of the block was changed in place; others still need it.")
    return observed, read


def _activation_fault(x: Tensor, read: dict[str, Tensor]) -> str | None:
    for conv in ("conv1", "conv2"):
        if conv not in read:
            return f"`{conv}` was not called."
        if torch.equal(read[conv], x):
            return f"`{conv}` was given the input of the block as it is."
        if (least := read[conv].min().item()) < 0:
            return (f"`{conv}` was given values down to {least:.2f}: no ReLU stands just "
                    "before it.")
    return None


def _normalization_fault(read: dict[str, Tensor], louder: dict[str, Tensor]) -> str | None:
    """Whether the convolutions are given other values of an input ten times as large."""
    for conv in ("conv1", "conv2"):
        if not torch.allclose(louder[conv], read[conv], atol=1e-3):
            return (f"With an input ten times as large, `{conv}` was given other values than "
                    "before. In training, a BN before it would have taken that away.")
    return None


def _shortcut_fault(answer: Forward, x: Tensor) -> str | None:
    """What comes out where the branch adds nothing."""
    layers = _layers()
    nn.init.zeros_(cast(nn.Conv2d, layers[2]).weight)
    observed = _observe(answer, x, layers)[0]
    changed = (observed - x).abs() > 1e-6
    if not changed.any():
        return None
    return (f"With a `conv2` of zeros the branch adds nothing, so the block must put out its "
            f"input. {changed.double().mean():.0%} of the values come out changed: they go from "
            f"{observed.min():.2f} to {observed.max():.2f}, those of the input from "
            f"{x.min():.2f} to {x.max():.2f}.")
