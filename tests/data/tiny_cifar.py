"""Archives in the format of CIFAR's authors, with a few random images, as Python 2 wrote them."""

import hashlib
import io
import pickle
import struct
import tarfile
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from resnet_lab.data.cifar import CIFAR10, CIFAR100, CifarFiles


class Python2Pickler(pickle._Pickler):
    """Writes bytes as Python 2 wrote its strings."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_string(self, text: bytes) -> None:
        if len(text) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(text)]) + text)
        else:
            self.write(pickle.BINSTRING + struct.pack("<i", len(text)) + text)
        self.memoize(text)

    dispatch[bytes] = save_string


def python2_pickle(value: object) -> bytes:
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(value)
    return file.getvalue().replace(b"numpy._core.", b"numpy.core.")


@dataclass
class Tiny:
    """A tiny archive: what describes it, its bytes, its members and what they hold."""

    files: CifarFiles
    packed: bytes
    members: dict[str, bytes]
    images: dict[str, np.ndarray]
    labels: dict[str, list[int]]

    def served_from(self, *sources: str) -> CifarFiles:
        return replace(self.files, archive=replace(self.files.archive, sources=sources))


def tiny_cifar(name: str = "cifar10", images: int = 4, seed: int = 0) -> Tiny:
    """Make an archive with a few images in each batch."""
    real = {"cifar10": CIFAR10, "cifar100": CIFAR100}[name]
    rng = np.random.default_rng(seed)
    classes = 10 if name == "cifar10" else 100
    members, pixels, labels = {}, {}, {}
    for member in (*real.train, real.test):
        pixels[member] = rng.integers(0, 256, (images, 3072), dtype=np.uint8)
        labels[member] = rng.integers(0, classes, images).tolist()
        batch = {b"data": pixels[member], real.labels.encode(): labels[member]}
        if name == "cifar100":
            batch[b"coarse_labels"] = [0] * images
        members[member] = python2_pickle({b"batch_label": member.encode(), **batch})
    words = [f"class {number}".encode() for number in range(classes)]
    members[real.meta] = python2_pickle({real.classes.encode(): words})
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for member, content in {"readme.html": b"<html>", **members}.items():
            entry = tarfile.TarInfo(f"{real.archive.folder}/{member}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    archive = replace(
        real.archive,
        md5=hashlib.md5(packed.getvalue()).hexdigest(),
        members={member: hashlib.md5(data).hexdigest() for member, data in members.items()},
        sources=(),
    )
    return Tiny(replace(real, archive=archive), packed.getvalue(), members, pixels, labels)
