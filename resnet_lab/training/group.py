"""Several processes that train one network together, started by ``torchrun``."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel


class LostProcessError(RuntimeError):
    """Another process of the group is gone, so training can't go on."""


class Group:
    """The processes that train together; a process alone is a group of one.

    Each takes an equal share of every batch. Gradients are averaged over the group, and batch
    normalization uses the statistics of the share; the running statistics are those of rank 0.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        together = distributed.is_available() and distributed.is_initialized()
        self.rank = distributed.get_rank() if together else 0
        self.size = distributed.get_world_size() if together else 1

    def share(self, batch: int) -> slice:
        """This process's part of a batch.

        Raises:
            ValueError: the batch can't be divided evenly.
        """
        if batch % self.size:
            raise ValueError(f"batch must be a multiple of the {self.size} processes, got {batch}")
        part = batch // self.size
        return slice(self.rank * part, (self.rank + 1) * part)

    def join(self, model: nn.Module) -> nn.Module:
        """The network wrapped so that its gradients are averaged over the group."""
        if self.size == 1:
            return model
        return DistributedDataParallel(model, [self.device] if self.device.type == "cuda" else None)

    def agree(self, model: nn.Module) -> None:
        """Give every process the running statistics of rank 0, as before each step."""
        if self.size > 1:
            for buffer in model.buffers():
                distributed.broadcast(buffer, 0)

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all processes."""
        total = values.clone()
        if self.size > 1:
            distributed.all_reduce(total)
        return total

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any process."""
        if self.size == 1:
            return flag
        return bool(self.sum(torch.tensor(float(flag), device=self.device)))

    @contextmanager
    def watched(self, steps: int, folder: Path | None) -> Iterator[None]:
        """Turn the errors of a broken connection into one that says where to go on.

        Raises:
            LostProcessError: a process did not answer.
        """
        try:
            yield
        except RuntimeError as error:
            if self.size == 1 or not _is_connection(error):
                raise
            where = f"resume from the checkpoints in {folder}" if folder else "nothing was saved"
            raise LostProcessError(
                f"one of the {self.size} processes was lost after step {steps}; {where} "
                f"(seen by rank {self.rank}: {str(error).splitlines()[0]})"
            ) from error


def _is_connection(error: RuntimeError) -> bool:
    text = str(error).lower()
    signs = ("connection", "gloo", "nccl", "peer", "timed out", "socket")
    return isinstance(error, distributed.DistError) or any(sign in text for sign in signs)


@contextmanager
def joined_group(device: torch.device, minutes: float = 10) -> Iterator[Group]:
    """Join the group that ``torchrun`` has started, and leave it in the end.

    Without ``torchrun`` it is a group of one. With nccl, a process that waits for a lost one may be
    ended by nccl itself, without :class:`LostProcessError`; its checkpoints are as good.

    Args:
        device: gloo connects CPUs, nccl CUDA devices.
        minutes: how long to wait for a process that does not answer.
    """
    if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
        yield Group(device)
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=timedelta(minutes=minutes))
    try:
        yield Group(device)
    finally:
        distributed.destroy_process_group()
