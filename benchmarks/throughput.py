"""What a device makes of work that is equal on paper: layers, blocks and networks.

``python -m benchmarks.throughput --out throughput.json`` times 1x1 against 3x3 convolutions of as
many MACs (multiply-adds), basic blocks against bottlenecks, and the versions of ResNet-50 against
torchvision's; forward alone and with backward, in float32, TF32 and bfloat16, in both memory
formats. Rows are written as they come; speeds are ratios to the reference of their comparison.
``--device cpu --batch 1 --size 64`` tries it without a GPU.
"""

import argparse
import json
import statistics
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import resnet_lab
from benchmarks.interleave import Work, timed, to_reference
from resnet_lab.models import ResNet
from resnet_lab.training import Execution
from resnet_lab.training.code import commit
from resnet_lab.training.machine import describe_machine

PRECISIONS: dict[str, dict[str, Any]] = {"fp32": {}, "TF32": {"tf32": True}, "bf16": {"bf16": True}}
FORMATS: dict[str, dict[str, Any]] = {"N, C, H, W": {}, "N, H, W, C": {"channels_last": True}}
DIRECTIONS = ("forward", "forward and backward")
STAGES = (1, 2, 3, 4)


@dataclass(frozen=True)
class Entry:
    """A module and the shape of its input, ``N, C, H, W``."""

    module: nn.Module
    shape: tuple[int, int, int, int]

    def macs(self) -> int:
        """Multiply-adds for one image, forward; convolutions and linear layers only."""
        module, shape = self.module.eval(), (1, *self.shape[1:])
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            module(torch.zeros(shape))
        return counter.get_total_flops() // 2


def convolutions(stage: int, batch: int, size: int) -> dict[str, Entry]:
    """A 3x3 as in ResNet-18's stage, and a 1x1 of three times the width: equal MACs."""
    channels, side = 32 << stage, size >> (stage + 1)
    wide = 3 * channels
    return {
        f"3x3, {channels} channels": Entry(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), (batch, channels, side, side)
        ),
        f"1x1, {wide} channels": Entry(
            nn.Conv2d(wide, wide, 1, bias=False), (batch, wide, side, side)
        ),
    }


def blocks(stage: int, batch: int, size: int) -> dict[str, Entry]:
    """The second block of a stage: two 3x3 of ResNet-34, the bottleneck of ResNet-50."""
    side, found = size >> (stage + 1), {}
    for title, name in (("basic", "resnet34"), ("bottleneck", "resnet50")):
        network = resnet_lab.build(name)
        assert isinstance(network, ResNet)
        channels = network.spec.widths[stage - 1] * (4 if title == "bottleneck" else 1)
        block = network.get_submodule(f"layer{stage}.1")
        found[f"{title}, {channels} channels"] = Entry(block, (batch, channels, side, side))
    return found


def networks(batch: int, size: int) -> dict[str, Entry]:
    """Torchvision's ResNet-50 first; then ours, version by version, and the shallow ones."""
    built: dict[str, nn.Module] = {
        "torchvision resnet50": torchvision.models.resnet50(),
        **{name: resnet_lab.build(name) for name in ("resnet50", "resnet50_v1", "resnet50d")},
        **{
            title: make(name)
            for name in ("resnet18", "resnet34")
            for title, make in (
                (f"torchvision {name}", torchvision.models.get_model), (name, resnet_lab.build)
            )
        },
    }  # fmt: skip
    return {name: Entry(module, (batch, 3, size, size)) for name, module in built.items()}


def work_of(entry: Entry, execution: Execution, direction: str, repeats: int) -> Work:
    """Run a module so many times in a row, and wait for the device.

    What is not the module's is prepared: inside a network, its input has the precision of the
    layer before and asks for a gradient, and the gradient of its output is given.
    """
    device, like = execution.torch_device, execution.memory_format
    module = entry.module.to(device).to(memory_format=like)
    inside, backward = entry.shape[1] > 3, direction != "forward"
    images = torch.randn(entry.shape, device=device).contiguous(memory_format=like)
    if inside and execution.bf16:
        images = images.bfloat16()
    images.requires_grad_(inside and backward)

    def forward() -> Tensor:
        with execution.autocast():
            output: Tensor = module(images)
        return output

    gradient = torch.ones_like(forward()) if backward else None

    def work() -> None:
        module.train(backward)
        with nullcontext() if backward else torch.inference_mode():
            for _ in range(repeats):
                output = forward()
                if backward:
                    module.zero_grad(set_to_none=True)
                    images.grad = None
                    output.backward(gradient)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return work


def compare(
    title: str, entries: dict[str, Entry], device: str, rounds: int, repeats: int
) -> Iterator[dict[str, Any]]:
    """A row for each entry, precision, format and direction; the first is the reference."""
    macs = {name: entry.macs() for name, entry in entries.items()}
    for precision, how in PRECISIONS.items():
        for order, where in FORMATS.items():
            execution = Execution(device, **how, **where)
            for direction in DIRECTIONS:
                with execution.active():
                    ways = {
                        name: work_of(entry, execution, direction, repeats)
                        for name, entry in entries.items()
                    }
                    seconds = timed(ways, rounds)
                speeds = to_reference(seconds, next(iter(entries)))
                for name, entry in entries.items():
                    second = statistics.median(seconds[name]) / repeats
                    yield {
                        "comparison": title, "name": name, "shape": list(entry.shape),
                        "precision": precision, "format": order, "direction": direction,
                        "macs": macs[name], "milliseconds": 1000 * second,
                        "images_per_second": entry.shape[0] / second,
                        "forward_macs_per_second": entry.shape[0] * macs[name] / second,
                        "to_reference": speeds[name],
                    }  # fmt: skip
                for entry in entries.values():
                    entry.module.cpu().to(memory_format=torch.contiguous_format)


def show(row: dict[str, Any]) -> None:
    """Print a row."""
    print(
        f"  {row['comparison']:<22} {row['name']:<24} {row['precision']} {row['format']}"
        f" {row['direction']:<20} {row['milliseconds']:9.3f} ms"
        f" {row['images_per_second']:12,.0f} images/s {row['to_reference']:6.2f}", flush=True,
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Measure what the arguments ask for and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--batch", type=int, default=256, help="so large that launching is hidden")
    parser.add_argument("--size", type=int, default=224, help="side of the images in pixels")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=20, help="of a layer or block in a row")
    parser.add_argument("--stages", nargs="+", type=int, choices=STAGES, default=STAGES)
    parser.add_argument("--no-networks", action="store_true", help="layers and blocks only")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    torch.manual_seed(0)
    machine = describe_machine(Execution(options.device).torch_device)
    print(f"{machine['device']}, torch {machine['torch']}; ratios to the first of a comparison")
    size, batch, rows = options.size, options.batch, list[dict[str, Any]]()
    comparisons = [
        (f"{kind.__name__}, stage {stage}", kind(stage, batch, size), options.repeats)
        for kind in (convolutions, blocks)
        for stage in options.stages
    ]
    if not options.no_networks:
        comparisons.append(("networks", networks(batch, size), 1))
    for title, entries, repeats in comparisons:
        for row in compare(title, entries, options.device, options.rounds, repeats):
            show(row)
            rows.append(row)
            if options.out:
                found = {"machine": machine, "commit": commit(), "rounds": options.rounds}
                text = json.dumps({**found, "rows": rows}, indent=1)
                options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
