"""How fast a device takes training steps: each way alone, and several networks side by side.

``python -m benchmarks.device --out table.json`` times 200 steps of ResNet-20 and ResNet-110 on a
GPU, eager, compiled and as a CUDA graph, in one process, in several that share the device, and in
several threads of one. Speeds are ratios to the first row of a network: unless it is asked for
otherwise, the eager step of one process. The rows are written as they come. ``--device cpu``
tries it without a GPU.
"""

import argparse
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import torch
from torch import multiprocessing

from benchmarks.training import synthetic
from resnet_lab.experiments.side_by_side import ask_for_queues, threads_with_streams
from resnet_lab.models import spec
from resnet_lab.training import RECIPES, Execution, Trainer
from resnet_lab.training.code import commit
from resnet_lab.training.graphed_step import BEGINNING
from resnet_lab.training.machine import describe_machine

WARM = 20
"""Steps before the clock runs: compiling, capturing, the first look at the algorithms."""

WAYS: dict[str, dict[str, Any]] = {
    "eager": {},
    "compiled": {"compile": "default"},
    "compiled, reduce-overhead": {"compile": "reduce-overhead"},
    "CUDA graph": {"cuda_graph": True},
    "CUDA graph, channels last": {"cuda_graph": True, "channels_last": True},
    "CUDA graph, TF32": {"cuda_graph": True, "tf32": True},
}
ON_CPU = ("eager", "compiled")


def ready_trainer(network: str, execution: Execution) -> Trainer:
    """A trainer whose first steps are taken; the images are noise of CIFAR-10's shape."""
    recipe = RECIPES["cifar"]
    with BEGINNING:
        trainer = Trainer(network, synthetic(20_000), recipe, 0, execution, progress=False)
    for _ in range(WARM):
        trainer.advance()
    trainer.tally.read(trainer.group)  # waits for the device
    return trainer


def timed(
    network: str, execution: Execution, steps: int, start: Any, hand_over: Callable[[float], None]
) -> None:
    """Take steps when all are ready, as ``start`` says, and hand over when they were done."""
    with execution.active():
        trainer = ready_trainer(network, execution)
        start.wait()
        for _ in range(steps):
            trainer.advance()
        trainer.tally.read(trainer.group)
        hand_over(time.monotonic())


def timed_alone(
    network: str, execution: Execution, steps: int, start: Any, ends: "Queue[float]"
) -> None:
    """The same as the work of a process."""
    torch.set_num_threads(1)
    timed(network, execution, steps, start, ends.put)


def in_processes(network: str, execution: Execution, steps: int, count: int) -> float:
    """Seconds from the moment that all of several processes are ready to the end of the last.

    Raises:
        RuntimeError: one of them failed; its own message is on standard error.
    """
    context = multiprocessing.get_context("spawn")
    start, ends = context.Barrier(count + 1), context.Queue()
    arguments = (network, execution, steps, start, ends)
    workers = [context.Process(target=timed_alone, args=arguments) for _ in range(count)]
    for worker in workers:
        worker.start()
    while start.n_waiting < count:
        time.sleep(0.01)
        if any(worker.exitcode for worker in workers):
            for worker in workers:  # the others would wait for it
                worker.terminate()
            raise RuntimeError(f"a process that trained {network} failed: {execution}")
    begun = time.monotonic()  # one clock for all processes of a machine
    start.wait()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise RuntimeError(f"a process that trained {network} failed: {execution}")
    return max(ends.get() for _ in workers) - begun


def in_threads(network: str, execution: Execution, steps: int, count: int) -> float:
    """Seconds from the moment that all of several threads are ready to the end of the last.

    Raises:
        RuntimeError: one of them failed; its own error is the cause.
    """
    begun, ends = list[float](), list[float]()
    start = threading.Barrier(count, action=lambda: begun.append(time.monotonic()))

    def work() -> None:
        try:
            timed(network, execution, steps, start, ends.append)
        except BaseException:
            start.abort()
            raise

    # Set before the threads begin: the last to end would put TF32 back for all.
    with execution.active(), threads_with_streams(count, execution.torch_device) as pool:
        workers = [pool.submit(work) for _ in range(count)]
    errors = [worker.exception() for worker in workers]
    if failed := [e for e in errors if e and not isinstance(e, threading.BrokenBarrierError)]:
        raise RuntimeError(f"a thread that trained {network} failed: {execution}") from failed[0]
    return max(ends) - begun[0]


SIDE_BY_SIDE = {"processes": in_processes, "threads": in_threads}


def profile(network: str, execution: Execution, steps: int = 20) -> dict[str, float]:
    """What a GPU does in a step: kernels, copies included, and the share of the time they take."""
    with execution.active():
        trainer = ready_trainer(network, execution)
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as found:
            trainer.tally.read(trainer.group)  # waits: the profiler takes a while to begin
            begun = time.perf_counter()
            for _ in range(steps):
                trainer.advance()
            trainer.tally.read(trainer.group)
            seconds = time.perf_counter() - begun
    kernels = [
        event for event in found.key_averages()
        if event.device_type == torch.autograd.DeviceType.CUDA
    ]  # fmt: skip
    busy = sum(kernel.self_device_time_total for kernel in kernels) / 1e6
    count = sum(kernel.count for kernel in kernels)
    return {"kernels_per_step": count / steps, "busy_share": busy / seconds}


def measure(
    networks: Sequence[str], ways: Sequence[str], counts: Sequence[tuple[str, int]], steps: int,
    device: str,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """A row for each network, way and number of processes or threads; printed as they come."""
    for network in networks:
        layers, first = spec(network).depth, None
        for way in ways:
            execution = Execution(device, **WAYS[way])
            for kind, count in counts:
                if kind == "threads" and execution.compile is not None:
                    continue  # the compiler works for one thread at a time
                seconds = SIDE_BY_SIDE[kind](network, execution, steps, count)
                rate = count * steps / seconds
                first = first or rate
                row = {
                    "network": network, "way": way, kind: count,
                    "execution": asdict(execution), "steps": steps, "seconds": seconds,
                    "images_per_second": rate * RECIPES["cifar"].batch,
                    "microseconds_per_layer": 1e6 / rate / layers, "to_first": rate / first,
                }  # fmt: skip
                print(
                    f"  {network:<12} {way:<28} {count:2d} {kind:<9}"
                    f" {row['images_per_second']:10,.0f} images/s"
                    f" {row['microseconds_per_layer']:8.1f} us a layer"
                    f" {row['to_first']:6.2f}", flush=True,
                )  # fmt: skip
                yield row
            if execution.torch_device.type == "cuda":
                found = profile(network, execution)
                print(
                    f"  {network:<12} {way:<28} {found['kernels_per_step']:.0f} kernels a step,"
                    f" one at work in {100 * found['busy_share']:.0f} % of the time", flush=True,
                )  # fmt: skip
                yield {"network": network, "way": way, "execution": asdict(execution), **found}


def main() -> None:
    """Measure what the arguments ask for and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--networks", nargs="+", default=["resnet20", "resnet110"])
    parser.add_argument("--ways", nargs="+", choices=WAYS, help="(default: all of the device)")
    parser.add_argument("--processes", nargs="*", type=int, default=[1, 4])
    parser.add_argument("--threads", nargs="*", type=int, default=[4, 10])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    ask_for_queues()
    torch.set_num_threads(1)
    ways = options.ways or (ON_CPU if options.device == "cpu" else tuple(WAYS))
    machine = describe_machine(Execution(options.device).torch_device)
    print(f"{machine['device']}, torch {machine['torch']}; ratios to the first row of a network")
    counts = [("processes", count) for count in options.processes]
    counts += [("threads", count) for count in options.threads]
    rows: list[dict[str, Any]] = []
    for row in measure(options.networks, ways, counts, options.steps, options.device):
        rows.append(row)
        if options.out:
            found = {"machine": machine, "commit": commit(), "rows": rows}
            options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
