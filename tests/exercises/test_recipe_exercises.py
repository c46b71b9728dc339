"""The checks of chapter 16 refuse each mistake for its own reason, and say what they saw."""

import re

import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR
from torchvision.transforms import functional as vision

from resnet_lab.exercises import recipe, recipe_images, recipe_loop, recipe_step

RATES = {
    "a drop one step late": r"From the step of its number .* step 3 has the rate 0\.1\.",
    "a drop one step early": r"From the step of its number .* step 2 has the rate 0\.01\.",
    "80 counts as low": r"80 % is not below 80 %.* step 1 has the rate 0\.1\.",
    "the warm-up comes back": r"does not come back.* step 3 has the rate 0\.01",
    "drops from the end of the warm-up": r"drop divides the rate.* step 3 has the rate 0\.1",
    "only one drop": r"step 6 has the rate 0\.01",
    "no warm-up": r"step 0 has the rate 0\.1",
    "the error of the same step": r"step 2 has the rate 0\.1",
    "a share in place of percent": r"step 1 has the rate 0\.01",
    "too few": "2 rates; there are 3 steps",
}
DRAWS = {
    "off by one": "from 0 to 7, with 8 values",
    "from one": "from 1 to 8, with 8 values",
    "the padding of one side": "from 0 to 4, with 5 values",
    "negative": "from -4 to 8",
    "the same crop for all": "with 1 values",
    "a diagonal": "go together",
    "no generator": "same seed gave different draws",
    "no numbers": r"`down` holds torch\.float32",
    "flips as numbers": r"`flipped` holds torch\.float32",
    "all mirrored": "100% of the images are mirrored",
    "one coin": r"`flipped` has the shape \(1,\)",
    "bell-shaped": "Some are favored",
}
WINDOWS = {
    "the same crop for all": "begin in different rows, image 1 is wrong",
    "rows for columns": "begin in different rows, image 0 is wrong",
    "mirrored before the crop": "moved and mirrored, image 0 is wrong",
    "upside down": "every image is mirrored and none moved, image 0",
    "all mirrored": "nothing is moved and nothing mirrored, image 0",
    "none mirrored": "every image is mirrored and none moved, image 0",
    "padded before the mean": r"lies in the padding, and it holds -3\.0",
    "padded with the mean": r"lies in the padding, and it holds 3\.0",
    "the edge repeated": "begin in the corner, image 0.*lies in the padding",
    "rolled around": "begin in the corner, image 0.*lies in the padding",
    "the whole padded image": r"came out as \(5, 3, 10, 11\)",
    "in place": "the images that were handed in have changed",
}
STEPS = {
    "dampening": "With momentum and a constant gradient, step 1 .* by -0.01;",
    "decay beside the velocity": "With decay and momentum, step 2",
    "decay after the step": "With decay and momentum, step 1",
    "decay grows the weight": r"With decay alone.* by 0\.002;",
    "the rate in the velocity": "With a rate that falls to a tenth, step 3",
    "Nesterov": r"constant gradient, step 1 .* by -0\.19;",
    "velocity not handed on": "constant gradient, step 2",
    "uphill": r"Without momentum and decay, step 1 .* by 0\.1;",
    "the weight alone": "Return the weight and the velocity",
}
LOOPS = {
    "gradients pile up": r"After 2 steps .* another direction\. One step before, it was right",
    "decay for kernels alone": r"kernels are right, but not 1\.weight, 4\.bias",
    "dampening": r"After 1 step .* 0\.10 times as far as with torch, in the same direction",
    "the rate of the step before": r"After 3 steps .* The rate of this step is 0\.01",
    "the first rate for all": r"After 3 steps .* The rate of this step is 0\.01",
    "evaluation mode": "Is the network in train mode",
    "velocity forgotten": "After 2 steps .* One step before, it was right",
    "uphill": r"1\.00 times as far as with torch, in another direction",
    "only the first batch": "For 2 batches 1 losses came back",
    "losses doubled": "Each is the loss of its step",
    "no list": "got 'trained'",
}
REASONS = [
    pytest.param(module, check, mistake, reason, id=f"{check}: {mistake}")
    for module, check, reasons in (
        (recipe, "check_learning_rates", RATES), (recipe, "check_draw", DRAWS),
        (recipe_images, "check_crop_and_flip", WINDOWS), (recipe_step, "check_sgd_step", STEPS),
        (recipe_loop, "check_train", LOOPS),
    )
    for mistake, reason in reasons.items()
]  # fmt: skip


@pytest.mark.parametrize(("module", "check", "mistake", "reason"), REASONS)
def test_a_mistake_is_refused_for_what_was_observed(module, check, mistake, reason):
    result = getattr(module, check)(module.WRONG[check][mistake])
    assert result.state == "not right"
    assert re.search(reason, result.message), result.message


def test_the_schedule_that_answers_are_held_against():
    """Worked out by hand."""
    assert recipe.scheduled((90, 85, 70, 60, 50), (100,)) == [0.01, 0.01, 0.01, 0.1, 0.1]
    assert recipe.scheduled((80, 79, 90, 90, 90), (2, 4)) == pytest.approx(
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

    assert recipe_images.check_crop_and_flip(crop_and_flip).state == "right"


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

    assert recipe_loop.check_train(train).state == "right"


def test_an_answer_that_raises_is_not_right():
    result = recipe_loop.check_train(lambda model, batches, *rest: batches[99])
    assert result.state == "not right"
    assert "IndexError" in result.message


@pytest.mark.parametrize(("check", "answer"), [
    (recipe.check_draw, recipe.RIGHT["check_draw"]["at once"]),
    (recipe_images.check_crop_and_flip, recipe_images.RIGHT["check_crop_and_flip"]["a loop"]),
    (recipe_loop.check_train, recipe_loop.RIGHT["check_train"]["by hand"]),
])
def test_a_check_draws_nothing_from_the_reader_s_generator(check, answer):
    torch.manual_seed(7)
    check(answer)
    drawn = torch.rand(1)
    torch.manual_seed(7)
    assert torch.equal(drawn, torch.rand(1))
