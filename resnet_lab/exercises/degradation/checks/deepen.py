"""Check of chapter 1's free exercise: a deeper network that computes the same."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from resnet_lab.exercises.checking import attempt, exercise
from resnet_lab.exercises.modules import gradient_fault
from resnet_lab.models import ResNet, spec

SMALL: dict[str, Any] = {
    "depths": (2, 2, 2), "widths": (6, 8, 10), "stem_width": 6, "in_channels": 1,
}  # fmt: skip
MORE = (1, 3)
Deepen = Callable[[nn.Module, Tensor, int], nn.Module]


@exercise(
    "Work on `deepcopy(network)`. `stage.append(block)` puts a block at the end of a stage.",
    "A new block gets what its stage puts out. Send the images through the stem and the stages, "
    "and keep the maps behind each stage.",
    "A copy of the last block of a stage has the right shapes. Make `neutralize` change it, with "
    "the maps behind that stage.",
    "Each new block needs a copy of its own: one block that is appended twice has one set of "
    "weights.",
    right="Deeper, trainable, and the same outputs in evaluation and in training.",
)
def check_deepen(answer: Deepen) -> str | None:
    """A function ``(network, images, more)``: the same function with more blocks in each stage."""
    given, images = trained()
    for more in MORE:
        network = deepcopy(given)

        def deepen(network: nn.Module = network, more: int = more) -> nn.Module:
            return answer(network, images.clone(), more)

        deeper = attempt(deepen)
        if not isinstance(deeper, nn.Module):
            return f"It must return the network, got something of type {type(deeper).__name__}."
        fault = (
            _given_fault(network, given, deeper)
            or _parts_fault(deeper, given, more)
            or _outputs_fault(deeper, given, images)
            or gradient_fault(deepcopy(deeper), images[:8])
        )
        if fault:
            return f"With {more} more {'block' if more == 1 else 'blocks'}: {fault}"
    return None


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
    for stage in ("layer1", "layer2", "layer3"):
        old, new = _blocks(before, stage), _blocks(deeper, stage)
        if len(new) - len(old) != more:
            return f"`{stage}` had {len(old)} blocks and now has {len(new)}."
        for block in new:
            if (convs := _convolutions(block)) != 2:
                return (f"A block of `{stage}` has {convs} convolutions with a 3x3 kernel. A block "
                        f"of a plain network has two.")
    everything = [*deeper.named_parameters(remove_duplicate=False)]
    seen: dict[int, str] = {}
    for name, parameter in everything:
        if id(parameter) in seen:
            return f"`{seen[id(parameter)]}` and `{name}` are one and the same parameter."
        if not parameter.requires_grad:
            return f"`{name}` can't be trained: its `requires_grad` is False."
        seen[id(parameter)] = name
    return None


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
        pair = [deepcopy(network).train(training) for network in (deeper, before)]
        found, expected = (network(batch) for network in pair)
        if found.shape != expected.shape:
            return f"Its logits have the shape {tuple(found.shape)}, not {tuple(expected.shape)}."
        if (apart := _apart(found, expected)) <= slack:
            continue
        where = next(
            (stage for stage in ("layer1", "layer2", "layer3") if _apart(*(
                _after(network, stage, batch) for network in pair)) > slack), "fc")
        what = ("In evaluation, on images that `deepen` was not given" if not training else
                "In evaluation the outputs agree. In training, on the images that it was given")
        return f"{what}, the logits are {apart:.1%} apart. They part in `{where}`."
    return None


def _after(network: nn.Module, stage: str, images: Tensor) -> Tensor:
    """What a stage puts out."""
    seen: list[Tensor] = []
    part = network.get_submodule(stage)
    hook = part.register_forward_hook(lambda module, args, maps: seen.append(maps))
    network(images)
    hook.remove()
    return seen[0]


def _apart(found: Tensor, expected: Tensor) -> float:
    if found.shape != expected.shape:
        return float("inf")
    distance = ((found - expected).norm() / expected.norm()).item()
    return distance if distance == distance else float("inf")


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


@torch.no_grad()
def _neutralize(block: Any, maps: Tensor, norms: bool = True, convs: bool = True) -> nn.Module:
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
    network: Any, images: Tensor, more: int, *, copy: Callable[[Any], Any] = deepcopy,
    new: Callable[[Any, Tensor], nn.Module] = lambda block, maps: _neutralize(
        deepcopy(block), maps),
    stages: tuple[str, ...] = ("layer1", "layer2", "layer3"), at: str = "behind",
) -> nn.Module:
    deeper = copy(network).eval()
    maps = deeper.maxpool(deeper.relu(deeper.bn1(deeper.conv1(images))))
    for name in ("layer1", "layer2", "layer3"):
        stage = getattr(deeper, name)
        before, maps = maps, stage(maps).detach()
        for _ in range(more if name in stages else 0):
            stage.append(new(stage[1], before if at == "before" else maps))
    return deeper


def _with(**changes: Any) -> Deepen:
    return lambda network, images, more: _deepen(network, images, more, **changes)


def _one_for_all(network: Any, images: Tensor, more: int) -> nn.Module:
    deeper: Any = _deepen(network, images, 1)
    for stage in (deeper.layer1, deeper.layer2, deeper.layer3):
        stage.extend([stage[-1]] * (more - 1))
    return deeper


RIGHT: dict[str, dict[str, Any]] = {
    "check_deepen": {
        "as asked": _deepen,
        "sequences": _with(new=lambda block, maps: nn.Sequential(
            *_neutralize(deepcopy(block), maps).children())),
    },
}

WRONG: dict[str, dict[str, Any]] = {
    "check_deepen": {
        "nothing added": lambda network, images, more: deepcopy(network),
        "in place": _with(copy=lambda network: network),
        "shared weights": _with(copy=lambda network: deepcopy(
            network, {id(weight): weight for weight in network.parameters()})),
        "one block for all": _one_for_all,
        "no layers": _with(new=lambda block, maps: nn.Identity()),
        "copies of the last block": _with(new=lambda block, maps: deepcopy(block)),
        "the last block again": _with(new=lambda block, maps: block),
        "convolutions alone": _with(new=lambda block, maps: _neutralize(
            deepcopy(block), maps, norms=False)),
        "norms alone": _with(new=lambda block, maps: _neutralize(
            deepcopy(block), maps, convs=False)),
        "one stage": _with(stages=("layer1",)),
        "the maps before the stage": _with(at="before"),
        "always one": lambda network, images, more: _deepen(network, images, 1),
        "frozen": _with(new=lambda block, maps: _neutralize(
            deepcopy(block), maps).requires_grad_(False)),
        "a list": lambda network, images, more: [network],
    },
}
