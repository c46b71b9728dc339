"""Sets in memory: what they say and refuse, the digits, and where data is looked for."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from resnet_lab.data import DATA_SETS, ImageSet, load_data
from resnet_lab.data.places import data_folder


def small_set(**changes) -> ImageSet:
    fields = {
        "name": "small",
        "title": "a small set",
        "classes": ("a", "b"),
        "train_images": torch.arange(24, dtype=torch.uint8).view(6, 1, 2, 2),
        "train_labels": torch.tensor([0, 1, 0, 1, 0, 1]),
        "test_images": torch.zeros(2, 1, 2, 2, dtype=torch.uint8),
        "test_labels": torch.tensor([1, 0]),
    }
    return ImageSet(**fields | changes)


def test_a_set_says_what_it_is():
    data = small_set()
    assert (data.shape, data.train_size, data.test_size) == ((1, 2, 2), 6, 2)
    assert repr(data) == "ImageSet('small': 6 training and 2 test images of 1x2x2, 2 classes)"
    content = bytes(range(24)) + np.array([0, 1] * 3, "<i8").tobytes()
    content += bytes(8) + np.array([1, 0], "<i8").tobytes()
    assert data.checksum == hashlib.sha256(content).hexdigest()


def test_the_checksum_sees_every_part_and_no_device_or_layout():
    data = small_set()
    changed = [
        small_set(train_images=data.train_images + 1),
        small_set(train_labels=1 - data.train_labels),
        small_set(test_images=data.test_images + 1),
        small_set(test_labels=1 - data.test_labels),
    ]
    assert len({entry.checksum for entry in (data, *changed)}) == 5
    turned = data.train_images.permute(1, 2, 3, 0).contiguous().permute(3, 0, 1, 2)
    assert not turned.is_contiguous()
    assert small_set(train_images=turned).checksum == data.checksum


def test_a_set_moves_with_its_checksum(monkeypatch):
    data = small_set()
    checksum = data.checksum
    monkeypatch.setattr("hashlib.sha256", lambda: pytest.fail("computed once more"))
    moved = data.to("cpu")
    assert moved.checksum == checksum
    assert torch.equal(moved.train_images, data.train_images)


def test_held_out_images_are_the_last_of_the_training_images():
    data = small_set()
    split = data.split(2)
    assert torch.equal(split.train_images, data.train_images[:4])
    assert torch.equal(split.test_images, data.train_images[4:])
    assert split.train_labels.tolist() == [0, 1, 0, 1]
    assert split.test_labels.tolist() == [0, 1]
    assert split.checksum != data.checksum
    for wrong, error in ((0, ValueError), (6, ValueError), (True, TypeError), (1.0, TypeError)):
        with pytest.raises(error, match=f"held_out must be .*got {wrong}"):
            data.split(wrong)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"name": 1}, TypeError, "name must be a string, got 1"),
        ({"classes": []}, TypeError, r"classes must be a tuple of names, got \[\]"),
        ({"train_images": [1]}, TypeError, "train_images must be a tensor, got list"),
        ({"test_images": torch.zeros(2, 1, 2, 2)}, TypeError, "test_images must be torch.uint8"),
        ({"test_labels": torch.zeros(2)}, TypeError, "test_labels must be torch.int64"),
        ({"train_images": torch.zeros(6, 2, 2, dtype=torch.uint8)}, ValueError,
         r"N, C, H, W and not be empty, got \[6, 2, 2\]"),
        ({"test_images": torch.zeros(0, 1, 2, 2, dtype=torch.uint8)}, ValueError, "not be empty"),
        ({"train_labels": torch.tensor([0, 1])}, ValueError, "one for each of the 6 .*got 2"),
        ({"test_labels": torch.tensor([0, 2])}, ValueError, "0 to 1 for 2 classes, got 0 to 2"),
        ({"test_labels": torch.tensor([0, -1])}, ValueError, "0 to 1 for 2 classes, got -1 to 0"),
        ({"test_images": torch.zeros(2, 1, 2, 3, dtype=torch.uint8)}, ValueError,
         r"must be \[1, 2, 2\] each, as train_images are, got \[1, 2, 3\]"),
        ({"test_images": torch.zeros(2, 1, 2, 2, dtype=torch.uint8, device="meta")}, ValueError,
         r"must be on one device, got \['cpu', 'meta'\]"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(changes, error, words):
    with pytest.raises(error, match=words):
        small_set(**changes)


def test_digits_are_those_of_scikit_learn_each_in_one_part():
    from sklearn import datasets

    data = load_data("digits")
    assert (data.shape, data.train_size, data.test_size) == ((1, 8, 8), 1437, 360)
    images = torch.cat([data.train_images, data.test_images]).squeeze(1)
    counts = (images.double() * 16 / 255).round().long()
    assert counts.unique().tolist() == list(range(17))
    assert (images.double() - counts * 255 / 16).abs().max() <= 0.5
    theirs = datasets.load_digits()
    labels = torch.cat([data.train_labels, data.test_labels])
    ours = sorted((*image.flatten().tolist(), label) for image, label in zip(
        counts, labels.tolist(), strict=True))  # fmt: skip
    assert ours == sorted(
        (*image.astype(int).ravel().tolist(), int(label))
        for image, label in zip(theirs.images, theirs.target, strict=True)
    )
    assert data.test_labels.bincount(minlength=10).min() > 20


def test_digits_are_the_same_for_every_run():
    torch.manual_seed(1)
    np.random.seed(1)
    assert load_data("digits").checksum == (
        "b2936718aa960c215b140e7086ec1617f6dbd45af21a998012200147dc89f8ca"
    )


def test_digits_load_without_a_network_or_a_folder(tmp_path):
    code = """if True:
        import socket, sys
        def closed(*args, **kwargs): raise AssertionError("no network")
        socket.socket.connect = socket.getaddrinfo = closed
        import resnet_lab.data as data
        heavy = {"sklearn", "torchvision", "pooch", "requests", "matplotlib"}
        assert heavy.isdisjoint(sys.modules), heavy & set(sys.modules)
        print(data.load_data("digits").train_size)
    """
    environment = os.environ | {"RESNET_LAB_DATA": str(tmp_path / "nowhere"), "HOME": "/proc"}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert (result.stdout, result.stderr) == ("1437\n", "")


def test_a_wrong_folder_is_said_under_the_name_it_came_by(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for name in set(DATA_SETS) - {"digits"}:
        with pytest.raises(FileNotFoundError, match="folder must be a folder that exists, got"):
            load_data(name, tmp_path / "none")
        with pytest.raises(NotADirectoryError, match="folder must be a folder, got .*is a file"):
            load_data(name, tmp_path / "file")
        monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path / "none"))
        with pytest.raises(FileNotFoundError, match="RESNET_LAB_DATA must be a folder that exists"):
            load_data(name)


def test_the_folder_that_is_given_counts_more_than_the_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path / "none"))
    assert data_folder(tmp_path) == tmp_path
    monkeypatch.setenv("RESNET_LAB_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.setenv("RESNET_LAB_DATA", "")  # as if it were not set
    assert data_folder() is None


def test_a_name_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="one of 'digits', 'cifar10', .*got 'mnist'"):
        load_data("mnist")
