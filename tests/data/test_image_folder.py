"""A folder of images: batches that depend on seed and step alone, and clear errors."""

import multiprocessing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from commands import PATIENCE
from PIL import Image
from torch import Tensor
from torchvision import datasets, models
from torchvision.transforms import v2

from resnet_lab.data import ImageFolderData
from resnet_lab.data.reading import Images, Order

SIZE = 16


def write_image(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Seven training and three test images of noise, in several sizes and formats."""
    rng = np.random.default_rng(0)
    root = tmp_path / "pictures"
    for part, counts in {"train": {"cat": 4, "dog": 3}, "val": {"cat": 1, "dog": 2}}.items():
        for name, count in counts.items():
            for number in range(count):
                sides = 20 + 5 * number, 30
                write_image(
                    root / part / name / f"{number}.{'png' if number % 2 else 'jpeg'}",
                    rng.integers(0, 256, (*sides, 3), dtype=np.uint8),
                )
    return root


def take(batches, count: int) -> list[tuple[Tensor, Tensor]]:
    return list(islice(batches, count))


def equal(ours: list[tuple[Tensor, Tensor]], theirs: list[tuple[Tensor, Tensor]]) -> bool:
    return len(ours) == len(theirs) and all(
        torch.equal(a, b) for one, other in zip(ours, theirs, strict=True)
        for a, b in zip(one, other, strict=True)
    )  # fmt: skip


def test_a_folder_says_what_it_is(pictures):
    data = ImageFolderData(pictures, SIZE)
    assert (data.name, data.title) == ("folder/pictures", "pictures, 7 images")
    assert (data.classes, data.shape) == (("cat", "dog"), (3, SIZE, SIZE))
    assert (data.train_size, data.test_size) == (7, 3)
    preset = models.ResNet50_Weights.IMAGENET1K_V1.transforms()
    assert data.mean.flatten().tolist() == pytest.approx(preset.mean)
    assert data.std.flatten().tolist() == pytest.approx(preset.std)
    assert data.mean.shape == data.std.shape == (3, 1, 1)
    (pictures / "val").rename(pictures / "test")
    assert ImageFolderData(str(pictures), SIZE).test_size == 3


def test_batches_are_images_between_zero_and_one_with_their_labels(pictures):
    images, labels = next(ImageFolderData(pictures, SIZE).train_batches(5, seed=0))
    assert (images.shape, images.dtype) == ((5, 3, SIZE, SIZE), torch.float32)
    assert (labels.shape, labels.dtype) == ((5,), torch.int64)
    assert 0 <= images.min() < 0.1
    assert 0.9 < images.max() <= 1


def test_test_images_are_those_of_torchvision_in_order(pictures):
    """The preset for evaluation of torchvision's own ResNets, on its own ImageFolder."""
    data = ImageFolderData(pictures)
    preset = models.ResNet50_Weights.IMAGENET1K_V1.transforms()
    assert (preset.crop_size, preset.resize_size) == ([224], [256])
    theirs = datasets.ImageFolder(pictures / "val", preset)
    ours = list(data.test_batches(2))
    assert [len(labels) for _, labels in ours] == [2, 1]
    images = (torch.cat([images for images, _ in ours]) - data.mean) / data.std
    assert torch.cat([labels for _, labels in ours]).tolist() == theirs.targets
    assert torch.allclose(images, torch.stack([image for image, _ in theirs]), atol=1e-6)


@pytest.mark.parametrize(("size", "resized"), [(160, 183), (176, 201), (288, 329)])
def test_test_images_are_resized_to_the_nearest_pixel(pictures, size, resized):
    """8/7 of 160 is 182.9, of 176 it is 201.1."""
    preset = v2.Compose([v2.Resize(resized, antialias=True), v2.CenterCrop(size), v2.ToImage()])
    theirs = datasets.ImageFolder(pictures / "val", preset)
    images, _ = next(ImageFolderData(pictures, size).test_batches(3))
    assert torch.equal((images * 255).round(), torch.stack([image for image, _ in theirs]).float())


def test_no_two_seeds_and_epochs_have_the_same_order():
    orders = {
        tuple(index for _, index in batch)
        for seed in range(6) for batch in islice(Order(30, 30, seed), 6)
    }  # fmt: skip
    assert len(orders) == 36


def test_each_epoch_shows_every_image_once_in_an_order_of_its_own(pictures, monkeypatch):
    opened = []
    open_image = Image.open
    monkeypatch.setattr(Image, "open", lambda path: opened.append(path) or open_image(path))
    data = ImageFolderData(pictures, SIZE)
    labels = torch.cat([labels for _, labels in take(data.train_batches(3, seed=0), 7)])
    epochs = [opened[start : start + 7] for start in (0, 7, 14)]
    everything = sorted(str(path) for path in (pictures / "train").rglob("*.*"))
    assert [sorted(epoch) for epoch in epochs] == [everything] * 3
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]
    assert labels.tolist() == [int("/dog/" in Path(path).as_posix()) for path in opened]


def test_a_step_is_the_same_wherever_one_starts_and_whoever_reads(pictures):
    data = ImageFolderData(pictures, SIZE)
    batches = take(data.train_batches(3, seed=5), 8)
    for start in (1, 4, 7):  # 7 = the first batch of epoch 3, 4 and 2 reach over an end
        assert equal(take(data.train_batches(3, 5, start), 8 - start), batches[start:])
    workers = ImageFolderData(pictures, SIZE, workers=2)
    assert equal(take(workers.train_batches(3, 5, start_step=2), 6), batches[2:])
    shares = [take(data.train_batches(3, 5, share=share), 8) for share in (slice(2), slice(2, 3))]
    joined = [tuple(map(torch.cat, zip(*pair, strict=True))) for pair in zip(*shares, strict=True)]
    assert equal(joined, batches)


def test_another_seed_or_epoch_draws_otherwise(pictures):
    data = ImageFolderData(pictures, SIZE)
    first, second = take(data.train_batches(7, seed=0), 2)
    (other,) = take(data.train_batches(7, seed=1), 1)
    pixels = [
        {image.numpy().tobytes() for image in images} for images, _ in (first, second, other)
    ]
    assert all(len(images) == 7 for images in pixels)
    assert not pixels[0] & pixels[1] | pixels[0] & pixels[2] | pixels[1] & pixels[2]


def test_crops_and_flips_are_those_that_the_docstring_promises(tmp_path):
    """Images whose red is the column: how many columns a crop shows, and which way round."""
    ramp = np.zeros((100, 100, 3), np.uint8)
    ramp[..., 0] = np.arange(100) * 2
    ramp[..., 1] = np.arange(100)[:, None] * 2
    for part in ("train", "val"):
        write_image(tmp_path / part / "ramp" / "1.png", ramp)
    images, _ = next(ImageFolderData(tmp_path, 50).train_batches(200, seed=0))
    across = (images[:, 0, 25, -1] - images[:, 0, 25, 0]) * 255 / 2 / 100
    down = (images[:, 1, -1, 25] - images[:, 1, 0, 25]) * 255 / 2 / 100
    assert down.min() > 0  # never upside down
    assert 0.4 < (across < 0).float().mean() < 0.6
    area = across.abs() * down
    assert 0.05 < area.min() < 0.15
    assert area.max() > 0.85
    ratio = across.abs() / down
    assert 0.7 < ratio.min() < 0.8
    assert 1.25 < ratio.max() < 1.42


def test_reading_leaves_the_random_state_of_the_program_alone(pictures):
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    data = ImageFolderData(pictures, SIZE)
    batches = data.train_batches(3, seed=0)
    next(batches)
    list(data.test_batches(3))
    drawn = torch.rand(2)
    next(batches)
    assert torch.equal(torch.cat([drawn, torch.rand(2)]), wanted)


def test_a_transform_that_fails_leaves_the_random_state_alone(pictures):
    images = Images(ImageFolderData(pictures).train_samples, SIZE, seed=0)
    images.transform = lambda image: 1 / 0
    before = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError):
        images[0, 0]
    assert torch.equal(torch.get_rng_state(), before)


def test_the_checksum_follows_names_and_sizes_not_the_place(pictures, tmp_path):
    checksum = ImageFolderData(pictures).checksum
    moved = pictures.rename(tmp_path / "elsewhere")
    assert ImageFolderData(moved, SIZE).checksum == checksum
    image = moved / "train" / "cat" / "0.jpeg"
    image.write_bytes(image.read_bytes() + b"\0")
    longer = ImageFolderData(moved).checksum
    image.rename(image.with_name("x.jpeg"))
    renamed = ImageFolderData(moved).checksum
    (moved / "val" / "dog" / "0.jpeg").rename(moved / "val" / "dog" / "x.jpeg")
    assert len({checksum, longer, renamed, ImageFolderData(moved).checksum}) == 4


def test_images_may_be_links_to_others_elsewhere(pictures, tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    for place, image in enumerate(sorted(pictures.rglob("*.jpeg"))):
        image.symlink_to(image.rename(store / f"{place}.jpeg"))
    data = ImageFolderData(pictures, SIZE)
    assert len(data.checksum) == 64
    images, _ = next(data.train_batches(2, seed=0))
    assert images.shape == (2, 3, SIZE, SIZE)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("content", [b"no image", None], ids=["no image", "cut"])
def test_an_image_that_can_not_be_read_is_named(pictures, workers, content):
    path = pictures / "val" / "dog" / "0.jpeg"
    path.write_bytes(content or path.read_bytes()[:500])
    (pictures / "train" / "dog" / "1.png").write_bytes(b"")
    data = ImageFolderData(pictures, SIZE, workers)
    for batches, name in (
        (data.test_batches(3), "val/dog/0.jpeg"), (data.train_batches(7, seed=0), "train/dog/1.png")
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"{name} must be an image that Pillow") as error:
            next(batches)
        assert str(error.value).startswith(str(pictures))
        for child in multiprocessing.active_children():  # told to end, and soon gone
            child.join(PATIENCE)
        assert not multiprocessing.active_children()


def test_an_image_that_is_far_too_large_is_named(pictures, monkeypatch):
    """Pillow refuses it, as it may be made to fill the memory."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ValueError, match="val/cat/0.jpeg must be an image that Pillow can read"):
        next(ImageFolderData(pictures, SIZE).test_batches(3))


def test_images_of_any_kind_have_three_channels(tmp_path):
    """Gray, gray with alpha, palette, color with alpha; of any spelling."""
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for part in ("train", "val"):
        (tmp_path / part / "ramp").mkdir(parents=True)
        for name, mode in {"0.png": "L", "1.PNG": "LA", "2.png": "P", "3.Png": "RGBA"}.items():
            Image.fromarray(gray).convert(mode).save(tmp_path / part / "ramp" / name, "PNG")
    images, _ = next(ImageFolderData(tmp_path, 14).test_batches(4))
    assert images.shape == (4, 3, 14, 14)
    for image in images:
        assert torch.equal(image, images[0])


def test_pixels_of_16_bits_are_scaled(tmp_path):
    """Pillow would cut what is above 255 off, and all of the picture be white."""
    ramp = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16
    wanted = torch.from_numpy(np.round(ramp / 65535 * 255).astype(np.uint8))
    for name in ("a.png", "b.tif"):
        Image.fromarray(ramp).save(tmp_path / name)
        image, _ = Images([(str(tmp_path / name), 0)], 56, None)[(0, 0)]
        assert torch.equal(image, wanted[4:-4, 4:-4].expand(3, 56, 56))


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_pixels_without_a_range_are_refused(tmp_path, kind):
    path = tmp_path / "a.tif"
    Image.fromarray(np.ones((8, 8), kind)).save(path)
    with pytest.raises(ValueError, match=r"a.tif must be an image .*no known range: save 8 bits"):
        Images([(str(path), 0)], 8, None)[(0, 0)]


def test_a_picture_is_the_way_up_that_its_camera_says(tmp_path):
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:20, :20] = 255  # upper left
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter: then it is upper right
    path = tmp_path / "a.jpg"
    Image.fromarray(pixels).save(path, exif=exif, quality=100)
    image, _ = Images([(str(path), 0)], 35, None)[(0, 0)]
    corners = (image[0, :10, :10], image[0, :10, -10:], image[0, -10:, :10], image[0, -10:, -10:])
    assert [int(corner.float().mean()) > 200 for corner in corners] == [False, True, False, False]


def test_a_path_may_begin_at_home(pictures, monkeypatch):
    monkeypatch.setenv("HOME", str(pictures.parent))
    assert ImageFolderData("~/pictures", SIZE).path == pictures


def test_hidden_folders_and_other_files_are_no_images(pictures):
    (pictures / "train" / ".ipynb_checkpoints").mkdir()
    (pictures / "train" / "notes.txt").write_text("hello")
    for name in ("._0.jpeg", "notes.txt"):
        (pictures / "train" / "cat" / name).write_text("no image")
    data = ImageFolderData(pictures, SIZE)
    assert (data.classes, data.train_size) == (("cat", "dog"), 7)


def test_a_folder_that_is_not_as_it_should_be_is_refused(pictures):
    with pytest.raises(FileNotFoundError, match="path must be a folder that exists, got"):
        ImageFolderData(pictures / "none")
    with pytest.raises(FileNotFoundError, match="path must hold a folder train, got"):
        ImageFolderData(pictures / "train")
    (pictures / "train" / "bird").mkdir()
    with pytest.raises(ValueError, match="same class folders, but only one of them has bird"):
        ImageFolderData(pictures)
    (pictures / "val" / "bird").mkdir()
    with pytest.raises(ValueError, match=r"must hold images \(.jpg.*train/bird"):
        ImageFolderData(pictures)
    (pictures / "val").rename(pictures / "more")
    with pytest.raises(FileNotFoundError, match="path must hold a folder val or test, got"):
        ImageFolderData(pictures)
    (pictures / "val").mkdir()
    (pictures / "train").rename(pictures / "old")
    (pictures / "train").mkdir()
    with pytest.raises(ValueError, match="train must hold a folder for each class, got none"):
        ImageFolderData(pictures)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"size": 0}, ValueError, "size must be at least 1, got 0"),
        ({"size": 2.0}, TypeError, "size must be an integer, got 2.0"),
        ({"workers": -1}, ValueError, "workers must be at least 0, got -1"),
    ],
)
def test_impossible_settings_are_refused(pictures, arguments, error, words):
    with pytest.raises(error, match=words):
        ImageFolderData(pictures, **arguments)


def test_impossible_batches_are_refused_at_once(pictures):
    data = ImageFolderData(pictures, SIZE)
    with pytest.raises(ValueError, match="batch must be at least 1, got 0"):
        data.train_batches(0, seed=0)
    with pytest.raises(ValueError, match="start_step must be at least 0, got -1"):
        data.train_batches(1, seed=0, start_step=-1)
    with pytest.raises(TypeError, match="batch must be an integer, got '2'"):
        data.test_batches("2")
