"""Batches of images that lie in memory: drawn, cropped, mirrored, normalized on the device.

Batch ``k`` is a function of the seed and of ``k`` alone, whatever the device: batches are
cut from the images in the order of epoch 0, then of epoch 1, and so on, without a gap, and
every random number of an epoch is drawn on the CPU from a generator of its own. So training
resumes at any step without a saved state of the generators.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from resnet_lab.data.imageset import ImageSet
from resnet_lab.training.recipe import Recipe


class Batch(NamedTuple):
    """Normalized images ``N, C, H, W`` (float32) and their labels ``N`` (int64)."""

    images: Tensor
    labels: Tensor


class Draws(NamedTuple):
    """What is drawn for one epoch: ``N`` integers each, for the image at each position."""

    order: Tensor  # which image
    down: Tensor  # rows of padding above its crop
    right: Tensor  # columns of padding left of it
    flipped: Tensor  # whether it is mirrored


def draw_epoch(size: int, seed: int, epoch: int, padding: int) -> Draws:
    """Draw one epoch. The order does not depend on whether images are cropped or mirrored."""
    state = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)
    generator = torch.Generator().manual_seed(int(state[0] >> np.uint64(1)))
    order = torch.randperm(size, generator=generator)
    down, right = torch.randint(0, 2 * padding + 1, (2, size), generator=generator)
    flipped = torch.rand(size, generator=generator) < 0.5
    return Draws(order, down, right, flipped)


class Normalization:
    """Images of bytes to floats: divided by 255, the mean subtracted, the deviation divided out.

    Where batch normalization follows the first convolution, the scale of the images makes no
    difference to what is computed; the mean does, because the padding is zeros.
    """

    def __init__(self, kind: str, images: Tensor) -> None:
        """Measure on training images ``N, C, H, W`` of bytes."""
        self.mean: Tensor | float = 0.0
        self.deviation: Tensor | None = None
        if kind == "pixel mean":
            self.mean = _mean(images)
        elif kind == "channel mean and deviation":
            mean = _mean(images)
            square = _mean(images, power=2)
            self.mean = mean.mean((1, 2), keepdim=True)
            variance = square.mean((1, 2), keepdim=True) - self.mean**2
            self.deviation = variance.sqrt()

    def __call__(self, images: Tensor) -> Tensor:
        """Map images of bytes to float32, the same shape."""
        floats = images.to(torch.float32, copy=True).div_(255).sub_(self.mean)
        return floats if self.deviation is None else floats.div_(self.deviation)


def _mean(images: Tensor, power: int = 1) -> Tensor:
    """Mean over the images of a power of each pixel, a thousand images at a time."""
    total = torch.zeros(images.shape[1:], dtype=torch.float64)
    for chunk in images.cpu().split(1000):
        total += (chunk.double() / 255).pow(power).sum(0)
    return (total / len(images)).float().to(images.device)


def crop_and_flip(
    images: Tensor, padding: int, down: Tensor, right: Tensor, flipped: Tensor
) -> Tensor:
    """Pad images with zeros, cut a window of the old size out of each, mirror some of them.

    Args:
        images: normalized images, ``N, C, H, W``.
        padding: zeros on each side, in pixels.
        down: first row of each window, ``N`` integers from 0 to ``2 padding``.
        right: first column of each window, likewise.
        flipped: whether each window is mirrored left to right, ``N`` booleans.

    Returns:
        The windows, ``N, C, H, W``.
    """
    height, width = images.shape[2:]
    padded = F.pad(images, (padding,) * 4)
    rows = down[:, None] + torch.arange(height, device=images.device)
    columns = right[:, None] + torch.arange(width, device=images.device)
    columns = torch.where(flipped[:, None], columns.flip(1), columns)
    places = rows[:, :, None] * padded.shape[3] + columns[:, None, :]
    places = places.flatten(1)[:, None].expand(-1, images.shape[1], -1)
    return padded.flatten(2).gather(2, places).view_as(images)


class MemoryBatches:
    """The batches of a data set in memory, by a recipe and a seed.

    Args:
        data: images and labels; they are moved to the device once.
        recipe: batch size, crops, flips and normalization.
        seed: of the order, the crops and the flips.
        device: where the batches are wanted.
        identity: what a record says of the images.
    """

    def __init__(
        self,
        data: ImageSet,
        recipe: Recipe,
        seed: int,
        device: torch.device,
        identity: dict[str, Any],
    ) -> None:
        self.data = data.to(device)
        self.recipe, self.seed, self.device = recipe, seed, device
        self.train_size, self.identity = data.train_size, identity
        self.normalize = Normalization(recipe.normalization, self.data.train_images)
        self.draws: dict[int, Draws] = {}

    def train(self, step: int, share: slice = slice(None)) -> Batch:
        """The batch of a step, counted from 0, or a share of it."""
        epochs, places = self._places(step)
        drawn = [self._epoch(epoch) for epoch in epochs]
        order, down, right, flipped = (
            torch.cat([field[place] for field, place in zip(fields, places, strict=True)])[share]
            for fields in zip(*drawn, strict=True)
        )
        images = self.normalize(self.data.train_images.index_select(0, order))
        if self.recipe.crop_padding or self.recipe.flip:
            flipped = flipped & self.recipe.flip
            images = crop_and_flip(images, self.recipe.crop_padding, down, right, flipped)
        return Batch(images, self.data.train_labels[order])

    def test(self, size: int = 1000) -> Iterator[Batch]:
        """The test images, in order; the last batch may be smaller."""
        for images, labels in zip(
            self.data.test_images.split(size), self.data.test_labels.split(size), strict=True
        ):
            yield Batch(self.normalize(images), labels)

    def _places(self, step: int) -> tuple[list[int], list[slice]]:
        """The epochs that a batch reaches into, and its places in each."""
        size, batch = self.data.train_size, self.recipe.batch
        first, last = step * batch, (step + 1) * batch
        epochs = list(range(first // size, (last - 1) // size + 1))
        return epochs, [slice(max(first - e * size, 0), min(last - e * size, size)) for e in epochs]

    def _epoch(self, epoch: int) -> Draws:
        if epoch not in self.draws:
            drawn = draw_epoch(self.data.train_size, self.seed, epoch, self.recipe.crop_padding)
            self.draws = {e: kept for e, kept in self.draws.items() if e >= epoch - 1}
            self.draws[epoch] = Draws(*(field.to(self.device) for field in drawn))
        return self.draws[epoch]
