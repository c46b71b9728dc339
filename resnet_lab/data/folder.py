"""A folder of images of the reader's own, read from disk while training.

``train`` and ``val`` (or ``test``) hold one folder a class, as for torchvision's ImageFolder::

    pictures/train/cat/1.jpg    pictures/val/cat/7.jpg
    pictures/train/dog/2.jpg    pictures/val/dog/8.jpg
"""

import hashlib
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from resnet_lab.checks import check_integer
from resnet_lab.data.reading import Images, Order, Sample

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class ImageFolderData:
    """Images that are read, cropped and scaled when they are needed.

    Training images are cropped at random (8 to 100 % of the area, sides of 3:4 to 4:3) and
    flipped with probability one half; test images are resized and cropped in the middle. This
    is how torchvision trains its ResNets (``references/classification/presets.py``), after
    Szegedy et al., arXiv:1409.4842. He et al., arXiv:1512.03385, section 3.4, crop otherwise:
    from images whose short side is 256 to 480 pixels.

    What happens to an image depends on the seed, the epoch and its place in the list alone, so
    an epoch is the same however many workers read it and wherever it is resumed.

    Args:
        path: the folder with ``train`` and ``val`` (or ``test``).
        size: side of the cropped images in pixels. Test images are first resized to 8/7 of it
            along the short side, 256 for 224.
        workers: processes that read images; 0 reads them in the program itself.

    Attributes:
        name: ``folder/`` and the name of the folder.
        title: what a figure calls it.
        classes: names of the class folders, sorted; labels are places in it.
        mean: mean of each channel over ImageNet, for images in [0, 1]; ``3, 1, 1``.
        std: standard deviation, likewise.

    Raises:
        FileNotFoundError: a folder is missing.
        ValueError: a class folder holds no image, or the two parts have different classes.
    """

    def __init__(self, path: str | os.PathLike[str], size: int = 224, workers: int = 0) -> None:
        check_integer("size", size, 1)
        check_integer("workers", workers, 0)
        self.path = Path(path).expanduser()
        if not self.path.is_dir():
            raise FileNotFoundError(f"path must be a folder that exists, got {str(path)!r}")
        self.workers = workers
        train, test = self._part("train"), self._part("val", "test")
        self.classes = tuple(_class_folders(train))
        if (others := tuple(_class_folders(test))) != self.classes:
            odd = sorted(set(self.classes) ^ set(others))
            raise ValueError(
                f"{train} and {test} must have the same class folders, but only one of them has "
                + ", ".join(odd)
            )
        self.train_samples = _samples(train, self.classes)
        self.test_samples = _samples(test, self.classes)
        self.shape = (3, size, size)
        self.name = f"folder/{self.path.resolve().name}"
        self.title = f"{self.path.resolve().name}, {self.train_size:,} images"
        self.mean = torch.tensor(IMAGENET_MEAN).view(3, 1, 1)
        self.std = torch.tensor(IMAGENET_STD).view(3, 1, 1)

    @property
    def train_size(self) -> int:
        """Images to train on."""
        return len(self.train_samples)

    @property
    def test_size(self) -> int:
        """Images to test on."""
        return len(self.test_samples)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over the sorted paths (inside the folder) and sizes of the image files.

        The contents are not read: a file changed in place to one of the same size goes unseen.
        """
        digest = hashlib.sha256()
        names = (Path(name) for name, _ in self.train_samples + self.test_samples)
        for name in sorted(file.relative_to(self.path).as_posix() for file in names):
            digest.update(f"{name}\0{(self.path / name).stat().st_size}\n".encode())
        return digest.hexdigest()

    def train_batches(
        self,
        batch: int,
        seed: int,
        start_step: int = 0,
        device: str | torch.device = "cpu",
        share: slice = slice(None),
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches without end: epoch after epoch, each in an order of its own.

        Batch ``k`` is positions ``k * batch`` to ``(k + 1) * batch`` of the epochs' orders laid
        end to end. It depends on the seed and ``k`` alone: a run resumed at ``start_step`` sees
        what it would have seen.

        Args:
            batch: images in each batch.
            seed: of the orders, crops and flips.
            start_step: the first ``k``.
            device: where the batches are wanted.
            share: the part of each batch to read, for one of several programs that share them.

        Yields:
            Images ``batch, 3, size, size`` in [0, 1], float32, and labels ``batch``, int64.

        Raises:
            ValueError: an argument is impossible, or an image can't be read; the message names
                its file.
        """
        check_integer("batch", batch, 1)
        check_integer("start_step", start_step, 0)
        order = Order(self.train_size, batch, seed, start_step, share)
        return self._load(Images(self.train_samples, self.shape[1], seed), order, device)

    def test_batches(
        self, batch: int, device: str | torch.device = "cpu"
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """All test images once, in order; the last batch may be smaller.

        Yields and raises as :meth:`train_batches`.
        """
        check_integer("batch", batch, 1)
        places = [(0, index) for index in range(self.test_size)]
        batches = [places[start : start + batch] for start in range(0, len(places), batch)]
        return self._load(Images(self.test_samples, self.shape[1], None), batches, device)

    def _load(
        self, images: Images, batches: Any, device: str | torch.device
    ) -> Iterator[tuple[Tensor, Tensor]]:
        loader = DataLoader(
            images,
            batch_sampler=batches,
            num_workers=self.workers,
            pin_memory=torch.device(device).type == "cuda",
            generator=torch.Generator(),  # without it, the loader draws from everybody's
        )
        try:
            for pixels, labels in loader:
                pixels = pixels.to(device, non_blocking=True)
                yield pixels.float().div_(255), labels.to(device, non_blocking=True)
        except ValueError as error:
            # A worker's error carries the worker's traceback as text, and the loader's frames,
            # which would keep the workers running: say what is wrong, and let them go.
            error.with_traceback(None)
            raise ValueError(str(error).strip().rpartition("ValueError: ")[2]) from None

    def _part(self, *names: str) -> Path:
        for name in names:
            if (self.path / name).is_dir():
                return self.path / name
        raise FileNotFoundError(f"path must hold a folder {' or '.join(names)}, got {self.path}")

    def __repr__(self) -> str:
        """One line: where it is and how much of it there is."""
        return (
            f"ImageFolderData({str(self.path)!r}: {self.train_size:,} training and "
            f"{self.test_size:,} test images, {len(self.classes)} classes)"
        )


def _class_folders(part: Path) -> list[str]:
    names = sorted(
        entry.name for entry in part.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )
    if not names:
        raise ValueError(f"{part} must hold a folder for each class, got none")
    return names


def _samples(part: Path, classes: tuple[str, ...]) -> list[Sample]:
    """Every image file with its label, class by class, sorted."""
    from torchvision.datasets.folder import IMG_EXTENSIONS, make_dataset

    def is_image(path: str) -> bool:
        name = os.path.basename(path)
        return name.lower().endswith(IMG_EXTENSIONS) and not name.startswith(".")

    labels = {name: label for label, name in enumerate(classes)}
    samples = make_dataset(str(part), labels, is_valid_file=is_image, allow_empty=True)
    if empty := set(range(len(classes))) - {label for _, label in samples}:
        listed = ", ".join(str(part / classes[label]) for label in sorted(empty))
        raise ValueError(f"class folders must hold images ({', '.join(IMG_EXTENSIONS)}): {listed}")
    return samples
