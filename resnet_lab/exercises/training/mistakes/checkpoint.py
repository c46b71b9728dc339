"""Answers to "checkpoint": all that the next step depends on, saved and put back."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD

from resnet_lab.exercises.mistake import Mistake


def _save(model: nn.Module, optimizer: SGD, step: int) -> dict[str, Any]:
    return {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}


def _restore(saved: dict[str, Any], model: nn.Module, optimizer: SGD) -> int:
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    return int(saved["step"])


def _velocities(optimizer: SGD) -> list[Tensor]:
    return [optimizer.state[p]["momentum_buffer"] for p in optimizer.param_groups[0]["params"]]


def _save_by_hand(model: nn.Module, optimizer: SGD, step: int) -> list[Any]:
    statistics = [buffer for buffer in model.buffers() if buffer.is_floating_point()]
    return [torch.tensor(step), [*model.parameters(), *statistics], _velocities(optimizer)]


@torch.no_grad()
def _restore_by_hand(saved: list[Any], model: nn.Module, optimizer: SGD) -> Tensor:
    step, numbers, velocities = saved
    statistics = [buffer for buffer in model.buffers() if buffer.is_floating_point()]
    for place, value in zip([*model.parameters(), *statistics], numbers, strict=True):
        place.copy_(value)
    for parameter, velocity in zip(model.parameters(), velocities, strict=True):
        optimizer.state[parameter]["momentum_buffer"] = velocity
    return step


def _restore_weights(saved: dict[str, Any], model: nn.Module, optimizer: SGD) -> int:
    model.load_state_dict(saved["model"])
    return int(saved["step"])


def _save_parameters(model: nn.Module, optimizer: SGD, step: int) -> dict[str, Any]:
    return {**_save(model, optimizer, step), "model": dict(model.named_parameters())}


def _restore_parameters(saved: dict[str, Any], model: nn.Module, optimizer: SGD) -> int:
    model.load_state_dict(saved["model"], strict=False)
    return _restore({**saved, "model": model.state_dict()}, model, optimizer)


def _restore_at_rest(saved: dict[str, Any], model: nn.Module, optimizer: SGD) -> int:
    step = _restore(saved, model, optimizer)
    for velocity in _velocities(optimizer):
        velocity.zero_()
    return step


def _restore_without_momentum(saved: dict[str, Any], model: nn.Module, optimizer: SGD) -> int:
    step = _restore(saved, model, optimizer)
    optimizer.param_groups[0]["momentum"] = 0.0
    return step


def _save_in_half(model: nn.Module, optimizer: SGD, step: int) -> dict[str, Any]:
    return {**_save(model, optimizer, step), "model": deepcopy(model).half().state_dict()}


RIGHT: dict[str, dict[str, Any]] = {
    "check_checkpoint": {
        "state dicts": (_save, _restore),
        "copies in a list": [lambda *a: deepcopy(_save(*a)), _restore],
        "by hand": (_save_by_hand, _restore_by_hand),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_checkpoint": {
        "weights alone": Mistake(
            (_save, _restore_weights), "the network is whole, but `0.weight` has no velocity."
        ),
        "no running statistics": Mistake(
            (_save_parameters, _restore_parameters), "`1.running_mean` is not what it was"
        ),
        "velocities from zero": Mistake(
            (_save, _restore_at_rest), "the velocity of `0.weight` is another one"
        ),
        "the network forgotten": Mistake(
            (_save, lambda saved, model, optimizer: _restore(
                {**saved, "model": model.state_dict()}, model, optimizer)),
            "1 step: `0.weight` is not what it was in the network that was saved",
        ),
        "in half precision": Mistake(
            (_save_in_half, _restore),
            "`0.weight` is not what it was in the network that was saved",
        ),
        "from the first step": Mistake(
            (_save, lambda *a: _restore(*a) * 0), "`restore` returned 0."
        ),
        "a step further": Mistake((_save, lambda *a: _restore(*a) + 1), "`restore` returned 2."),
        "no step": Mistake(
            (_save, lambda *a: bool(_restore(*a)) or None), "`restore` returned True"
        ),
        "nothing returned": Mistake(
            (_save, lambda *a: _restore(*a) and None), "returned None. Is a `return` missing?"
        ),
        "the network itself": Mistake(
            (lambda model, optimizer, step: {"model": model, "step": step}, _restore),
            "It says UnpicklingError",
        ),
        "momentum lost": Mistake(
            (_save, _restore_without_momentum), "after step 5 `0.weight` is not what it was"
        ),
        "one function": Mistake((_save,), "Return a tuple of 2: save, restore; got"),
    },
}  # fmt: skip
