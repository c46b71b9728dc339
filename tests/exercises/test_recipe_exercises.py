"""What the checks of chapter 16 hold answers against, and answers by the libraries."""

import pytest
import torch
from torchvision.transforms import functional as vision

from resnet_lab.exercises.recipe import check_crop_and_flip
from resnet_lab.exercises.recipe.checks.learning_rates import scheduled


def test_the_schedule_that_answers_are_held_against():
    """Worked out by hand."""
    assert scheduled((90, 85, 70, 60, 50), (100,)) == [0.01, 0.01, 0.01, 0.1, 0.1]
    assert scheduled((80, 79, 90, 90, 90), (2, 4)) == pytest.approx(
        [0.01, 0.01, 0.01, 0.01, 0.001])


def test_torchvision_crops_are_right():
    def crop_and_flip(images, padding, down, right, flipped):
        size = list(images.shape[2:])
        windows = []
        for image, y, x, flip in zip(
            vision.pad(images, padding), down.tolist(), right.tolist(), flipped, strict=True
        ):
            window = vision.crop(image, y, x, *size)
            windows.append(vision.hflip(window) if flip else window)
        return torch.stack(windows)

    assert check_crop_and_flip(crop_and_flip).state == "right"


def test_copies_of_the_chapter_that_import_its_former_exercise_go_on():
    from resnet_lab.exercises import recipe, training

    assert recipe.check_train is training.check_train
