"""Several runs at a time in one process: one small network leaves most of a large GPU idle."""

import os
import sys
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from threading import Event

import torch

from resnet_lab.checks import check_integer
from resnet_lab.experiments.signals import held_back
from resnet_lab.training.execution import Execution
from resnet_lab.training.graphed_step import BEGINNING
from resnet_lab.training.record import RunRecord
from resnet_lab.training.trainer import Trainer

STREAMS = 32
"""Streams that torch hands out for a GPU, in turn: the 33rd is the first again."""


def side_by_side(
    makers: Sequence[Callable[[], Trainer]], at_a_time: int, execution: Execution
) -> Generator[RunRecord, None, None]:
    """Run trainers, each in a thread, and hand over the record of each that is done.

    On a GPU every thread has a stream of its own, so that what different networks launch can
    run at the same time. How much does is for ``python -m benchmarks.device`` to say: without a
    CUDA graph the threads wait for Python and for the one thread of all backward passes.

    Each run computes what it would compute alone. If one fails, or the caller leaves, the others
    stop at their next look and write a checkpoint. A single one at a time runs in the thread of
    the caller; where that is the main one, Ctrl-C and SIGTERM wait until its step is done and its
    checkpoint written.

    Args:
        makers: build the trainers; one at a time is called, when its turn has come.
        at_a_time: threads.
        execution: that of all the trainers.

    Raises:
        TypeError, ValueError: ``at_a_time`` is no integer from 1 to :data:`STREAMS`; as with
            all generators, when the first record is asked for.
        Exception: whatever a maker or a run raises.
    """
    check_integer("at_a_time", at_a_time, 1, STREAMS)
    if at_a_time == 1:
        for make in makers:
            yield _run_here(make())
        return
    leaving, running = Event(), set[Trainer]()

    @contextmanager
    def all_leave_if_it_fails() -> Iterator[None]:
        try:
            yield
        except BaseException:
            leaving.set()
            raise

    def run(make: Callable[[], Trainer]) -> RunRecord | None:
        # First weights come from torch's one generator. And what a network runs for the
        # first time loads code onto the GPU, which another thread's capture would not survive.
        # If it fails, that is known before a thread that waits gets its turn.
        with BEGINNING, all_leave_if_it_fails():
            if leaving.is_set():
                return None
            trainer = make()
            if trainer.device.type == "cuda":
                trainer.evaluate()
        with all_leave_if_it_fails():
            running.add(trainer)
            if leaving.is_set():
                trainer.stop()
            record = trainer.run(resume=True)
            running.remove(trainer)
        return record

    pool, futures = threads_with_streams(at_a_time, execution.torch_device), list[Future]()
    # Switches such as TF32 are those of the process, so they are set until the last run ends.
    with execution.active():
        try:
            futures += [pool.submit(run, make) for make in makers]
            for future in as_completed(futures):
                if record := future.result():
                    yield record
        finally:
            try:
                with held_back():  # an impatient Ctrl-C, until all of them know
                    leaving.set()
                    for trainer in running.copy():
                        trainer.stop()
            finally:
                pool.shutdown(cancel_futures=True)
                _tell_other_errors(futures, sys.exception())


def _run_here(trainer: Trainer) -> RunRecord:
    """Run a trainer in this thread; a signal interrupts when its checkpoint is written."""
    with held_back(trainer.stop):
        return trainer.run(resume=True)


def _tell_other_errors(futures: Sequence[Future], raised: BaseException | None) -> None:
    """Warn of what failed while the others were stopped: a checkpoint may be missing."""
    for future in futures:
        error = None if future.cancelled() else future.exception()
        if error is not None and error is not raised:
            warnings.warn(f"another run failed, too: {error!r}", stacklevel=2)


def ask_for_queues() -> None:
    """Have streams wait for each other less: CUDA gives a process 8 queues unless it is asked.

    It reads the variable when it starts, so this comes before the first look at a GPU.
    """
    os.environ.setdefault("CUDA_DEVICE_MAX_CONNECTIONS", str(STREAMS))


def threads_with_streams(count: int, device: torch.device) -> ThreadPoolExecutor:
    """Threads; on a GPU each launches into a stream of its own."""
    return ThreadPoolExecutor(count, initializer=_take_stream, initargs=(device,))


def _take_stream(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.set_stream(torch.cuda.Stream(device))
