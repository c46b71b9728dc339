"""One training step: forward, loss, backward, update."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from resnet_lab.training.batches import Batch
from resnet_lab.training.execution import Execution
from resnet_lab.training.graphed_step import GraphedStep
from resnet_lab.training.recipe import Recipe


class StepResult(NamedTuple):
    """Scalars on the device: mean cross-entropy in nats, and number of wrong predictions."""

    loss: Tensor
    wrong: Tensor


def measure(logits: Tensor, labels: Tensor) -> StepResult:
    """Loss and errors of logits ``N, classes`` for labels ``N``."""
    wrong = (logits.detach().argmax(1) != labels).sum()
    return StepResult(F.cross_entropy(logits, labels), wrong)


Step = Callable[[Batch], StepResult]


def make_optimizer(model: nn.Module, recipe: Recipe, execution: Execution) -> torch.optim.SGD:
    """Stochastic gradient descent with momentum and weight decay on every parameter.

    Inside a CUDA graph the learning rate has to be a tensor, so that it can change.
    """
    graph = execution.cuda_graph
    lr = torch.tensor(recipe.lr, device=execution.torch_device) if graph else recipe.lr
    return torch.optim.SGD(
        model.parameters(),
        lr=lr,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        fused=True if graph else None,
    )


def set_lr(optimizer: torch.optim.SGD, lr: float) -> None:
    """Set the learning rate of the next step."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr


def load_optimizer(optimizer: torch.optim.SGD, state: dict[str, Any]) -> None:
    """Load the state of a run; a learning rate that is a tensor stays the tensor that it was."""
    rates = [group["lr"] for group in optimizer.param_groups]
    optimizer.load_state_dict(state)
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        if isinstance(rate, Tensor):
            group["lr"] = rate


def make_step(
    net: nn.Module, optimizer: torch.optim.SGD, recipe: Recipe, execution: Execution
) -> Step:
    """The function that takes one training step, as the execution asks.

    Raises:
        ValueError: ``cuda_graph`` is set, and several processes train together.
    """
    if execution.cuda_graph and isinstance(net, DistributedDataParallel):
        raise ValueError("cuda_graph must be False where several processes train, got True")
    forward: Callable[[Tensor], Tensor] = net
    if execution.compile is not None:
        torch.compiler.reset()  # or it compiles no more than eight networks of a process
        forward = torch.compile(net, mode=execution.compile)

    def step(batch: Batch) -> StepResult:
        images = batch.images.contiguous(memory_format=execution.memory_format)
        with execution.autocast():
            result = measure(forward(images), batch.labels)
        optimizer.zero_grad(set_to_none=True)
        result.loss.backward()
        if recipe.clip_norm is not None:
            nn.utils.clip_grad_norm_(net.parameters(), recipe.clip_norm)
        optimizer.step()
        return StepResult(result.loss.detach(), result.wrong)

    return GraphedStep(step, execution.torch_device) if execution.cuda_graph else step
