"""Where batches come from: images in memory, or a folder that is read while training."""

from collections.abc import Iterator
from typing import Any, Protocol

import torch

from resnet_lab.data import ImageFolderData, ImageSet
from resnet_lab.training.batches import Batch, MemoryBatches
from resnet_lab.training.recipe import FOR_A_FOLDER, Recipe

Data = ImageSet | ImageFolderData


class Source(Protocol):
    """What the trainer wants of batches."""

    train_size: int
    identity: dict[str, Any]

    def train(self, step: int, share: slice) -> Batch:
        """A share of the batch of a step, counted from 0."""

    def test(self) -> Iterator[Batch]:
        """The test images, in order."""


class FolderBatches:
    """Batches of a folder of images, which crops and mirrors them itself.

    Args:
        data: the folder.
        recipe: batch size and normalization; its crops and flips must be off.
        seed: of the order, the crops and the flips.
        device: where the batches are wanted.

    Raises:
        ValueError: the recipe asks for what a folder does not do.
    """

    def __init__(
        self, data: ImageFolderData, recipe: Recipe, seed: int, device: torch.device
    ) -> None:
        for name, wanted in FOR_A_FOLDER.items():
            if (value := getattr(recipe, name)) != wanted:
                raise ValueError(
                    f"{name} must be {wanted!r} for a folder of images, which crops and flips "
                    f"while it reads (see the recipe 'imagenet'), got {value!r}"
                )
        self.data, self.recipe, self.seed, self.device = data, recipe, seed, device
        self.mean, self.std = data.mean.to(device), data.std.to(device)
        self.train_size = data.train_size
        self.identity = describe_data(data)
        self.running: Iterator[tuple[torch.Tensor, torch.Tensor]] | None = None
        self.next_step = -1

    def train(self, step: int, share: slice) -> Batch:
        """A share of the batch of a step; fast when steps are asked for one after another."""
        if self.running is None or step != self.next_step:
            self.running = self.data.train_batches(
                self.recipe.batch, self.seed, step, self.device, share
            )
        self.next_step = step + 1
        images, labels = next(self.running)
        return Batch((images - self.mean) / self.std, labels)

    def test(self) -> Iterator[Batch]:
        """The test images, in order."""
        for images, labels in self.data.test_batches(self.recipe.batch, self.device):
            yield Batch((images - self.mean) / self.std, labels)


def describe_data(data: Data) -> dict[str, Any]:
    """What a record says of the images."""
    return {
        "name": data.name, "title": data.title, "train": data.train_size,
        "test": data.test_size, "checksum": data.checksum,
    }  # fmt: skip


def batches_of(data: Data, recipe: Recipe, seed: int, device: torch.device) -> Source:
    """The batches of a data set by a recipe.

    Raises:
        TypeError: the data is neither in memory nor a folder, or the recipe is none.
        ValueError: the recipe does not suit it.
    """
    if not isinstance(recipe, Recipe):
        raise TypeError(f"recipe must be a Recipe (recipe() takes names), got {recipe!r}")
    if isinstance(data, ImageFolderData):
        return FolderBatches(data, recipe, seed, device)
    if not isinstance(data, ImageSet):
        raise TypeError(f"data must be an ImageSet or an ImageFolderData, got {data!r}")
    kept = data.split(recipe.held_out) if recipe.held_out else data
    return MemoryBatches(kept, recipe, seed, device, describe_data(kept))
