"""The part of CIFAR-10 and its JPEG copy, on tiny files in their format."""

import io
import lzma
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_lab.data import load_data

REFERENCE = os.environ.get("RESNET_LAB_REFERENCE")


def write_part(folder: Path, **changes) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    arrays = {
        "train_images": rng.integers(0, 256, (5, 3, 32, 32), dtype=np.uint8),
        "train_labels": np.array([1, 2, 3, 4, 5], np.uint8),
        "train_index": np.arange(5),
        "test_images": rng.integers(0, 256, (2, 3, 32, 32), dtype=np.uint8),
        "test_labels": np.array([9, 0], np.uint8),
    } | changes
    np.savez(folder / "cifar10-part.npz", **arrays)
    return arrays


def test_the_part_is_read_as_it_is(tmp_path):
    arrays = write_part(tmp_path)
    data = load_data("cifar10-part", tmp_path)
    assert (data.name, data.title) == ("cifar10-part", "CIFAR-10, 5 images")
    for name in ("train_images", "train_labels", "test_images", "test_labels"):
        assert np.array_equal(getattr(data, name).numpy(), arrays[name])
    assert [data.classes[label] for label in data.test_labels] == ["truck", "airplane"]


def jpeg(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def write_jpeg_copy(folder: Path, images: list[bytes], **changes) -> None:
    (folder / "cifar10-jpeg-copy.bin.xz").write_bytes(lzma.compress(b"".join(images)))
    index = {
        "offsets": np.cumsum([0, *map(len, images)]),
        "train_labels": np.array([0, 1, 2], np.uint8),
        "test_labels": np.array([3], np.uint8),
    } | changes
    np.savez(folder / "cifar10-jpeg-copy-index.npz", **index)


def ramps() -> list[np.ndarray]:
    """Four images that JPEG changes little: a ramp downwards in one channel, each brighter."""
    images = np.zeros((4, 32, 32, 3), np.uint8)
    for number, image in enumerate(images):
        image[..., 0] = np.arange(32)[:, None] * 4 + 30 * number
    return list(images)


def test_the_jpeg_copy_is_decoded_in_order(tmp_path):
    write_jpeg_copy(tmp_path, [jpeg(image) for image in ramps()])
    data = load_data("cifar10-jpeg-copy", tmp_path, progress=False)
    assert data.title == "CIFAR-10, JPEG copy"
    assert data.train_labels.tolist() + data.test_labels.tolist() == [0, 1, 2, 3]
    images = torch.cat([data.train_images, data.test_images])
    wanted = torch.from_numpy(np.stack(ramps())).permute(0, 3, 1, 2)
    assert (images.int() - wanted.int()).abs().max() < 12


def test_a_gray_image_of_the_jpeg_copy_has_three_channels(tmp_path):
    images = [jpeg(image) for image in ramps()]
    images[1] = jpeg(np.full((32, 32), 77, np.uint8))
    write_jpeg_copy(tmp_path, images)
    data = load_data("cifar10-jpeg-copy", tmp_path, progress=False)
    assert data.train_images[1].unique().tolist() == [77]


@pytest.mark.parametrize("ends", ["first", "last"])
def test_offsets_that_leave_bytes_out_are_refused(tmp_path, ends):
    images = [jpeg(image) for image in ramps()]
    offsets = np.cumsum([0, *map(len, images)])
    offsets[0 if ends == "first" else -1] += 1 if ends == "first" else -1
    write_jpeg_copy(tmp_path, images, offsets=offsets)
    total = sum(map(len, images))
    with pytest.raises(ValueError, match=rf"from 0 to {total:,}, got 5, from {offsets[0]} to "):
        load_data("cifar10-jpeg-copy", tmp_path, progress=False)


@pytest.mark.parametrize("broken", ["cut", "not packed", "offsets", "size", "no image"])
def test_a_damaged_copy_is_refused(tmp_path, broken):
    images = [jpeg(image) for image in ramps()]
    words = "image 2 in .*xz must be a JPEG of 32x32"
    if broken == "size":
        images[2] = jpeg(np.zeros((16, 16, 3), np.uint8))
    elif broken == "no image":
        images[2] = b"no image"
    write_jpeg_copy(tmp_path, images)
    path = tmp_path / "cifar10-jpeg-copy.bin.xz"
    if broken == "cut":
        path.write_bytes(path.read_bytes()[:-20])
        words = "xz must be a file compressed by xz"
    elif broken == "not packed":
        path.write_bytes(b"".join(images))
        words = "xz must be a file compressed by xz"
    elif broken == "offsets":
        write_jpeg_copy(tmp_path, images, train_labels=np.array([0, 1], np.uint8))
        words = "index.npz must hold the 4 offsets of 3 images .*got 5"
    with pytest.raises(ValueError, match=words):
        load_data("cifar10-jpeg-copy", tmp_path, progress=False)


def test_a_damaged_npz_file_is_refused(tmp_path):
    path = tmp_path / "cifar10-part.npz"
    words = "cifar10-part.npz must be an npz file with train_images"
    for content in (b"", b"no archive", b"PK\x03\x04" + bytes(50)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=words):
            load_data("cifar10-part", tmp_path)
    np.savez(path, train_images=np.zeros(1))
    with pytest.raises(ValueError, match=words):
        load_data("cifar10-part", tmp_path)
    write_part(tmp_path, train_labels=np.array([None] * 5))
    with pytest.raises(ValueError, match=words):
        load_data("cifar10-part", tmp_path)


@pytest.mark.parametrize("name", ["cifar10-part", "cifar10-jpeg-copy"])
def test_local_data_that_is_absent_is_asked_for(tmp_path, monkeypatch, name):
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="no such file.*set RESNET_LAB_DATA") as error:
        load_data(name)
    assert str(tmp_path) in str(error.value)
    monkeypatch.delenv("RESNET_LAB_DATA")
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache")
    with pytest.raises(FileNotFoundError, match="no such file.*set RESNET_LAB_DATA"):
        load_data(name)


@pytest.mark.skipif(not REFERENCE, reason="RESNET_LAB_REFERENCE names no folder with data")
def test_the_real_copies_agree_with_each_other():
    folder = Path(str(REFERENCE)) / "data"
    part = load_data("cifar10-part", folder)
    copy = load_data("cifar10-jpeg-copy", folder, progress=False)
    assert (part.title, part.train_size, part.test_size) == ("CIFAR-10, 5,170 images", 5170, 1017)
    assert (copy.train_size, copy.test_size) == (50_000, 10_000)
    assert copy.train_labels.bincount().tolist() == [5000] * 10
    assert copy.test_labels.bincount().tolist() == [1000] * 10
    with np.load(folder / "cifar10-part.npz") as file:
        order = torch.from_numpy(file["train_index"])
    assert torch.equal(copy.train_labels[order], part.train_labels)
    error = (copy.train_images[order].double() - part.train_images.double()).pow(2).mean()
    assert 30 < 10 * torch.log10(255**2 / error) < 31
