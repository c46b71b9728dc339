"""How images of a folder are read: which come when, and what is drawn for each."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

Sample = tuple[str, int]
"""Path of an image, and its label."""

Place = tuple[int, int]
"""An epoch, and the place of an image in the list."""


class Order(Sampler[list[Place]]):
    """The places of each batch: epochs end to end, each in an order of its own, without end."""

    def __init__(
        self, length: int, batch: int, seed: int, start_step: int = 0, share: slice = slice(None)
    ) -> None:
        self.length, self.batch, self.seed = length, batch, seed
        self.start_step, self.share = start_step, share

    def __iter__(self) -> Iterator[list[Place]]:
        epoch, first = divmod(self.start_step * self.batch, self.length)
        places: list[Place] = []
        while True:
            generator = torch.Generator().manual_seed(_mixed(self.seed, epoch))
            for index in torch.randperm(self.length, generator=generator)[first:].tolist():
                places.append((epoch, index))
                if len(places) == self.batch:
                    yield places[self.share]
                    places = []
            epoch, first = epoch + 1, 0


class Images(Dataset[tuple[Tensor, int]]):
    """Images by place, bytes ``3, size, size``; cropped at random where there is a seed."""

    def __init__(self, samples: list[Sample], size: int, seed: int | None) -> None:
        from torchvision.transforms import v2

        self.samples, self.seed = samples, seed
        if seed is None:
            crop = [v2.Resize(round(size * 8 / 7), antialias=True), v2.CenterCrop(size)]
        else:
            crop = [v2.RandomResizedCrop(size, antialias=True), v2.RandomHorizontalFlip()]
        self.transform = v2.Compose([*crop, v2.PILToTensor()])

    def __getitem__(self, place: Place) -> tuple[Tensor, int]:
        epoch, index = place
        path, label = self.samples[index]
        image = _open(path)
        if self.seed is None:
            return self.transform(image), label
        state = torch.get_rng_state()
        torch.default_generator.manual_seed(_mixed(self.seed, epoch, index))
        try:
            return self.transform(image), label
        finally:
            torch.set_rng_state(state)


def _open(path: str) -> Any:
    """An image in RGB, the right way up."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            return _in_8_bits(ImageOps.exif_transpose(image)).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} must be an image that Pillow can read: {error}") from error


def _in_8_bits(image: Any) -> Any:
    """The image with 8 bits a channel; Pillow itself would cut all above 255 off.

    Raises:
        ValueError: its mode has no range that could be scaled.
    """
    from PIL import Image

    if image.mode.startswith("I;16"):
        pixels = np.asarray(image).astype(np.uint32)
        return Image.fromarray(((pixels + 128) // 257).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError(f"its pixels, of mode {image.mode!r}, have no known range: save 8 bits")
    return image


def _mixed(*numbers: int) -> int:
    """A seed made of several numbers, so that near ones are not alike."""
    return int.from_bytes(hashlib.sha256(repr(numbers).encode()).digest()[:8], "big")
