"""Recipes against the words of arXiv:1512.03385, section 4.2, and what they refuse."""

import dataclasses
import json
import math

import pytest

from resnet_lab.training import RECIPES, Recipe, recipe

# "We use a weight decay of 0.0001 and momentum of 0.9 [...] trained with a mini-batch size of
# 128 on two GPUs. We start with a learning rate of 0.1, divide it by 10 at 32k and 48k
# iterations, and terminate training at 64k iterations [...]: 4 pixels are padded on each side,
# and a 32x32 crop is randomly sampled from the padded image or its horizontal flip."
# "The network inputs are 32x32 images, with the per-pixel mean subtracted."
PAPER = {
    "batch": 128, "iterations": 64_000, "lr": 0.1, "drops": (32_000, 48_000), "drop_divisor": 10,
    "momentum": 0.9, "weight_decay": 0.0001, "crop_padding": 4, "flip": True,
    "normalization": "pixel mean", "warmup_lr": None, "clip_norm": None, "held_out": 0,
}  # fmt: skip


def test_the_recipe_for_cifar_is_the_paper_s():
    fields = dataclasses.asdict(RECIPES["cifar"])
    assert {name: fields[name] for name in PAPER} == PAPER
    assert set(fields) - set(PAPER) == {
        "name", "evaluate_every", "warmup_error", "warmup_window"
    }  # fmt: skip


def test_the_learning_rate_falls_at_32k_and_48k():
    cifar = RECIPES["cifar"]
    rates = {0: 0.1, 31_999: 0.1, 32_000: 0.01, 47_999: 0.01, 48_000: 0.001, 63_999: 0.001}
    for step, rate in rates.items():
        assert cifar.lr_at(step) == pytest.approx(rate)


def test_the_recipe_for_imagenet_is_the_common_one():
    """90 passes over 1.28 million images, divided by 10 after each 30 of them."""
    imagenet = RECIPES["imagenet"]
    passes = imagenet.iterations * imagenet.batch / 1_281_167
    assert passes == pytest.approx(90, abs=0.5)
    assert [drop / imagenet.iterations for drop in imagenet.drops] == [1 / 3, 2 / 3]
    assert (imagenet.batch, imagenet.lr, imagenet.momentum, imagenet.weight_decay) == (
        256, 0.1, 0.9, 1e-4
    )  # fmt: skip
    assert imagenet.evaluate_every * imagenet.batch / 1_281_167 == pytest.approx(1, abs=0.01)


def test_the_recipes_differ_from_the_paper_s_in_these_fields_alone():
    """For 110 layers: "we use 0.01 to warm up the training until the training error is below 80%"
    (the error and the window are the defaults).
    """
    paper = RECIPES["cifar"].to_json()
    differing = {
        name: {key: value for key, value in wanted.to_json().items() if value != paper[key]}
        for name, wanted in RECIPES.items()
    }
    assert differing == {
        "cifar": {},
        "cifar-110": {"name": "cifar-110", "warmup_lr": 0.01},
        "short": {
            "name": "short", "batch": 64, "iterations": 450, "drops": [225, 338],
            "crop_padding": 0, "flip": False,
        },
        "imagenet": {
            "name": "imagenet", "batch": 256, "iterations": 450_000, "drops": [150_000, 300_000],
            "crop_padding": 0, "flip": False, "normalization": "channel mean and deviation",
            "evaluate_every": 5000,
        },
    }  # fmt: skip
    assert (paper["evaluate_every"], paper["warmup_error"], paper["warmup_window"]) == (
        None, 80, 100
    )  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_json_and_is_looked_up_by_name(name):
    wanted = RECIPES[name]
    assert wanted.name == name
    read = Recipe.from_json(json.loads(json.dumps(wanted.to_json())))
    assert read == wanted
    assert hash(read) == hash(wanted)
    assert recipe(name) == wanted


def test_a_recipe_is_changed_and_not_altered():
    changed = recipe("cifar", lr=0.05, drops=())
    assert (changed.lr, changed.drops, changed.batch) == (0.05, (), 128)
    assert changed.lr_at(63_999) == 0.05
    assert RECIPES["cifar"].lr == 0.1
    with pytest.raises(dataclasses.FrozenInstanceError):
        changed.lr = 1


def test_unknown_recipes_and_fields_are_named():
    with pytest.raises(ValueError, match="^recipe must be one of cifar, cifar-110, .*got 'cifer'"):
        recipe("cifer")
    with pytest.raises(TypeError, match="^learning_rate is no field of a Recipe; .*'batch'"):
        recipe("cifar", learning_rate=0.1)
    with pytest.raises(TypeError, match="colour"):
        Recipe.from_json({**RECIPES["cifar"].to_json(), "colour": "red"})


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"name": 5}, TypeError, "^name must be a string, got 5"),
        ({"batch": 0}, ValueError, "^batch must be at least 1, got 0"),
        ({"batch": 128.0}, TypeError, r"^batch must be an integer, got 128.0 \(float\)"),
        ({"iterations": True}, TypeError, "^iterations must be an integer, got True"),
        ({"lr": "0.1"}, TypeError, "^lr must be a number, got '0.1'"),
        ({"lr": -0.1}, ValueError, "^lr must be at least 0, got -0.1"),
        ({"lr": math.nan}, ValueError, "^lr must be at least 0, got nan"),
        ({"lr": math.inf}, ValueError, "^lr must be at least 0, got inf"),
        ({"drop_divisor": 0.5}, ValueError, "^drop_divisor must be at least 1, got 0.5"),
        ({"momentum": 1.5}, ValueError, "^momentum must be at least 0 and at most 1, got 1.5"),
        ({"weight_decay": -1}, ValueError, "^weight_decay must be at least 0, got -1"),
        ({"warmup_lr": -1}, ValueError, "^warmup_lr must be at least 0, got -1"),
        ({"clip_norm": -1}, ValueError, "^clip_norm must be at least 0, got -1"),
        ({"clip_norm": "1"}, TypeError, "^clip_norm must be a number, got '1'"),
        ({"warmup_error": 101}, ValueError, "^warmup_error must be .* at most 100, got 101"),
        ({"warmup_window": 0}, ValueError, "^warmup_window must be at least 1, got 0"),
        ({"drops": [400]}, TypeError, r"^drops must be a tuple of steps, got \[400\]"),
        ({"drops": (0,)}, ValueError, "^each of drops must be at least 1, got 0"),
        ({"drops": (2, 1)}, ValueError, r"^drops must rise, got \(2, 1\)"),
        ({"drops": (1, 1)}, ValueError, r"^drops must rise, got \(1, 1\)"),
        ({"crop_padding": -1}, ValueError, "^crop_padding must be at least 0, got -1"),
        ({"flip": 1}, TypeError, "^flip must be True or False, got 1"),
        ({"normalization": "mean"}, ValueError, "^normalization must be one of 'pixel mean', "),
        ({"held_out": -1}, ValueError, "^held_out must be at least 0, got -1"),
        ({"evaluate_every": 0}, ValueError, "^evaluate_every must be at least 1, got 0"),
    ],
)
def test_impossible_values_are_refused(changes, error, message):
    with pytest.raises(error, match=message):
        recipe("cifar", **changes)


def test_a_recipe_prints_every_ingredient():
    text = repr(RECIPES["cifar"])
    for words in (
        "Recipe 'cifar'", "128 images", "momentum 0.9", "0.0001 on every parameter",
        "0.1, divided by 10 after 32,000 and 48,000 steps", "64,000 steps, with the last weights",
        "pixel mean", "padded by 4, then a random crop", "half of the images", "the test images",
    ):  # fmt: skip
        assert words in text
    assert "warm-up" not in text
    assert "gradients" not in text
    clipped = repr(recipe("cifar", clip_norm=1.5))
    assert "scaled down to a norm of 1.5 where it is larger" in clipped
    warm = RECIPES["cifar-110"]
    assert "0.01 until the training error, over 100 steps, is below 80 %" in repr(warm)
    plain = repr(recipe("cifar", drops=(), crop_padding=0, flip=False, held_out=5000))
    assert "divided" not in plain
    assert "5,000 training images held out" in plain
    rows = warm._repr_markdown_().splitlines()
    assert rows[0] == "| ingredient | recipe `cifar-110` |"
    assert rows[2:] == [f"| {name} | {value} |" for name, value in warm.ingredients()]


def test_a_recipe_for_a_folder_says_that_the_folder_crops_and_flips():
    """The recipe itself does neither; a reader who sees "none" would look for the fault there."""
    by_reading = "none, but for a folder's images as they are read"
    rows = dict(RECIPES["imagenet"].ingredients())
    assert (rows["crop"], rows["flip"]) == (by_reading, by_reading)
    rows = dict(RECIPES["short"].ingredients())
    assert (rows["crop"], rows["flip"]) == ("none", "none")


def test_every_change_of_what_is_trained_shows_in_print():
    """Two recipes that print alike train alike, but for when they are tested."""
    changes = {
        "name": "x", "batch": 64, "iterations": 5, "lr": 0.2, "drops": (3,), "drop_divisor": 5.0,
        "momentum": 0.8, "weight_decay": 0.0, "warmup_lr": 0.02, "warmup_error": 70.0,
        "warmup_window": 50, "crop_padding": 3, "flip": False, "normalization": "none",
        "held_out": 10, "clip_norm": 1.0,
    }  # fmt: skip
    warm = RECIPES["cifar-110"]
    assert set(changes) == {f.name for f in dataclasses.fields(Recipe)} - {"evaluate_every"}
    for name, value in changes.items():
        assert repr(warm.changed(**{name: value})) != repr(warm), name
