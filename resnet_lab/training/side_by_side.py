"""Several runs at a time in one process: one small network leaves most of a large GPU idle."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from threading import Event, Lock

import torch

from resnet_lab.training.checks import check_integer
from resnet_lab.training.record import RunRecord
from resnet_lab.training.trainer import Trainer

STREAMS = 32
"""Streams that torch makes for a GPU; one more would be one of them again."""


def side_by_side(
    makers: Sequence[Callable[[], Trainer]], at_a_time: int, device: torch.device
) -> Iterator[RunRecord]:
    """Run trainers in threads, and hand over the record of each that is done.

    On a GPU every thread has a stream of its own: what different networks launch runs at the
    same time, as long as there is room. Each run computes what it would compute alone. If one
    fails, or the caller leaves, the others stop at their next look and write a checkpoint.

    Args:
        makers: build the trainers; one at a time is called, when its turn has come.
        at_a_time: threads.
        device: on which all of them train.

    Raises:
        TypeError, ValueError: ``at_a_time`` is no integer from 1 to :data:`STREAMS`.
    """
    check_at_a_time(at_a_time)
    # First weights come from torch's one generator, so networks are built one after another.
    building, leaving, running = Lock(), Event(), set[Trainer]()

    def run(make: Callable[[], Trainer]) -> RunRecord:
        try:
            with building:
                if leaving.is_set():
                    raise CancelledError
                running.add(trainer := make())
            record = trainer.run(resume=True)
            running.remove(trainer)
            return record
        except BaseException:
            leaving.set()
            raise

    pool = threads_with_streams(at_a_time, device)
    futures = [pool.submit(run, make) for make in makers]
    try:
        for future in as_completed(futures):
            yield future.result()
    finally:
        with building:
            leaving.set()
        for trainer in running.copy():
            trainer.stop()
        pool.shutdown(cancel_futures=True)


def check_at_a_time(at_a_time: int) -> None:
    """Refuse an impossible number of threads.

    Raises:
        TypeError, ValueError: it is no integer from 1 to :data:`STREAMS`.
    """
    check_integer("at_a_time", at_a_time, 1)
    if at_a_time > STREAMS:
        raise ValueError(f"at_a_time must be at most {STREAMS}, got {at_a_time}")


def threads_with_streams(count: int, device: torch.device) -> ThreadPoolExecutor:
    """Threads; on a GPU what each launches waits only for what it launched itself."""
    return ThreadPoolExecutor(count, initializer=_take_stream, initargs=(device,))


def _take_stream(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.set_stream(torch.cuda.Stream(device))
