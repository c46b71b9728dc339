"""Batches against torchvision and numpy, and what each may depend on."""

from collections import Counter

import numpy as np
import pytest
import torch
from tiny_runs import tiny_data
from torchvision.transforms import functional as vision

from resnet_lab.training import Recipe
from resnet_lab.training.batches import MemoryBatches, Normalization, crop_and_flip, draw_epoch

CPU = torch.device("cpu")
RECIPE = Recipe("batches", batch=8, crop_padding=4)


def batches(recipe=RECIPE, seed=0, data=None) -> MemoryBatches:
    return MemoryBatches(data or tiny_data(), recipe, seed, CPU, {})


def numbered(size: int):
    """A set whose image number k shows k in every pixel, so that batches tell what they hold."""
    data = tiny_data(train=size)
    for number in range(size):
        data.train_images[number] = number
    return data


def numbers_in(batch) -> list[int]:
    return (batch.images[:, 0, 4, 4] * 255).round().int().tolist()


@pytest.mark.parametrize("padding", [0, 1, 4])
def test_crop_and_flip_is_torchvision_s_image_by_image(padding):
    generator = torch.Generator().manual_seed(padding)
    images = torch.randn(300, 3, 9, 8, generator=generator)
    down, right = torch.randint(0, 2 * padding + 1, (2, 300), generator=generator)
    flipped = torch.rand(300, generator=generator) < 0.5
    ours = crop_and_flip(images, padding, down, right, flipped)
    assert ours.shape == images.shape
    for place, image in enumerate(images):
        theirs = vision.crop(vision.pad(image, [padding]), down[place], right[place], 9, 8)
        if flipped[place]:
            theirs = vision.hflip(theirs)
        assert torch.equal(ours[place], theirs)
    drawn = set(zip(down.tolist(), right.tolist(), flipped.tolist(), strict=True))
    assert len(drawn) > 100 or padding < 4


def test_the_pixel_mean_is_numpy_s():
    images = tiny_data().train_images
    mean = images.numpy().astype(np.float64).mean(0) / 255
    found = Normalization("pixel mean", images)
    np.testing.assert_allclose(found(images).numpy(), images.numpy() / 255 - mean, atol=1e-7)
    assert found(images).dtype == torch.float32


def test_channel_mean_and_deviation_are_numpy_s():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (1234, 3, 5, 5), generator=generator, dtype=torch.uint8)
    images[:, 1] //= 8
    floats = images.numpy().astype(np.float64) / 255
    mean, deviation = floats.mean((0, 2, 3)), floats.std((0, 2, 3))
    found = Normalization("channel mean and deviation", images)
    np.testing.assert_allclose(found.mean.flatten(), mean, rtol=1e-5)
    np.testing.assert_allclose(found.deviation.flatten(), deviation, rtol=1e-5)
    expected = (floats - mean[:, None, None]) / deviation[:, None, None]
    np.testing.assert_allclose(found(images).numpy(), expected, atol=1e-4)


def test_no_normalization_only_divides():
    images = tiny_data().train_images
    np.testing.assert_array_equal(
        Normalization("none", images)(images).numpy(), images.numpy().astype(np.float32) / 255
    )


def test_test_images_are_normalized_by_the_training_images():
    data = tiny_data()
    mean = data.train_images.double().div(255).mean(0)
    found = list(batches(data=data).test(size=8))
    assert [len(batch.labels) for batch in found] == [8, 8, 5]
    images = torch.cat([batch.images for batch in found])
    torch.testing.assert_close(images, (data.test_images / 255 - mean).float())
    assert torch.equal(torch.cat([batch.labels for batch in found]), data.test_labels)


def test_a_batch_is_its_images_cropped_mirrored_and_labeled():
    """Against torchvision on the draws of the epoch: zeros are padded after normalization."""
    data = tiny_data()
    ours = batches(data=data).train(2)
    drawn = draw_epoch(50, seed=0, epoch=0, padding=4)
    images = data.train_images / 255 - data.train_images.double().div(255).mean(0).float()
    for place in range(8):
        order, down, right, flipped = (int(field[16 + place]) for field in drawn)
        theirs = vision.crop(vision.pad(images[order], [4]), down, right, 9, 8)
        theirs = vision.hflip(theirs) if flipped else theirs
        torch.testing.assert_close(ours.images[place], theirs, atol=1e-6, rtol=0)
        assert ours.labels[place] == data.train_labels[order]


def test_a_batch_depends_on_seed_and_step_alone():
    straight = batches()
    expected = [straight.train(step) for step in range(20)]
    jumping = batches()
    torch.manual_seed(99)
    for step in [19, 3, 3, 0, 12, 7]:
        torch.rand(step)  # nobody else's random numbers matter
        for ours, theirs in zip(jumping.train(step), expected[step], strict=True):
            assert torch.equal(ours, theirs)
    other = batches(seed=1)
    assert not torch.equal(other.train(0).labels, expected[0].labels)
    assert not torch.equal(expected[0].images, expected[7].images)


def test_drawing_a_batch_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    wanted = torch.rand(1)
    torch.manual_seed(5)
    batches().train(0)
    assert torch.equal(torch.rand(1), wanted)


@pytest.mark.parametrize("batch", [1, 8, 25, 50, 64, 130])
def test_batches_laid_end_to_end_are_permutations(batch):
    plain = Recipe("order", batch=batch, crop_padding=0, flip=False, normalization="none")
    source = batches(plain, data=numbered(50))
    steps = -(-200 // batch)
    seen = [number for step in range(steps) for number in numbers_in(source.train(step))][:200]
    epochs = [seen[start : start + 50] for start in range(0, 200, 50)]
    assert all(sorted(epoch) == list(range(50)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4
    assert epochs[0] != sorted(epochs[0])


def test_every_order_comes_up():
    """Of 4 images there are 24 orders; over 2,400 epochs each should come about 100 times."""
    counts = Counter(tuple(draw_epoch(4, 0, epoch, 0).order.tolist()) for epoch in range(2400))
    assert len(counts) == 24
    assert 60 < min(counts.values()) <= max(counts.values()) < 145


def test_an_epoch_is_drawn_as_it_always_was():
    """Of the second epoch, too: a record can be made again only where these numbers stay."""
    order, down, right, flipped = draw_epoch(8, seed=0, epoch=1, padding=4)
    assert order.tolist() == [5, 6, 4, 3, 1, 7, 2, 0]
    assert down.tolist() == [6, 0, 3, 1, 6, 2, 1, 8]
    assert right.tolist() == [3, 3, 7, 0, 4, 4, 6, 0]
    assert flipped.int().tolist() == [1, 1, 0, 1, 1, 1, 0, 1]


def test_no_two_seeds_and_epochs_are_drawn_alike():
    pairs = [(seed, epoch) for seed in range(6) for epoch in range(6)]
    drawn = [draw_epoch(30, seed, epoch, 4) for seed, epoch in pairs]
    for fields in zip(*drawn, strict=True):
        assert len({tuple(field.tolist()) for field in fields}) == len(pairs)


def test_each_epoch_is_drawn_once_and_let_go_when_it_is_over(monkeypatch):
    drawn = []

    def counted(size, seed, epoch, padding):
        drawn.append(epoch)
        return draw_epoch(size, seed, epoch, padding)

    monkeypatch.setattr("resnet_lab.training.batches.draw_epoch", counted)
    source = batches()
    for step in range(60):
        source.train(step)
        last = ((step + 1) * 8 - 1) // 50
        assert set(source.draws) <= {last - 1, last}
    assert drawn == list(range(10))


def test_crops_and_flips_are_uniform():
    drawn = draw_epoch(81_000, seed=0, epoch=0, padding=4)
    places = Counter(zip(drawn.down.tolist(), drawn.right.tolist(), strict=True))
    assert len(places) == 81
    assert 850 < min(places.values()) <= max(places.values()) < 1150
    assert drawn.flipped.float().mean() == pytest.approx(0.5, abs=0.01)


def test_the_order_does_not_depend_on_the_augmentation():
    data = numbered(50)
    labels = {
        tuple(
            batches(
                RECIPE.changed(crop_padding=padding, flip=flip, normalization="none"), data=data
            ).train(3).labels.tolist()
        )
        for padding in (0, 2, 4)
        for flip in (True, False)
    }  # fmt: skip
    assert len(labels) == 1


def test_without_flip_nothing_is_mirrored():
    data = tiny_data()
    data.train_images[:] = torch.arange(8, dtype=torch.uint8)
    plain = RECIPE.changed(crop_padding=0, flip=False, normalization="none")
    rising = torch.arange(8).expand(8, 3, 9, 8) / 255
    torch.testing.assert_close(batches(plain, data=data).train(0).images, rising)
    mirrored = batches(plain.changed(flip=True), data=data).train(0).images
    kinds = {bool(image[0, 0, 0] > image[0, 0, 7]) for image in mirrored}
    assert kinds == {True, False}


@pytest.mark.parametrize("parts", [1, 2, 4])
def test_shares_put_together_are_the_batch(parts):
    whole = batches()
    size = 8 // parts
    for step in (0, 6):  # step 6 reaches from epoch 0 into epoch 1
        shares = [
            batches().train(step, slice(part * size, (part + 1) * size)) for part in range(parts)
        ]
        for ours, theirs in zip(zip(*shares, strict=True), whole.train(step), strict=True):
            assert torch.equal(torch.cat(ours), theirs)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU: cpu and cuda not compared")
def test_batches_are_the_same_on_every_device():
    on_gpu = MemoryBatches(tiny_data(), RECIPE, 0, torch.device("cuda"), {})
    for step in range(10):
        here, there = batches().train(step), on_gpu.train(step)
        assert torch.equal(here.labels, there.labels.cpu())
        torch.testing.assert_close(here.images, there.images.cpu(), atol=1e-6, rtol=0)
