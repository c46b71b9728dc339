"""A training step as a CUDA graph: recorded once, then replayed with one launch."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Generic, TypeVar

import torch

from resnet_lab.training.batches import Batch

Result = TypeVar("Result")

BEGINNING = Lock()
"""Held while a thread does what no other may do during a capture, and captures itself.

Beginning a capture waits for the whole device. So does loading code that runs for the first
time, in the first steps. Either would break a capture of another thread.
"""


class GraphedStep(Generic[Result]):
    """A step recorded once as a CUDA graph and then replayed: one launch in place of hundreds.

    The first steps run as they are, outside the default stream, as capturing asks for; they
    are steps of the run like any others. Every batch must have the shape of the first.

    Args:
        step: takes a batch on the device; what it returns is made of tensors on the device.
        device: a CUDA device.
    """

    EAGER = 3

    def __init__(self, step: Callable[[Batch], Result], device: torch.device) -> None:
        self.step, self.device = step, device
        self.taken = 0
        self.graph = torch.cuda.CUDAGraph()
        current = torch.cuda.current_stream(device)
        in_default = current == torch.cuda.default_stream(device)
        self.stream = torch.cuda.Stream(device) if in_default else current
        self.batch: Batch | None = None
        self.result: Result | None = None

    def __call__(self, batch: Batch) -> Result:
        """Take a step; the result is overwritten by the next one."""
        self.taken += 1
        if self.taken <= self.EAGER:
            return self._eager(batch)
        if self.batch is None or self.result is None:
            self.batch = Batch(*(tensor.clone() for tensor in batch))
            self.result = self._captured(self.batch)
        for kept, new in zip(self.batch, batch, strict=True):
            kept.copy_(new)
        self.graph.replay()
        return self.result

    def _eager(self, batch: Batch) -> Result:
        current = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(current)
        with BEGINNING, torch.cuda.stream(self.stream):
            result = self.step(batch)
        current.wait_stream(self.stream)
        return result

    def _captured(self, batch: Batch) -> Result:
        """Record the step; nothing is computed until the graph is replayed."""
        mode = "thread_local"  # others may call CUDA meanwhile: some train, one pins images
        capture = torch.cuda.graph(self.graph, stream=self.stream, capture_error_mode=mode)
        with BEGINNING, _no_collection(), capture:
            return self.step(batch)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let no garbage be collected: the end of an old graph would break the capture of a new one."""
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
