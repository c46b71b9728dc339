"""What the checks of chapter 16 hold answers against, and answers by the libraries."""

import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR
from torchvision.transforms import functional as vision

from resnet_lab.exercises.recipe import check_crop_and_flip, check_train
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


def test_a_loop_with_torch_s_scheduler_is_right():
    def train(model, batches, rates, momentum, decay):
        optimizer = torch.optim.SGD(model.parameters(), 1.0, momentum, weight_decay=decay)
        scheduler = LambdaLR(optimizer, lambda step: rates[min(step, len(rates) - 1)])
        losses = []
        for images, labels in batches:
            loss = torch.nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss)
        return torch.stack(losses)

    assert check_train(train).state == "right"


def test_an_answer_that_raises_is_not_right():
    result = check_train(lambda model, batches, *rest: batches[99])
    assert result.state == "not right"
    assert "IndexError" in result.message
