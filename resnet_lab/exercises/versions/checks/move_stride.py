"""Check of chapter 12's exercise on moving a stride."""

import copy
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from resnet_lab.exercises.checking import AnswerError, attempt, error_text, exercise, fault_in
from resnet_lab.exercises.modules import required_module, settle_norms
from resnet_lab.exercises.parting import maps_after, parting
from resnet_lab.models import ResNet, spec
from resnet_lab.models.blocks import Add

SMALL: dict[str, Any] = {"depths": (2, 2, 2, 2), "widths": (8, 16, 24, 32), "stem_width": 8}
SIZES = (64, 97)


@exercise(
    "In each of the three blocks one layer gives its stride away and another takes it.",
    "A stride is a pair, one for rows and one for columns. Without a stride it is (1, 1).",
    "v1.5 has the stride in the 3x3, which is `conv2`.",
    right="Same weights, and the outputs of v1.5 at an even and at an odd size.",
)
def check_move_stride(answer: Callable[[ResNet], ResNet]) -> str | None:
    """A function that makes a v1.5 network of a v1 network, with its weights."""
    before, wanted = _versions()
    network = required_module(attempt(answer, before), "a network")
    weights, expected = network.state_dict(), wanted.state_dict()
    if weights.keys() != expected.keys():
        return "The network that it returned has other names in its state dict."
    for name, weight in expected.items():
        if not torch.equal(weights[name], weight):
            return f"The network that it returned has other weights in `{name}`."
    network = _watched(network).eval()
    for size in SIZES:
        images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(size))
        case = f"With images of {size} pixels"
        if fault := fault_in(case, _output_fault, network, wanted, before, images):
            return fault
    macs, needed = (_multiply_adds(model) for model in (network, wanted))
    return None if macs == needed else (
        f"Every output is that of v1.5, but it takes {macs:,} multiply-adds for an image of "
        f"{SIZES[0]} pixels, v1.5 {needed:,}. So a stride stands elsewhere."
    )


def _watched(network: nn.Module) -> nn.Module:
    """A copy whose blocks say their name where branch and shortcut can't be added."""
    network = copy.deepcopy(network)
    for name, part in network.named_modules():
        if isinstance(part, Add):
            part.register_forward_pre_hook(partial(_refuse_unequal, name.removesuffix(".add")))
    return network


def _refuse_unequal(block: str, _: nn.Module, addends: tuple[Tensor, Tensor]) -> None:
    branch, shortcut = (addend.shape[-1] for addend in addends)
    if branch != shortcut:
        raise AnswerError(
            f"`{block}` adds a branch of {branch} columns to a shortcut of {shortcut}.")


@torch.no_grad()
def _output_fault(
    network: nn.Module, wanted: ResNet, before: ResNet, images: Tensor
) -> str | None:
    try:
        logits = network(images)
    except AnswerError:
        raise
    except Exception as error:
        return f"The network stops. {error_text(error)}"
    if torch.allclose(logits, wanted(images), rtol=1e-4, atol=1e-5):
        return None
    if torch.allclose(logits, before(images), rtol=1e-4, atol=1e-5):
        return "It computes what v1 computes, as before."
    stem = ["relu"] if hasattr(network, "relu") else []
    place = parting(network, wanted, images, [*stem, *wanted.stage_names], 1e-4)
    if place is None:
        return "The logits differ from those of v1.5 with the same weights."
    found, expected = (
        maps_after(model, place, images).shape[-1] for model in (network, wanted)
    )
    if found != expected:
        return f"`{place}` puts out maps of {found} columns, in v1.5 {expected}."
    return f"`{place}` puts out other numbers than in v1.5 with the same weights."


@torch.no_grad()
def _multiply_adds(network: nn.Module) -> int:
    counter = FlopCounterMode(display=False)
    with counter:
        network(torch.zeros(1, 3, SIZES[0], SIZES[0]))
    return counter.get_total_flops() // 2


@cache
def _versions() -> tuple[ResNet, ResNet]:
    """A small network of v1 and one of v1.5 with the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2015)  # a reader's own seed is likely 0
        before, wanted = (
            ResNet(spec("resnet50", version=version, num_classes=10, **SMALL)).eval()
            for version in ("v1", "v1.5")
        )
    settle_norms(before)
    wanted.load_state_dict(before.state_dict())
    return before, wanted
