"""How fast a device takes training steps: each way alone, and several networks side by side.

``python -m benchmarks.device --out table.json`` times 200 steps of ResNet-20 and ResNet-110 on a
GPU, eager, compiled and as a CUDA graph, in one process and in several that share the device.
Speeds are ratios to the eager step of one process. ``--device cpu`` tries it without a GPU.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import torch
from torch import multiprocessing

from benchmarks.training import synthetic
from resnet_lab.models import spec
from resnet_lab.training import RECIPES, Execution, Trainer
from resnet_lab.training.code import commit
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
    trainer = Trainer(network, synthetic(20_000), recipe, 0, execution, progress=False)
    for _ in range(WARM):
        trainer.advance()
    trainer.tally.read(trainer.group)  # waits for the device
    return trainer


def timed(
    network: str, execution: Execution, steps: int, start: "Barrier", seconds: "Queue[float]"
) -> None:
    """Take steps when all processes are ready, and hand over how long they took."""
    torch.set_num_threads(1)
    with execution.active():
        trainer = ready_trainer(network, execution)
        start.wait()
        begun = time.perf_counter()
        for _ in range(steps):
            trainer.advance()
        trainer.tally.read(trainer.group)
        seconds.put(time.perf_counter() - begun)


def side_by_side(network: str, execution: Execution, steps: int, processes: int) -> float:
    """Seconds until the slowest of several processes has taken its steps.

    Raises:
        RuntimeError: one of them failed; its own message is on standard error.
    """
    context = multiprocessing.get_context("spawn")
    start, seconds = context.Barrier(processes), context.Queue()
    arguments = (network, execution, steps, start, seconds)
    workers = [context.Process(target=timed, args=arguments) for _ in range(processes)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        time.sleep(0.05)
        if any(worker.exitcode for worker in workers):
            for worker in workers:  # the others would wait for it
                worker.terminate()
            raise RuntimeError(f"a process that trained {network} failed: {execution}")
    return max(seconds.get() for _ in workers)


def measure(
    networks: Sequence[str], ways: Sequence[str], counts: Sequence[int], steps: int, device: str
) -> list[dict[str, Any]]:
    """One row for each network, way and number of processes; printed as they come."""
    rows: list[dict[str, Any]] = []
    for network in networks:
        layers, eager = spec(network).depth, None
        for way in ways:
            execution = Execution(device, **WAYS[way])
            for processes in counts:
                seconds = side_by_side(network, execution, steps, processes)
                rate = processes * steps / seconds
                eager = eager or rate
                rows.append({
                    "network": network, "way": way, "processes": processes,
                    "execution": asdict(execution), "steps": steps, "seconds": seconds,
                    "images_per_second": rate * RECIPES["cifar"].batch,
                    "microseconds_per_layer": 1e6 / rate / layers, "to_eager": rate / eager,
                })  # fmt: skip
                row = rows[-1]
                print(
                    f"  {network:<12} {way:<28} {processes:2d} at a time"
                    f" {row['images_per_second']:10,.0f} images/s"
                    f" {row['microseconds_per_layer']:8.1f} us a layer"
                    f" {row['to_eager']:6.2f}", flush=True,
                )  # fmt: skip
    return rows


def main() -> None:
    """Measure what the arguments ask for and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--networks", nargs="+", default=["resnet20", "resnet110"])
    parser.add_argument("--ways", nargs="+", choices=WAYS, help="(default: all of the device)")
    parser.add_argument("--processes", nargs="+", type=int, default=[1, 4, 10])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    ways = options.ways or (ON_CPU if options.device == "cpu" else tuple(WAYS))
    machine = describe_machine(Execution(options.device).torch_device)
    print(f"{machine['device']}, torch {machine['torch']}; ratios to eager, one process")
    rows = measure(options.networks, ways, options.processes, options.steps, options.device)
    if options.out:
        found = {"machine": machine, "commit": commit(), "rows": rows}
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
