"""Check of the free exercise: a deeper network that computes the same."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from resnet_lab.exercises.checking import attempt_in_place, error_text, exercise, fault_in
from resnet_lab.exercises.modules import frozen_fault, gradient_fault, required_module
from resnet_lab.exercises.parting import apart, parting
from resnet_lab.models import ResNet, spec

SMALL: dict[str, Any] = {
    "depths": (2, 2, 2), "widths": (6, 8, 10), "stem_width": 6, "in_channels": 1,
}  # fmt: skip
MORE = (1, 3)
STAGES = ("layer1", "layer2", "layer3")
Deepen = Callable[[nn.Module, Tensor, int], nn.Module]


@exercise(
    "Work on `deepcopy(network)`. `stage.append(block)` puts a block at the end of a stage.",
    "A new block gets what its stage puts out. Send the images through the stem and the stages, "
    "and keep the maps after each stage.",
    "A copy of the last block of a stage has the right shapes. Make `neutralize` change it, with "
    "the maps after that stage.",
    "Each new block needs a copy of its own: one block that is appended twice has one set of "
    "weights.",
    right="Deeper, trainable, and the same outputs in evaluation and in training.",
)
def check_deepen(answer: Deepen) -> str | None:
    """A function ``(network, images, more)``: the same function with more blocks in each stage."""
    given, images = trained()
    for more in MORE:
        case = f"With {more} more {'block' if more == 1 else 'blocks'}"
        if fault := fault_in(case, _fault, answer, given, images, more):
            return fault
    return None


def _fault(answer: Deepen, given: nn.Module, images: Tensor, more: int) -> str | None:
    network = deepcopy(given)
    deeper = required_module(
        attempt_in_place(answer, network, images.clone(), more), "a network")
    return (
        _given_fault(network, given, deeper)
        or _parts_fault(deeper, given, more)
        or _outputs_fault(deeper, given, images)
        or gradient_fault(deepcopy(deeper), images[:8])
    )


def _given_fault(network: nn.Module, before: nn.Module, deeper: nn.Module) -> str | None:
    """What happened to the network that was handed over."""
    weights, expected = network.state_dict(), before.state_dict()
    if list(weights) != list(expected):
        return "The network that was handed over has other layers now. It must stay as it was."
    for name, weight in expected.items():
        if not torch.equal(weights[name], weight):
            return f"The network that was handed over has another `{name}` now."
    kept = {id(parameter) for parameter in network.parameters()}
    for name, parameter in deeper.named_parameters():
        if id(parameter) in kept:
            return (f"Both networks have one and the same `{name}`, so to train the new one would "
                    f"change the old one.")
    return None


def _parts_fault(deeper: nn.Module, before: nn.Module, more: int) -> str | None:
    """Blocks, convolutions and weights that are missing, shared or frozen."""
    for stage in STAGES:
        old, new = _blocks(before, stage), _blocks(deeper, stage)
        if len(new) - len(old) != more:
            return f"`{stage}` had {len(old)} blocks and now has {len(new)}."
        for block in new:
            if (convs := _convolutions(block)) != 2:
                return (f"A block of `{stage}` has {convs} convolutions with a 3x3 kernel. A block "
                        f"of a plain network has two.")
    seen: dict[int, str] = {}
    for name, parameter in deeper.named_parameters(remove_duplicate=False):
        if id(parameter) in seen:
            return f"`{seen[id(parameter)]}` and `{name}` are one and the same parameter."
        seen[id(parameter)] = name
    return frozen_fault(deeper)


def _blocks(network: nn.Module, stage: str) -> list[nn.Module]:
    part = getattr(network, stage, None)
    return list(part) if isinstance(part, nn.Sequential) else []


def _convolutions(block: nn.Module) -> int:
    layers = [layer for layer in block.modules() if isinstance(layer, nn.Conv2d)]
    return sum(layer.kernel_size == (3, 3) for layer in layers)


@torch.no_grad()
def _outputs_fault(deeper: nn.Module, before: nn.Module, images: Tensor) -> str | None:
    """Outputs that differ: on other images in evaluation, on the same ones in training."""
    others = torch.randn(images.shape, generator=torch.Generator().manual_seed(9))
    for training, batch, slack in ((False, others, 1e-3), (True, images, 2e-2)):
        found, expected = (deepcopy(network).train(training) for network in (deeper, before))
        try:
            logits, wanted = found(batch), expected(batch)
        except Exception as error:
            return f"The new network stops. {error_text(error)}"
        if logits.shape != wanted.shape:
            return f"Its logits have the shape {tuple(logits.shape)}, not {tuple(wanted.shape)}."
        if (distance := apart(logits, wanted)) <= slack:
            continue
        where = parting(found, expected, batch, STAGES, slack) or "fc"
        what = ("In evaluation, on images that `deepen` was not given" if not training else
                "In evaluation the outputs agree. In training, on the images that it was given")
        return f"{what}, the logits are {distance:.1%} apart. They part in `{where}`."
    return None


@cache
def trained() -> tuple[ResNet, Tensor]:
    """A small plain network whose statistics are those of some images, and the images."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = ResNet(spec("plain20", **SMALL))
        for norm in network.modules():
            if isinstance(norm, nn.BatchNorm2d):
                nn.init.uniform_(norm.weight, 0.5, 1.5)
                nn.init.uniform_(norm.bias, -0.2, 0.6)
                norm.momentum = None  # the mean over all batches, and there is one
        images = torch.randn(64, 1, 8, 8)
        network.train()(images)
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.momentum = 0.1
    return network.eval(), images
