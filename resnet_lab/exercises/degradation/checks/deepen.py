"""Check of the free exercise: a deeper network that computes the same."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache

import torch
from torch import Tensor, nn

from resnet_lab.exercises.checking import (
    AnswerError,
    attempt_in_place,
    error_text,
    exercise,
    fault_in,
    kind_of,
)
from resnet_lab.exercises.modules import frozen_fault, gradient_fault, required_module
from resnet_lab.exercises.parting import apart, parting
from resnet_lab.models import ResNet, build

CASES = ((2, True), (2, False), (4, True))
"""More blocks, from plain-20 to depths that `build` knows by name; see :func:`trained`."""

STAGES = ("layer1", "layer2", "layer3")
Deepen = Callable[[nn.Module, Tensor, int], nn.Module]


@exercise(
    "Work on `deepcopy(network)`. `stage.append(block)` puts a block at the end of a stage.",
    "A new block gets what its stage puts out. Send the images through the stem and the stages, "
    "in evaluation, and keep the maps after each stage.",
    "A copy of the last block of a stage has the right shapes. Make `neutralize` change it, with "
    "the maps after that stage.",
    "Each new block needs a copy of its own: one block that is appended twice has one set of "
    "weights.",
    right="Deeper, trainable, and the same outputs in evaluation and in training.",
)
def check_deepen(answer: Deepen) -> str | None:
    """A function ``(network, images, more)``: the same function with more blocks in each stage."""
    for more, settled in CASES:
        if fault := fault_in(f"With {more} more blocks", _fault, answer, more, settled):
            return fault
    return None


def _fault(answer: Deepen, more: int, settled: bool) -> str | None:
    given, images = trained(settled)
    network = deepcopy(given)
    deeper = required_module(
        attempt_in_place(answer, network, images.clone(), more), "a network")
    return (
        _given_fault(network, given, deeper)
        or _parts_fault(deeper, given, more)
        or _evaluation_fault(deeper, given, images)
        or (_training_fault(deeper, given, images) if settled else None)
        or gradient_fault(deepcopy(deeper), images[:8])
    )


def _given_fault(network: nn.Module, before: nn.Module, deeper: nn.Module) -> str | None:
    """What happened to the network that was handed over."""
    weights, expected = network.state_dict(), before.state_dict()
    if weights.keys() != expected.keys():
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
    """The blocks of a stage.

    Raises:
        AnswerError: the stage is no sequence.
    """
    part = getattr(network, stage, None)
    if not isinstance(part, nn.Sequential):
        raise AnswerError(f"`{stage}` is an nn.Sequential; in the new network it is "
                          f"{kind_of(part)}.")
    return list(part)


def _convolutions(block: nn.Module) -> int:
    layers = [layer for layer in block.modules() if isinstance(layer, nn.Conv2d)]
    return sum(layer.kernel_size == (3, 3) for layer in layers)


def _evaluation_fault(deeper: nn.Module, before: nn.Module, images: Tensor) -> str | None:
    """Outputs that differ in evaluation, on images that the answer has not seen."""
    others = torch.randn(images.shape, generator=torch.Generator().manual_seed(9))
    fault = _outputs_fault(deepcopy(deeper).eval(), before, others, 1e-3)
    if fault is None:
        return None
    statistic = "bn1.running_mean"
    found, expected = (network.state_dict().get(statistic) for network in (deeper, before))
    ran = "" if found is None or expected is None or torch.equal(found, expected) else (
        f" `{statistic}` of the new network is another than before: its normalizations have "
        "counted in a batch, as they do in training."
    )
    return f"In evaluation, on images that `deepen` was not given, {fault}{ran}"


def _training_fault(deeper: nn.Module, before: nn.Module, images: Tensor) -> str | None:
    """Outputs that differ in training, on the images that the answer was given."""
    found, expected = (deepcopy(network).train() for network in (deeper, before))
    fault = _outputs_fault(found, expected, images, 2e-2)
    return fault and (
        f"In evaluation the outputs agree. In training, on the images that it was given, {fault}"
    )


@torch.no_grad()
def _outputs_fault(
    found: nn.Module, expected: nn.Module, images: Tensor, slack: float
) -> str | None:
    try:
        logits, wanted = found(images), expected(images)
    except Exception as error:
        return f"the new network stops. {error_text(error)}"
    if logits.shape != wanted.shape:
        return f"its logits have the shape {tuple(logits.shape)}, not {tuple(wanted.shape)}."
    if (distance := apart(logits, wanted)) <= slack:
        return None
    where = parting(found, expected, images, STAGES, slack) or "fc"
    return f"the logits are {distance:.1%} apart. They part in `{where}`."


@cache
def trained(settled: bool) -> tuple[ResNet, Tensor]:
    """A plain-20 whose weights look trained, and images for `deepen`.

    Args:
        settled: whether its running statistics are those of the images. Otherwise they are those
            of fainter ones, so that it computes something else in training than in evaluation.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build("plain20", in_channels=1)
        norms = [part for part in network.modules() if isinstance(part, nn.BatchNorm2d)]
        for norm in norms:
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.uniform_(norm.bias, -0.2, 0.6)
            norm.momentum = None  # the mean over all batches, and there is one
        images = torch.randn(64, 1, 8, 8)
        network.train()(images if settled else images / 2 + 0.2)
    for norm in norms:
        norm.momentum = 0.1
    return network.eval(), images
