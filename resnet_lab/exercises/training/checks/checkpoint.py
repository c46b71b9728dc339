"""Check of "checkpoint": all that the next step depends on, saved and put back."""

import io
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import SGD

from resnet_lab.exercises.checking import (
    AnswerError,
    attempt_in_place,
    error_text,
    exercise,
    returned_items,
    short,
)
from resnet_lab.exercises.integers import as_integer
from resnet_lab.exercises.training.checks.train import make_network

Save = Callable[[nn.Module, SGD, int], Any]
Restore = Callable[[Any, nn.Module, SGD], int]

STEPS = 6
STOPS = (1, 4)
RATES = (0.1, 0.1, 0.1, 0.01, 0.01, 0.01)


@exercise(
    "What does the next step read? Go through the loop of the last exercise line by line.",
    "The network's `state_dict` has its running statistics beside its parameters. The velocities "
    "are in the optimizer, which has a `state_dict` of its own.",
    "Three entries: `model.state_dict()`, `optimizer.state_dict()` and the step. Both have a "
    "`load_state_dict`; return the step.",
    right="Whenever it stopped, the run that went on is the run that never stopped.",
)
def check_checkpoint(answer: tuple[Save, Restore]) -> str | None:
    """Two functions: ``save(model, optimizer, step)``, ``restore(saved, model, optimizer)``."""
    save, restore = returned_items(answer, 2, "save, restore")
    for stop in STOPS:
        if fault := _fault(save, restore, stop):
            return f"Stopped after {stop} step{'s' * (stop > 1)}: {fault}"
    return None


def _fault(save: Save, restore: Restore, stop: int) -> str | None:
    model, optimizer = _beginning(0)
    _go_on(model, optimizer, 0, stop)
    kept = _through_a_file(attempt_in_place(save, model, optimizer, stop))
    fresh, other = _beginning(1)
    step = as_integer(returned := attempt_in_place(restore, kept, fresh, other))
    if step != stop:
        return (f"`restore` returned {short(returned)}. Steps are counted from 0, so the next one "
                f"is step {stop}.")
    if fault := _differs(model, fresh) or _velocity_fault(model, optimizer, fresh, other):
        return fault
    for each in ((model, optimizer), (fresh, other)):
        _go_on(*each, stop, STEPS)
    if fault := _differs(model, fresh):
        return f"right after `restore` all was well, but after step {STEPS - 1} {fault}"
    return None


def _beginning(seed: int) -> tuple[nn.Module, SGD]:
    """The network and an optimizer, as at the start of a program; other weights for seed 1."""
    model = make_network()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1 + seed)
    return model, SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)


def _go_on(model: nn.Module, optimizer: SGD, first: int, last: int) -> None:
    """Steps whose batch and rate are functions of their number."""
    model.train()
    for step in range(first, last):
        generator = torch.Generator().manual_seed(step)
        images = torch.randn(6, 1, 4, 4, generator=generator, dtype=torch.float64)
        optimizer.param_groups[0]["lr"] = RATES[step]
        optimizer.zero_grad()
        F.cross_entropy(model(images), torch.arange(6) % 3).backward()
        optimizer.step()


def _through_a_file(saved: Any) -> Any:
    """What is left of it after ``torch.save`` and a careful ``torch.load``.

    Raises:
        AnswerError: it can't be read without running code of the file.
    """
    file = io.BytesIO()
    try:
        torch.save(saved, file)
        file.seek(0)
        return torch.load(file, weights_only=True)
    except Exception as error:
        raise AnswerError(
            "what `save` returned is written to a file and read with `weights_only=True`, which "
            f"takes tensors, numbers, strings, lists and dictionaries. It says {error_text(error)}"
        ) from error


def _differs(model: nn.Module, fresh: nn.Module) -> str | None:
    """The first tensor in which a network differs from the one that was saved."""
    wanted, found = (_numbers(each) for each in (model, fresh))
    wrong = [name for name in wanted if not torch.equal(wanted[name], found[name])]
    return f"`{wrong[0]}` is not what it was in the network that was saved." if wrong else None


def _numbers(model: nn.Module) -> dict[str, Tensor]:
    """What a network computes with: all but the counters of batches."""
    state = model.state_dict()
    return {name: value for name, value in state.items() if value.is_floating_point()}


def _velocity_fault(
    model: nn.Module, optimizer: SGD, fresh: nn.Module, other: SGD
) -> str | None:
    for (name, saved), parameter in zip(
        model.named_parameters(), fresh.parameters(), strict=True
    ):
        wanted = optimizer.state[saved]["momentum_buffer"]
        found = other.state[parameter].get("momentum_buffer")
        if found is None:
            return f"the network is whole, but `{name}` has no velocity."
        if not torch.equal(found, wanted):
            return f"the network is whole, but the velocity of `{name}` is another one."
    return None
