"""Answers to the free exercise: a deeper network that computes the same."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from resnet_lab.exercises.degradation.checks.deepen import STAGES, Deepen
from resnet_lab.exercises.mistake import Mistake
from resnet_lab.models import build


@torch.no_grad()
def neutralize(block: Any, maps: Tensor, norms: bool = True, convs: bool = True) -> nn.Module:
    """Make a block the identity; without its norms or its convolutions, only the rest of it."""
    mean, variance = maps.mean((0, 2, 3)), maps.var((0, 2, 3), correction=0)
    for conv in (block.conv1, block.conv2):
        if convs:
            nn.init.dirac_(conv.weight)
    for norm in (block.bn1, block.bn2):
        norm.reset_parameters()
        if norms:
            norm.weight.copy_((variance + norm.eps).sqrt())
            norm.bias.copy_(mean)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(variance)
    return block


def _deepen(
    network: Any,
    images: Tensor,
    more: int,
    *,
    copy: Callable[[Any], Any] = deepcopy,
    new: Callable[[Any, Tensor], nn.Module] = lambda block, maps: neutralize(deepcopy(block), maps),
    stages: tuple[str, ...] = STAGES,
    at: str = "after",
    training: bool = False,
) -> nn.Module:
    deeper = copy(network).train(training)
    maps = deeper.maxpool(deeper.relu(deeper.bn1(deeper.conv1(images))))
    for name in STAGES:
        stage = getattr(deeper, name)
        before, maps = maps, stage(maps).detach()
        for _ in range(more if name in stages else 0):
            stage.append(new(stage[1], before if at == "before" else maps))
    return deeper.eval()


def _with(**changes: Any) -> Deepen:
    return lambda network, images, more: _deepen(network, images, more, **changes)


def _one_for_all(network: Any, images: Tensor, more: int) -> nn.Module:
    deeper: Any = _deepen(network, images, 1)
    for stage in (deeper.layer1, deeper.layer2, deeper.layer3):
        stage.extend([stage[-1]] * (more - 1))
    return deeper


def _of_first_stage(network: Any, images: Tensor, more: int) -> nn.Module:
    deeper: Any = deepcopy(network)
    for stage in (deeper.layer1, deeper.layer2, deeper.layer3):
        stage.extend([deepcopy(network.layer1[1]) for _ in range(more)])
    return deeper


def _built(network: Any, images: Tensor, more: int, training: bool = False) -> nn.Module:
    """A deeper network by its name, the weights loaded into its first blocks, the rest neutral."""
    deeper: Any = build(f"plain{network.spec.depth + 6 * more}", in_channels=1).train(training)
    deeper.load_state_dict(network.state_dict(), strict=False)
    maps = deeper.relu(deeper.bn1(deeper.conv1(images)))
    for stage in (deeper.layer1, deeper.layer2, deeper.layer3):
        maps = stage[:-more](maps)
        for block in stage[-more:]:
            neutralize(block, maps)
    return deeper


def _maps_of_a_copy(network: Any, images: Tensor, more: int) -> nn.Module:
    """The maps of a copy in training; the running statistics of the network stay."""
    deeper, copy = deepcopy(network), deepcopy(network).train()
    maps = copy.relu(copy.bn1(copy.conv1(images)))
    for name in STAGES:
        maps = getattr(copy, name)(maps).detach()
        stage = getattr(deeper, name)
        stage.extend([neutralize(deepcopy(stage[-1]), maps) for _ in range(more)])
    return deeper


def _with_sequences(deeper: Any) -> nn.Module:
    for name in STAGES:
        setattr(deeper, name, nn.Sequential(*getattr(deeper, name)))
    return deeper


def _listed(network: Any, images: Tensor, more: int) -> nn.Module:
    deeper: Any = _deepen(network, images, more)
    deeper.layer1 = nn.ModuleList(deeper.layer1)
    return deeper


RIGHT: dict[str, dict[str, Any]] = {
    "check_deepen": {
        "as asked": _deepen,
        "built by its name": _built,
        "maps of a copy in training": _maps_of_a_copy,
        "left in training": lambda *arguments: _deepen(*arguments).train(),
        "stages of its own": lambda *arguments: _with_sequences(_deepen(*arguments)),
        "sequences": _with(
            new=lambda block, maps: nn.Sequential(*neutralize(deepcopy(block), maps).children())
        ),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_deepen": {
        "nothing added": Mistake(
            lambda network, images, more: deepcopy(network),
            "With 2 more blocks. `layer1` had 3 blocks and now has 3",
        ),
        "in place": Mistake(
            _with(copy=lambda network: network), "handed over has other layers now"
        ),
        "shared weights": Mistake(
            _with(
                copy=lambda network: deepcopy(
                    network, {id(weight): weight for weight in network.parameters()}
                )
            ),
            "one and the same `conv1.weight`, so to train the new one",
        ),
        "one block for all": Mistake(
            _one_for_all, "`layer1.3.conv1.weight` and `layer1.4.conv1.weight` are one"
        ),
        "no layers": Mistake(
            _with(new=lambda block, maps: nn.Identity()), "A block of `layer1` has 0 convolutions"
        ),
        "copies of the last block": Mistake(
            _with(new=lambda block, maps: deepcopy(block)),
            "was not given, the logits are 136",
        ),
        "the last block again": Mistake(
            _with(new=lambda block, maps: block),
            "`layer1.1.conv1.weight` and `layer1.3.conv1.weight` are one",
        ),
        "convolutions alone": Mistake(
            _with(new=lambda block, maps: neutralize(deepcopy(block), maps, norms=False)),
            "In evaluation the outputs agree. In training,",
        ),
        "norms alone": Mistake(
            _with(new=lambda block, maps: neutralize(deepcopy(block), maps, convs=False)),
            "was not given, the logits are 84",
        ),
        "one stage": Mistake(_with(stages=("layer1",)), "`layer2` had 3 blocks and now has 3"),
        "blocks of the first stage": Mistake(
            _of_first_stage, "the new network stops. RuntimeError: Given groups=1"
        ),
        "the maps before the stage": Mistake(
            _with(at="before"), "raised RuntimeError: The size of tensor"
        ),
        "always two": Mistake(
            lambda network, images, more: _deepen(network, images, 2),
            "With 4 more blocks. `layer1` had 3 blocks and now has 5",
        ),
        "maps in training": Mistake(
            _with(training=True),
            "`bn1.running_mean` of the new network is another than before: its normalizations",
        ),
        "built and left in training": Mistake(
            partial(_built, training=True), "apart. They part in `layer1`. `bn1.running_mean` of"
        ),
        "a list for a stage": Mistake(
            _listed, "`layer1` is an nn.Sequential; in the new network it is ModuleList of 5"
        ),
        "frozen": Mistake(
            _with(new=lambda block, maps: neutralize(deepcopy(block), maps).requires_grad_(False)),
            "`layer1.3.conv1.weight.requires_grad` is False",
        ),
        "a list": Mistake(
            lambda network, images, more: [network], "is a torch module; got list of 1"
        ),
    },
}
