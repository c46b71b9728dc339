"""Proofs of the answers to the questions of chapter 17."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_lab import build
from resnet_lab.data import load_data
from resnet_lab.training import recipe
from resnet_lab.training.batches import MemoryBatches
from resnet_lab.training.group import Group

CPU = torch.device("cpu")


def _network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)
    )


def _go_on(model: nn.Module, velocities: dict[str, Any] | None, steps: range) -> dict[str, Any]:
    """Train, from the optimizer's state or from none; returns that state."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    if velocities:
        optimizer.load_state_dict(deepcopy(velocities))  # it keeps the tensors it is given
    for step in steps:
        images = torch.randn(6, 1, 8, 8, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        F.cross_entropy(model(images), torch.arange(6) % 3).backward()
        optimizer.step()
    return deepcopy(optimizer.state_dict())


def weights_alone() -> dict[str, bool]:
    whole = _network()
    velocities = _go_on(whole, None, range(4))
    resumed, forgetful = deepcopy(whole), deepcopy(whole)
    _go_on(whole, velocities, range(4, 12))
    _go_on(resumed, velocities, range(4, 12))
    try:
        _go_on(forgetful, None, range(4, 12))
        raised = False
    except Exception:
        raised = True
    resumed_agrees, forgetful_agrees = (
        all(torch.allclose(one, other) for one, other in zip(
            whole.parameters(), model.parameters(), strict=True))
        for model in (resumed, forgetful)
    )
    assert resumed_agrees
    return {
        "The same network": forgetful_agrees,
        "Another network": not forgetful_agrees and not raised,
        "An error": raised,
    }


def two_halves() -> dict[str, bool]:
    model = build("resnet20", in_channels=1)
    images, labels = torch.randn(64, 1, 8, 8), torch.arange(64) % 10

    def gradient(share: slice) -> Tensor:
        loss = F.cross_entropy(model(images[share]), labels[share])
        slopes = torch.autograd.grad(loss, list(model.parameters()))
        return torch.cat([slope.flatten() for slope in slopes])

    def compared() -> tuple[float, float]:
        whole = gradient(slice(64))
        averaged = (gradient(slice(32)) + gradient(slice(32, 64))) / 2
        apart, length = (averaged - whole).norm(), averaged.norm() / whole.norm()
        return float(apart / whole.norm()), float(length)

    apart, length = compared()
    model.eval()
    fixed, _ = compared()
    return {
        "Yes": apart < 0.01,
        "No, the averaged": 0.45 < length < 0.55,
        "No, in each half": apart > 0.05 and fixed < 0.001,
    }


def half_the_batch() -> dict[str, bool]:
    before, after = recipe("cifar"), recipe("cifar", batch=64)
    assert before.batch == 128
    epochs = after.iterations * after.batch / (before.iterations * before.batch)
    noise = [float(torch.randn(10_000, images).mean(1).std()) for images in (128, 64)]
    return {
        "The execution": epochs == 1 and after == before,
        "The recipe. The run has twice": epochs == 2,
        "The recipe. The run has half": epochs == 1 / 2 and noise[1] > noise[0],
    }


def dampened() -> dict[str, bool]:
    def last_step(rate: float, momentum: float, share: float) -> float:
        velocity = 0.0
        for _ in range(2000):
            velocity = momentum * velocity + share  # the gradient is always 1
        return round(rate * velocity, 6)

    wanted = last_step(0.1, 0.9, 1)
    assert wanted == 10 * last_step(0.1, 0.9, 1 - 0.9)
    return {
        "A rate of 1 ": last_step(1, 0.9, 1 - 0.9) == wanted,
        "A rate of 0.01 ": last_step(0.01, 0.9, 1 - 0.9) == wanted,
        "A momentum": last_step(0.1, 0.99, 1 - 0.99) == wanted,
    }


def middle_of_an_epoch() -> dict[str, bool]:
    data, short = load_data("digits"), recipe("short")

    def batches() -> MemoryBatches:
        return MemoryBatches(data, short, 0, CPU, {})

    before, after = batches(), batches()
    seen = [before.train(step).images for step in range(6)]
    assert 6 * short.batch < data.train_size
    following = after.train(5).images
    return {
        "Those at the start": torch.equal(following, seen[0]),
        "Those that would": torch.equal(following, seen[5]),
        "Those of a new order": not torch.equal(following, seen[5]),
    }


@torch.no_grad()
def resumed_as_v15() -> dict[str, bool]:
    v1, v15 = (build("resnet50", version=version).eval() for version in ("v1", "v1.5"))
    keys = v15.load_state_dict(v1.state_dict(), strict=False)
    images = torch.randn(1, 3, 64, 64)
    same = torch.allclose(v1(images), v15(images), rtol=0.1)
    return {
        "Loading stops": bool(keys.missing_keys or keys.unexpected_keys),
        "Training goes on with another network": not same,
        "Training goes on as if": same,
    }


def four_processes() -> dict[str, bool]:
    wanted, group = recipe("cifar"), Group(CPU)
    group.size = 4
    share = group.share(wanted.batch)
    images = len(range(128)[share])
    steps = wanted.iterations * wanted.batch // (group.size * images)
    return {
        "Over 128": images == 128,
        "Over 32 images, in as many": images == 32 and steps == wanted.iterations,
        "Over 32 images, in a quarter": images == 32 and steps == wanted.iterations / 4,
    }
