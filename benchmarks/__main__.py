"""``make bench``: our networks against torchvision's, the trace, and the training system.

Figures are ratios of speeds, reference = 1.00, above 1 is faster; those of tools that look at a
network, ``trace_shapes`` and ``cost``, are multiples of the reference's time, below 1 is faster.
"""

import argparse
import platform
import shutil
import timeit
from typing import cast

import torch
import torchinfo
import torchvision
from fvcore.nn import FlopCountAnalysis
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import resnet_lab
from benchmarks.interleave import Work, ratios, show
from benchmarks.training import data_path, memory, steps
from resnet_lab.models.cost_rows import block_layers, head_layers, shrink, stem_layers


def forward(model: nn.Module, images: Tensor) -> Work:
    """One forward pass without gradients."""

    def work() -> None:
        with torch.inference_mode():
            model(images)

    return work


def step(model: nn.Module, images: Tensor) -> Work:
    """One forward and backward pass."""

    def work() -> None:
        model.zero_grad(set_to_none=True)
        model(images).sum().backward()

    return work


def with_in_place_relus(model: nn.Module) -> nn.Module:
    """The same network as torchvision writes it: each ReLU overwrites its input."""
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = True
    return model


def compiled(model: nn.Module) -> nn.Module:
    """The network behind ``torch.compile``, whose wrapper is a module, too."""
    return cast(nn.Module, torch.compile(model))


def inference(name: str, batch: int, rounds: int) -> None:
    """Forward as written, with each ReLU in place, and on the fast path."""
    images = torch.randn(batch, 3, 224, 224)
    theirs = torchvision.models.get_model(name)
    ours = resnet_lab.build(name)
    in_place = with_in_place_relus(resnet_lab.build(name))
    fast = resnet_lab.build(name).eval().to(memory_format=torch.channels_last)
    last = images.to(memory_format=torch.channels_last)

    ways = {
        "torchvision (reference)": forward(theirs.eval(), images),
        "ours, as written": forward(ours.eval(), images),
        "ours, ReLU in place": forward(in_place.eval(), images),
        "ours, channels_last": forward(fast, last),
    }
    if shutil.which("c++"):  # torch.compile needs a compiler for the CPU
        ways["ours, channels_last and torch.compile"] = forward(compiled(fast), last)
    title = f"{name}, forward, batch {batch} (goals: 0.95 as written, 1.40 compiled)"
    show(title, ratios(ways, "torchvision (reference)", rounds))


def training(name: str, batch: int, rounds: int) -> None:
    """Forward and backward as written, and with each ReLU in place."""
    images = torch.randn(batch, 3, 224, 224)
    theirs = torchvision.models.get_model(name)
    ours = resnet_lab.build(name)
    in_place = with_in_place_relus(resnet_lab.build(name))
    ways = {
        "torchvision (reference)": step(theirs.train(), images),
        "ours, as written": step(ours.train(), images),
        "ours, ReLU in place": step(in_place.train(), images),
    }
    title = f"{name}, forward and backward, batch {batch} (goal: 0.95 as written)"
    show(title, ratios(ways, "torchvision (reference)", rounds))


def tracing(name: str, rounds: int) -> None:
    """How long a trace takes, as a multiple of a plain forward pass."""
    model = resnet_lab.build(name).eval()
    size = (1, 3, 224, 224)
    ways = {
        "plain forward (reference)": forward(model, torch.zeros(size)),
        "trace_shapes": lambda: resnet_lab.trace_shapes(model, size),
        "torchinfo.summary": lambda: torchinfo.summary(
            model, size, verbose=0, cache_forward_pass=False
        ),
    }
    found = ratios(ways, "plain forward (reference)", rounds)
    slower = {name: 1 / ratio for name, ratio in found.items()}
    title = f"{name}, time as a multiple of one forward pass, batch 1 (goal: trace_shapes 1.05)"
    show(title, slower)


def forgetful_cost(spec: resnet_lab.ResNetSpec, size: int) -> resnet_lab.models.Cost:
    """The cost with no layer remembered from an earlier call, as in a new process."""
    for remembered in (stem_layers, block_layers, head_layers, shrink):
        remembered.cache_clear()
    return resnet_lab.cost(spec, size)


def counting(name: str, size: int, rounds: int) -> None:
    """The cost from the specification against tools that run the network."""
    spec = resnet_lab.spec(name)
    model = resnet_lab.build(name).eval()
    images = torch.zeros(1, 3, size, size)

    def flop_counter() -> None:
        with FlopCounterMode(display=False), torch.inference_mode():
            model(images)

    def fvcore_count() -> None:
        FlopCountAnalysis(model, images).unsupported_ops_warnings(False).total()

    ways: dict[str, Work] = {
        "cost": lambda: resnet_lab.cost(spec, size),
        "cost, the first time (reference)": lambda: forgetful_cost(spec, size),
        "FlopCounterMode": flop_counter,
        "torchinfo.summary": lambda: torchinfo.summary(
            model, tuple(images.shape), verbose=0, cache_forward_pass=False
        ),
        "fvcore": fvcore_count,
    }
    found = ratios(ways, "cost, the first time (reference)", rounds)
    title = f"{name} at {size} pixels, time as a multiple of the first cost() (goals: 5 and 50 ms)"
    show(title, {name: 1 / ratio for name, ratio in found.items()})
    for way in ("cost", "cost, the first time (reference)"):
        print(f"  {way}: {1000 * min(timeit.repeat(ways[way], number=1, repeat=20)):.1f} ms")


def main() -> None:
    """Run every comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="turns for each way (default 9)")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {platform.machine()}, one thread; medians of ratios")
    for name in ("resnet18", "resnet50"):
        for batch in (1, 8, 32):
            torch.compiler.reset()  # each batch size gets its own compilation
            inference(name, batch, chosen.rounds)
        training(name, 8, chosen.rounds)
        tracing(name, 4 * chosen.rounds)
    counting("resnet152", 224, chosen.rounds)
    counting("resnet1202", 32, min(chosen.rounds, 3))
    data_path(chosen.rounds)
    steps(chosen.rounds)
    memory(chosen.rounds)


if __name__ == "__main__":
    main()
