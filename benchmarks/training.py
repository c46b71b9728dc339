"""The training system against what one would write without it: batches, steps, memory."""

import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision import transforms
from torchvision.transforms.functional import to_pil_image

import resnet_lab
from benchmarks.interleave import Work, ratios, show
from resnet_lab.data import ImageSet
from resnet_lab.training import RECIPES, Execution, Trainer
from resnet_lab.training.batches import Batch, MemoryBatches

RECIPE = RECIPES["cifar"]
IN_A_ROW = 8
"""Batches that each way makes in its turn: the rate is the one that lasts."""

LOADED = 12
"""Steps until what a step allocates is known; the first of them are slower."""


def synthetic(size: int) -> ImageSet:
    """Random bytes in the shape of CIFAR-10."""
    images = torch.randint(0, 256, (size, 3, 32, 32), dtype=torch.uint8)
    labels = torch.arange(size) % 10
    names = tuple(map(str, range(10)))
    return ImageSet("noise", "noise", names, images, labels, images[:128], labels[:128])


def data_path(rounds: int) -> None:
    """Crop, flip and normalize a batch: ours, and image by image as torchvision's users do."""
    data = synthetic(10_000)
    ours = MemoryBatches(data, RECIPE, 0, torch.device("cpu"), {})
    steps = iter(range(1_000_000))
    pictures = [to_pil_image(image) for image in data.train_images[: RECIPE.batch]]
    mean = data.train_images.double().div(255).mean(0).float()
    pipeline = transforms.Compose(
        [
            transforms.RandomCrop(32, padding=4),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Lambda(lambda image: image - mean),
        ]
    )

    def on_pictures() -> None:
        for _ in range(IN_A_ROW):
            torch.stack([pipeline(picture) for picture in pictures])

    def on_tensors() -> None:
        for _ in range(IN_A_ROW):
            ours.train(next(steps))

    ways: dict[str, Work] = {
        "torchvision on PIL images (reference)": on_pictures,
        "ours": on_tensors,
    }
    title = f"batches of {RECIPE.batch} CIFAR images, images per second (goal: 8.00)"
    show(title, ratios(ways, "torchvision on PIL images (reference)", rounds))


def fixed_batch() -> Batch:
    """The tensors that every way trains on."""
    generator = torch.Generator().manual_seed(0)
    return Batch(
        torch.randn(RECIPE.batch, 3, 32, 32, generator=generator),
        torch.randint(0, 10, (RECIPE.batch,), generator=generator),
    )


class FixedBatches:
    """Hands out the same tensors for every step, so that only the step is timed."""

    def __init__(self) -> None:
        self.batch = fixed_batch()

    def train(self, step: int, share: slice) -> Batch:
        """The batch, whatever the step."""
        return self.batch


def trainer_step(execution: Execution) -> Work:
    """A step of our trainer with all that belongs to it, the look at the loss included."""
    trainer = Trainer("resnet20", synthetic(128), RECIPE, 0, execution, progress=False)
    trainer.batches = FixedBatches()  # type: ignore[assignment]

    def work() -> None:
        trainer.advance()
        trainer.tally.read(trainer.group)

    return work


def plain_step() -> Work:
    """A step of a plain loop, on the same network."""
    torch.manual_seed(0)
    model = resnet_lab.build("resnet20").train()
    optimizer = torch.optim.SGD(
        model.parameters(), RECIPE.lr, RECIPE.momentum, weight_decay=RECIPE.weight_decay
    )
    images, labels = fixed_batch()

    def work() -> float:
        logits: Tensor = model(images)
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return work


def steps(rounds: int) -> None:
    """A step of training, as it comes and on the fast paths."""
    ways = {
        "plain loop (reference)": plain_step(),
        "trainer": trainer_step(Execution("cpu")),
        "trainer, channels_last": trainer_step(Execution("cpu", channels_last=True)),
    }
    if shutil.which("c++"):  # torch.compile needs a compiler for the CPU
        torch.compiler.reset()
        ways["trainer, compile"] = trainer_step(Execution("cpu", compile="default"))
        ways["trainer, channels_last and compile"] = trainer_step(
            Execution("cpu", channels_last=True, compile="default")
        )
    title = f"resnet20, a step of training, batch {RECIPE.batch} (goals: 0.98 as it comes, faster)"
    show(title, ratios(ways, "plain loop (reference)", rounds))


def peak_of(way: str) -> int:
    """Peak memory that steps add to a process of its own, in KiB; both ways import the same."""
    code = f"from benchmarks.training import added_by; print(added_by({way!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


def added_by(way: str) -> int:
    """Run some steps in this process; by how much its peak memory grew, in KiB."""
    torch.set_num_threads(1)
    work = plain_step() if way == "plain" else trainer_step(Execution("cpu"))
    before = peak()
    for _ in range(LOADED):
        work()
    return peak() - before


def peak() -> int:
    """The most memory that this process has held, in KiB.

    Not by ``getrusage``, where a process begins with the peak of the one that started it.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0])


def memory(rounds: int) -> None:
    """Peak memory of training, as a multiple of the plain loop's; where Linux tells it."""
    if not Path("/proc/self/status").exists():
        return
    peaks: dict[str, list[int]] = {"plain": [], "trainer": []}
    for _ in range(rounds):
        for way, found in peaks.items():
            found.append(peak_of(way))
    median = {way: statistics.median(found) for way, found in peaks.items()}
    show(
        f"resnet20, peak memory of {LOADED} steps, batch {RECIPE.batch} (goal: at most 1.00)",
        {f"{way}, {peak / 1024:.0f} MiB": peak / median["plain"] for way, peak in median.items()},
    )
