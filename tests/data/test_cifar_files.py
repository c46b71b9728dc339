"""CIFAR-10 and CIFAR-100, on tiny archives in the format of the real ones."""

import hashlib
import io
import subprocess
import tarfile
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from archive_server import serving
from tiny_cifar import tiny_cifar

from resnet_lab.data import cifar, load_data
from resnet_lab.data.cifar import CIFAR10, CIFAR100, load_cifar
from resnet_lab.data.download import DownloadError


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
@pytest.mark.parametrize("place", ["source", "cache", "packed", "unpacked"])
def test_cifar_is_read_from_wherever_it_is(tmp_path, name, place):
    tiny = tiny_cifar(name)
    archive = tiny.files.archive
    folder, cache = tmp_path / "folder", tmp_path / "cache"
    (folder / archive.folder).mkdir(parents=True)
    cache.mkdir()
    if place == "unpacked":
        for member, content in tiny.members.items():
            (folder / archive.folder / member).write_bytes(content)
    else:
        (folder / archive.folder).rmdir()
    if place in ("packed", "cache"):
        (folder if place == "packed" else cache).joinpath(archive.file).write_bytes(tiny.packed)
    with serving(tiny.packed) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        files = tiny.served_from(server.url(archive.file))
        data = load_cifar(files, folder, cache, progress=False)
        assert len(server.log) == (place == "source")
    assert data.name == name
    assert len(data.classes) == (10 if name == "cifar10" else 100)
    assert data.classes[3] == "class 3"
    for part, members in (("train", files.train), ("test", [files.test])):
        images, labels = getattr(data, f"{part}_images"), getattr(data, f"{part}_labels")
        pixels = np.concatenate([tiny.images[member] for member in members])
        assert images.shape == (len(pixels), 3, 32, 32)
        assert torch.equal(images.flatten(1), torch.from_numpy(pixels))
        assert labels.tolist() == [label for m in members for label in tiny.labels[m]]
    # red first, then rows: the second value of a batch is the second pixel of the first row
    assert data.test_images[0, 0, 0, 1] == tiny.images[files.test][0, 1]
    assert data.test_images[0, 2, 1, 0] == tiny.images[files.test][0, 2048 + 32]


@pytest.mark.parametrize("ours", [CIFAR10, CIFAR100], ids=lambda files: files.name)
def test_archives_and_md5_are_those_of_torchvision(ours):
    from torchvision import datasets

    theirs = datasets.CIFAR10 if ours is CIFAR10 else datasets.CIFAR100
    archive = ours.archive
    assert (archive.file, archive.md5) == (theirs.filename, theirs.tgz_md5)
    assert archive.folder == theirs.base_folder
    assert [[name, archive.members[name]] for name in ours.train] == theirs.train_list
    assert [[ours.test, archive.members[ours.test]]] == theirs.test_list
    assert archive.members[ours.meta] == theirs.meta["md5"]
    assert (ours.meta, ours.classes) == (theirs.meta["filename"], theirs.meta["key"])
    assert theirs.url in archive.sources
    assert len({source.split("/")[2] for source in archive.sources}) >= 2
    assert all(source.startswith("https://") for source in archive.sources)


@pytest.mark.parametrize("packed", [False, True], ids=["unpacked", "packed"])
def test_a_damaged_file_is_named_before_it_is_unpickled(tmp_path, monkeypatch, packed):
    tiny = tiny_cifar()
    archive = tiny.files.archive
    monkeypatch.setattr(cifar.pickle, "loads", lambda *args, **kwargs: pytest.fail("unpickled"))
    (tmp_path / archive.folder).mkdir()
    for member, content in tiny.members.items():
        (tmp_path / archive.folder / member).write_bytes(content)
    damaged = tmp_path / archive.folder / "data_batch_3"
    damaged.write_bytes(tiny.members["data_batch_3"][:-1] + b"x")
    if packed:
        subprocess.run(["rm", "-r", str(damaged.parent)], check=True)
        damaged = tmp_path / archive.file
        damaged.write_bytes(tiny.packed[:-10])
    with pytest.raises(ValueError, match="must have the md5 .*damaged") as error:
        load_cifar(tiny.files, tmp_path, tmp_path / "cache", progress=False)
    assert str(damaged) in str(error.value)
    assert damaged.exists()


def test_members_are_checked_inside_a_right_archive_too(tmp_path):
    tiny = tiny_cifar()
    (tmp_path / tiny.files.archive.file).write_bytes(tiny.packed)
    members = {**tiny.files.archive.members, "test_batch": "0" * 32}
    more = {**members, "batch_9": ""}
    for wrong, words in ((members, "test_batch must have the md5 000"), (more, "hold batch_9 in")):
        files = replace(tiny.files, archive=replace(tiny.files.archive, members=wrong))
        with pytest.raises(ValueError, match=words):
            load_cifar(files, tmp_path, tmp_path / "cache", progress=False)


def test_files_of_the_same_name_in_another_folder_are_no_members(tmp_path):
    tiny = tiny_cifar()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for folder in (tiny.files.archive.folder, "elsewhere"):
            for member, content in tiny.members.items():
                entry = tarfile.TarInfo(f"{folder}/{member}")
                content = content if folder != "elsewhere" else b"other"
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    (tmp_path / tiny.files.archive.file).write_bytes(packed.getvalue())
    md5 = hashlib.md5(packed.getvalue()).hexdigest()
    files = replace(tiny.files, archive=replace(tiny.files.archive, md5=md5))
    data = load_cifar(files, tmp_path, tmp_path / "cache", progress=False)
    assert data.test_labels.tolist() == tiny.labels["test_batch"]


def test_an_unpacked_folder_says_what_it_lacks(tmp_path):
    tiny = tiny_cifar()
    (tmp_path / tiny.files.archive.folder).mkdir()
    for member in set(tiny.members) - {"data_batch_2", "batches.meta"}:
        (tmp_path / tiny.files.archive.folder / member).write_bytes(tiny.members[member])
    with pytest.raises(FileNotFoundError, match="lacks data_batch_2, batches.meta"):
        load_cifar(tiny.files, tmp_path, tmp_path / "cache", progress=False)


def test_cifar_is_found_by_name_and_variable_and_else_downloaded(tmp_path, monkeypatch):
    tiny = tiny_cifar()
    monkeypatch.setattr(cifar, "CIFAR10", tiny.served_from("http://127.0.0.1:9/none"))
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache")
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(DownloadError, match="http://127.0.0.1:9/none: .*refused"):
        load_data("cifar10", progress=False)
    (tmp_path / tiny.files.archive.file).write_bytes(tiny.packed)
    assert load_data("cifar10").train_size == 20
