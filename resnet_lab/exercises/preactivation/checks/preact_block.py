"""Check of chapter 13's free exercise: a whole pre-activation block."""

from collections.abc import Callable
from copy import deepcopy
from typing import cast

import torch
from torch import Tensor, nn

from resnet_lab.exercises.checking import attempt, exercise, fault_in, kind_of
from resnet_lab.exercises.comparison import comparison_fault, leveled, partners
from resnet_lab.exercises.modules import (
    gradient_fault,
    overwritten_fault,
    required_module,
    shared_parameter_fault,
)
from resnet_lab.models.plan import BlockPlan
from resnet_lab.models.preactivation import PreActBasicBlock, SharedPreActBasicBlock
from resnet_lab.models.shortcuts import option_b

CASES = ((6, 6, 1), (6, 10, 2), (6, 10, 1), (6, 6, 2))
"""Channels in, channels out and stride: the identity fits in the first case alone."""

SIZES = ((9, 9), (8, 5))
"""Rows and columns of the maps on which the block is run."""

LIKE = "a v2 block"
LAYERS = {"bn1": nn.BatchNorm2d, "conv1": nn.Conv2d, "bn2": nn.BatchNorm2d, "conv2": nn.Conv2d}
Make = Callable[[int, int, int], nn.Module]


@exercise(
    "`F.relu(bn1(x))` is read by conv1 in every block. Which of the two does the shortcut read?",
    "Where the shape stays, the shortcut is x itself. Where stride or channels change, it is a "
    "1x1 convolution with that stride.",
    "The 1x1 reads what conv1 reads, so it needs neither a BN of its own nor a bias.",
    "Keep `activated = F.relu(self.bn1(x))`; give it to conv1, and to the 1x1 where there is one.",
    right="Outputs and gradients are those of the package's block, in training and in evaluation.",
)
def check_preact_block(answer: Make) -> str | None:
    """A class: basic pre-activation block, with a shared activation where the shape changes."""
    for case in CASES:
        if fault := fault_in(f"Made with {case}", _fault, answer, *case):
            return fault
    return shared_parameter_fault(lambda: _made(answer, *CASES[1]))


def _made(answer: Make, *case: int) -> nn.Module:
    return required_module(attempt(answer, *case), "a block")


def _fault(answer: Make, in_channels: int, out_channels: int, stride: int) -> str | None:
    plan = BlockPlan(1, 0, "basic", "v2", in_channels, out_channels, out_channels, (stride, 1))
    kind = SharedPreActBasicBlock if plan.changes_shape else PreActBasicBlock
    reference = kind(plan, option_b(plan)).double()
    block = leveled(_made(answer, in_channels, out_channels, stride))
    generator = torch.Generator().manual_seed(0)
    maps = [
        torch.randn((3, in_channels, *size), generator=generator, dtype=torch.float64)
        for size in SIZES
    ]
    return (
        _parts_fault(block, plan)
        or _shortcut_fault(block, reference, 2 * maps[0])
        or overwritten_fault(deepcopy(block), maps[0])
        or gradient_fault(deepcopy(block), maps[0])
        or comparison_fault(block, reference, maps, LIKE)
    )


def _parts_fault(block: nn.Module, plan: BlockPlan) -> str | None:
    for name, kind in LAYERS.items():
        if not isinstance(layer := getattr(block, name, None), kind):
            return f"`{name}` must be a {kind.__name__}, got {layer}."
    if (channels := cast(nn.BatchNorm2d, block.bn1).num_features) != plan.in_channels:
        return f"`bn1` normalizes {channels} channels; the block is given {plan.in_channels}."
    for name in ("conv1", "conv2"):
        conv = cast(nn.Conv2d, getattr(block, name))
        if conv.kernel_size != (3, 3) or conv.bias is not None:
            return f"`{name}` must be a 3x3 without bias, got {conv}."
    others = [name for name, _ in block.named_parameters() if name.split(".")[0] not in LAYERS]
    if others and not plan.changes_shape:
        return f"The identity fits here, but there is a parameter `{others[0]}`."
    if plan.changes_shape and len(others) != 1:
        listed = ", ".join(f"`{name}`" for name in others) or "none"
        return f"The shortcut needs one parameter, the weight of its 1x1; there are: {listed}."
    if others and (weight := block.get_parameter(others[0])).shape != (
        plan.out_channels, plan.in_channels, 1, 1
    ):  # fmt: skip
        return f"`{others[0]}` has the shape {tuple(weight.shape)}, not that of a 1x1."
    return None


@torch.no_grad()
def _shortcut_fault(block: nn.Module, reference: nn.Module, x: Tensor) -> str | None:
    """What is left where the branch adds nothing."""
    names = partners(block, reference, LIKE)
    entries = block.state_dict()
    block, reference = deepcopy(block), deepcopy(reference)
    reference.load_state_dict({name: entries[names[name]] for name in names}, strict=False)
    for part in (block, reference):
        nn.init.zeros_(cast(nn.Conv2d, part.get_submodule("conv2")).weight)

    observed, expected = attempt(block.forward, x), reference(x)
    if not isinstance(observed, Tensor) or observed.shape != expected.shape:
        return f"A map of shape {tuple(x.shape)} comes out as {kind_of(observed)}."
    if torch.allclose(observed, expected, atol=1e-8):
        return None
    return (f"With a `conv2` of zeros only the shortcut is left. Its values go from "
            f"{observed.min():.2f} to {observed.max():.2f}, those of a v2 block's shortcut from "
            f"{expected.min():.2f} to {expected.max():.2f}.")
