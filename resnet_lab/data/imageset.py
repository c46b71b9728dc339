"""Images and labels in memory: what a small data set is to the trainer."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from resnet_lab.checks import check_integer


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet:
    """A data set that fits in memory, with its training and its test part.

    Images are stored as bytes, 0 to 255. Scaling, cropping and normalization are left to
    whoever makes batches of them.

    Args:
        name: what :func:`~resnet_lab.data.load_data` calls it.
        title: what a figure calls it.
        classes: name of each class, in the order of the labels.
        train_images: ``N, C, H, W``, uint8.
        train_labels: ``N``, int64, places in ``classes``.
        test_images: ``M, C, H, W``, uint8.
        test_labels: ``M``, int64.

    Raises:
        TypeError: a field has another type than it should.
        ValueError: a shape does not fit the others, a part is empty, a label has no class, or
            the tensors are on several devices.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor

    def __post_init__(self) -> None:
        for field in ("name", "title"):
            if not isinstance(value := getattr(self, field), str):
                raise TypeError(f"{field} must be a string, got {value!r}")
        if not isinstance(self.classes, tuple) or not self.classes:
            raise TypeError(f"classes must be a tuple of names, got {self.classes!r}")
        for part in ("train", "test"):
            _check_part(part, *self._part(part), len(self.classes))
        if self.test_images.shape[1:] != self.train_images.shape[1:]:
            raise ValueError(
                f"test_images must be {[*self.shape]} each, as train_images are, "
                f"got {list(self.test_images.shape[1:])}"
            )
        devices = sorted({str(tensor.device) for tensor in self._tensors()})
        if len(devices) > 1:
            raise ValueError(f"images and labels must be on one device, got {devices}")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one image: ``C, H, W``."""
        channels, height, width = self.train_images.shape[1:]
        return channels, height, width

    @property
    def train_size(self) -> int:
        """Images to train on."""
        return len(self.train_labels)

    @property
    def test_size(self) -> int:
        """Images to test on."""
        return len(self.test_labels)

    @cached_property
    def checksum(self) -> str:
        """SHA-256 in hexadecimal over the bytes of the four tensors, in the order of the fields.

        It is the same on every device and is computed once.
        """
        digest = hashlib.sha256()
        for tensor in self._tensors():
            digest.update(tensor.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def to(self, device: str | torch.device) -> "ImageSet":
        """The same set with its tensors on a device."""
        moved = ImageSet(
            self.name, self.title, self.classes, *(tensor.to(device) for tensor in self._tensors())
        )
        if "checksum" in self.__dict__:
            moved.__dict__["checksum"] = self.checksum
        return moved

    def split(self, held_out: int) -> "ImageSet":
        """A set to choose settings on: the last training images are its test part.

        The test part of this set is left out. For the 50,000 images of CIFAR-10,
        ``held_out=5000`` is a 45k/5k split as in He et al., arXiv:1512.03385, section 4.2; the
        paper does not say which 5,000 were held out.

        Raises:
            TypeError: ``held_out`` is no integer.
            ValueError: no training image, or no test image, would be left.
        """
        check_integer("held_out", held_out, 1, self.train_size - 1)
        return replace(
            self,
            train_images=self.train_images[:-held_out],
            train_labels=self.train_labels[:-held_out],
            test_images=self.train_images[-held_out:],
            test_labels=self.train_labels[-held_out:],
        )

    def __repr__(self) -> str:
        """One line: what it is and how much of it there is."""
        return (
            f"ImageSet({self.name!r}: {self.train_size:,} training and {self.test_size:,} test "
            f"images of {'x'.join(map(str, self.shape))}, {len(self.classes)} classes)"
        )

    def _part(self, part: str) -> tuple[Tensor, Tensor]:
        return getattr(self, f"{part}_images"), getattr(self, f"{part}_labels")

    def _tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.train_images, self.train_labels, self.test_images, self.test_labels


def _check_part(part: str, images: Tensor, labels: Tensor, classes: int) -> None:
    for kind, tensor, dtype, axes in (
        ("images", images, torch.uint8, "N, C, H, W"),
        ("labels", labels, torch.int64, "N"),
    ):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{part}_{kind} must be a tensor, got {type(tensor).__name__}")
        if tensor.dtype != dtype:
            raise TypeError(f"{part}_{kind} must be {dtype}, got {tensor.dtype}")
        if tensor.dim() != len(axes.split(", ")) or not tensor.numel():
            raise ValueError(
                f"{part}_{kind} must have the shape {axes} and not be empty, "
                f"got {list(tensor.shape)}"
            )
    if len(labels) != len(images):
        raise ValueError(
            f"{part}_labels must be one for each of the {len(images)} {part}_images, "
            f"got {len(labels)}"
        )
    low, high = (int(value) for value in labels.aminmax())
    if low < 0 or high >= classes:
        raise ValueError(
            f"{part}_labels must be 0 to {classes - 1} for {classes} classes, got {low} to {high}"
        )
