"""Copies of CIFAR-10 from local files: a pixel-exact part, and all of it as JPEG.

Neither is CIFAR-10, and figures name them so. There is no place to download them from.
"""

import io
import lzma
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch

from resnet_lab.data.cifar import CIFAR10_CLASSES
from resnet_lab.data.imageset import ImageSet
from resnet_lab.data.places import data_file

PART_FILE = "cifar10-part.npz"
JPEG_FILE = "cifar10-jpeg-copy.bin.xz"
JPEG_INDEX = "cifar10-jpeg-copy-index.npz"


def load_part(folder: Path | None) -> ImageSet:
    """A part of CIFAR-10 with its pixels as they are, from ``cifar10-part.npz``.

    The file holds ``train_images`` (``N, 3, 32, 32``, uint8), ``train_labels``, ``test_images``
    and ``test_labels``.

    Raises:
        FileNotFoundError: the folder has no such file.
        ValueError: it is no such file inside.
    """
    path = data_file(PART_FILE, folder)
    keys = ("train_images", "train_labels", "test_images", "test_labels")
    arrays = [torch.from_numpy(array) for array in _arrays(path, keys)]
    title = f"CIFAR-10, {len(arrays[0]):,} images"
    train_images, train_labels, test_images, test_labels = arrays
    return ImageSet(
        "cifar10-part",
        title,
        CIFAR10_CLASSES,
        train_images,
        train_labels.long(),
        test_images,
        test_labels.long(),
    )


def load_jpeg_copy(folder: Path | None, progress: bool = True) -> ImageSet:
    """CIFAR-10 after JPEG compression, in the official order.

    ``cifar10-jpeg-copy.bin.xz`` holds the JPEG files one after another, training images first;
    ``cifar10-jpeg-copy-index.npz`` holds ``offsets`` (where each begins, and at last the end),
    ``train_labels`` and ``test_labels``. Decoders of JPEG differ in the last bit of some pixels,
    so the checksum may differ between versions of Pillow.

    Raises:
        FileNotFoundError: the folder lacks one of the files.
        ValueError: a file is damaged, or the two don't belong together.
    """
    path, index = data_file(JPEG_FILE, folder), data_file(JPEG_INDEX, folder)
    offsets, *labels = _arrays(index, ("offsets", "train_labels", "test_labels"))
    train_size = len(labels[0])
    try:
        data = lzma.decompress(path.read_bytes())
    except lzma.LZMAError as error:
        raise ValueError(f"{path} must be a file compressed by xz: {error}") from error
    count = train_size + len(labels[1])
    if len(offsets) != count + 1 or offsets[0] != 0 or offsets[-1] != len(data):
        raise ValueError(
            f"{index} must hold the {count + 1:,} offsets of {count:,} images in {path.name}, from "
            f"0 to {len(data):,}, got {len(offsets):,}, from {offsets[0]:,} to {offsets[-1]:,}"
        )
    images = torch.from_numpy(_decode(data, offsets, path, progress))
    return ImageSet(
        "cifar10-jpeg-copy",
        "CIFAR-10, JPEG copy",
        CIFAR10_CLASSES,
        images[:train_size],
        torch.from_numpy(labels[0]).long(),
        images[train_size:],
        torch.from_numpy(labels[1]).long(),
    )


def _decode(data: bytes, offsets: np.ndarray, path: Path, progress: bool) -> np.ndarray:
    """All images, ``N, 3, 32, 32``."""
    from PIL import Image
    from tqdm.auto import tqdm

    images = np.empty((len(offsets) - 1, 3, 32, 32), np.uint8)
    bar = tqdm(images, desc=f"decoding {path.name}", unit="images", disable=not progress)
    for place, image in enumerate(bar):
        file = io.BytesIO(data[offsets[place] : offsets[place + 1]])
        try:
            image[:] = np.asarray(Image.open(file).convert("RGB")).transpose(2, 0, 1)
        except (OSError, ValueError) as error:
            raise ValueError(f"image {place} in {path} must be a JPEG of 32x32: {error}") from error
    return images


def _arrays(path: Path, names: tuple[str, ...]) -> list[Any]:
    """Arrays of an npz file, which may hold no pickles."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return [file[name] for name in names]
    except (KeyError, ValueError, EOFError, OSError, BadZipFile) as error:
        raise ValueError(f"{path} must be an npz file with {', '.join(names)}: {error}") from error
