"""Check of the free exercise: a training loop to mend."""

from collections.abc import Callable, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_lab.exercises.checking import AnswerError, attempt_in_place, exercise, short
from resnet_lab.exercises.integers import as_numbers

Batches = Sequence[tuple[Tensor, Tensor]]
Train = Callable[[nn.Module, Batches, Sequence[float], float, float], list[float]]

RATES = (0.1, 0.1, 0.01, 0.001)
MOMENTUM, DECAY = 0.8, 0.05
"""Not those of the recipe, and far more decay, so that a place where it is missing shows."""


@exercise(
    "Hold `broken`, line by line, against the three formulas of a step in chapter 16: decay, "
    "velocity, weight. Nothing in it raises an error.",
    "Look at four things: what is left from the step before, which parameters decay, what the "
    "velocity is made of, and which rate a step takes.",
    "`backward` adds to the gradients that are there. Decay is for every parameter. The velocity "
    "takes the whole gradient. Step k takes `rates[k]`.",
    right="After every step, all parameters and statistics are those that torch's SGD gives.",
)
def check_train(answer: Train) -> str | None:
    """A function ``(model, batches, rates, momentum, decay)`` that trains and returns losses."""
    for steps in range(1, len(RATES) + 1):
        start, batches = make_network(), make_batches()[:steps]
        ours, yours = deepcopy(start), deepcopy(start)
        losses = by_torch(ours, batches, RATES[:steps])
        returned = _losses(answer, yours, batches, RATES[:steps])
        if len(returned) != steps:
            return f"{len(returned)} losses came back after {_steps(steps)}."
        if fault := _moved_fault(start, ours, yours, steps):
            return fault
        if not torch.allclose(torch.tensor(returned), torch.tensor(losses), rtol=1e-4):
            return (f"The parameters are right after {_steps(steps)}, but the losses that came "
                    f"back are {[round(loss, 3) for loss in returned]}. Each is the loss of its "
                    "step.")
    return None


def make_network() -> nn.Module:
    """A small network with a normalization, always the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
            nn.Flatten(), nn.Linear(64, 3),
        ).double()  # fmt: skip


def make_batches() -> list[tuple[Tensor, Tensor]]:
    """A batch for each step, always the same."""
    generator = torch.Generator().manual_seed(1)
    return [
        (torch.randn(6, 1, 4, 4, generator=generator, dtype=torch.float64), torch.arange(6) % 3)
        for _ in RATES
    ]


def by_torch(model: nn.Module, batches: Batches, rates: Sequence[float]) -> list[float]:
    """Train with torch's optimizer; returns the loss of each step."""
    optimizer = torch.optim.SGD(
        model.parameters(), lr=1.0, momentum=MOMENTUM, weight_decay=DECAY
    )
    losses = []
    for (images, labels), rate in zip(batches, rates, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        loss = F.cross_entropy(model.train()(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def _losses(
    answer: Train, model: nn.Module, batches: Batches, rates: Sequence[float]
) -> list[float]:
    returned = attempt_in_place(answer, model, batches, rates, MOMENTUM, DECAY)
    losses = as_numbers(returned)
    if losses is None:
        raise AnswerError(f"A list of losses was asked for; got {short(returned)}.")
    return losses


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _moved_fault(
    start: nn.Module, ours: nn.Module, yours: nn.Module, steps: int
) -> str | None:
    """Where a network of the reader's differs from the one that torch trained."""
    before, right = start.state_dict(), ours.state_dict()
    found = yours.state_dict()
    wrong = [name for name in right if not torch.allclose(found[name], right[name], rtol=1e-9)]
    if not wrong:
        return None
    if all(torch.equal(found[name], before[name]) for name in right):
        return "The network is as it was before. Train the one that is handed over."
    if "1.running_mean" in wrong and torch.equal(found["1.running_mean"], before["1.running_mean"]):
        return "The running mean is as it was before. Is the network in train mode?"
    after = f"After {_steps(steps)}"
    vectors = [name for name in wrong if right[name].dim() == 1 and "running" not in name]
    if vectors and not any(right[name].dim() > 1 for name in wrong):
        return f"{after} the matrices and kernels are right, but not {', '.join(vectors)}."
    place = wrong[0]
    moved, wanted = (state[place] - before[place] for state in (found, right))
    history = "" if steps == 1 else (
        f" One step before, it was right. The rate of this step is {RATES[steps - 1]:g}, that of "
        f"the step before {RATES[steps - 2]:g}."
    )
    calls = " The network moves it each time that it is called." if "running" in place else ""
    return f"{after} `{place}` {_way(moved, wanted)}.{calls}{history}"


def _way(moved: Tensor, wanted: Tensor) -> str:
    """How far and in which direction something has gone, beside where it should have gone."""
    far = (moved.norm() / wanted.norm()).item()
    alike = F.cosine_similarity(moved.flatten(), wanted.flatten(), dim=0).item()
    if alike > 0.999 and f"{far:.2f}" == "1.00":
        off = ((moved - wanted).norm() / wanted.norm()).item()
        return f"has gone nearly where torch takes it, but misses it by {off:.1g} of the way"
    direction = ("in the same direction" if alike > 0.999 else
                 "in the opposite direction" if alike < -0.999 else "in another direction")
    return f"has gone {far:.2f} times as far as with torch, {direction}"
