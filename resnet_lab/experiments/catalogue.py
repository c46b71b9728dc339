"""Experiments as data: which runs, in which setting, answer which question.

A run that several experiments share is trained once. A new experiment is an entry of
:data:`EXPERIMENTS`, and an entry of :data:`RUNS` for each run that no other one has.
"""

from typing import Any

from resnet_lab.checks import check_choice
from resnet_lab.experiments.entries import Experiment, Run, Setting
from resnet_lab.training.recipe import RECIPES

FULL_SEEDS = (0, 1, 2, 3, 4)
WARMUP = {"warmup_lr": 0.01}

SETTINGS = {
    setting.name: setting
    for setting in (
        Setting(
            "digits-short", "digits", RECIPES["short"],
            {"warmup_lr": 0.01, "warmup_window": 22}, (0, 1, 2, 3),
            "1,437 images of 8x8 pixels in place of 50,000 of 32x32, and 450 steps of 64 images "
            "in place of 64,000 of 128",
            "b2936718aa960c215b140e7086ec1617f6dbd45af21a998012200147dc89f8ca",
        ),
        Setting(
            "part-short", "cifar10-part",
            RECIPES["cifar"].changed(
                name="cifar-short", batch=64, iterations=1_200, drops=(600, 900),
                evaluate_every=80,
            ),
            {"warmup_lr": 0.01, "warmup_window": 40}, (0, 1, 2),
            "5,170 of the 50,000 images, and 1,200 steps of 64 images in place of 64,000 of 128",
            "314fe431e8085c7b42384e841966796ae8aefa151af292cd51ba24a9a78517f0",
        ),
        Setting("cifar10", "cifar10", RECIPES["cifar"], WARMUP, FULL_SEEDS),
        Setting(
            "jpeg-copy", "cifar10-jpeg-copy", RECIPES["cifar"], WARMUP, FULL_SEEDS,
            "a copy of CIFAR-10 that was stored as JPEG, and lost detail by it",
        ),
    )
}  # fmt: skip
"""Settings by name."""

LESS: dict[str, tuple[str, dict[str, Any]]] = {
    "no-crop": ("no random crop", {"crop_padding": 0}),
    "no-flip": ("no flip", {"flip": False}),
    "no-crop-no-flip": ("neither crop nor flip", {"crop_padding": 0, "flip": False}),
    "no-mean": ("no mean subtracted", {"normalization": "none"}),
    "no-decay": ("no weight decay", {"weight_decay": 0.0}),
    "no-momentum": ("no momentum", {"momentum": 0.0}),
    "no-momentum-rate-1": ("no momentum, learning rate 1", {"momentum": 0.0, "lr": 1.0}),
    "no-drops": ("learning rate never divided", {"drops": ()}),
}
"""The recipe with one ingredient left out, or two that make up for each other."""

DEPTHS = (20, 32, 44, 56, 110)
LOWER_RATES = (0.03, 0.01, 0.003, 0.001)
BY_RATE = ("plain20", "plain56", "resnet56")
BY_START = ("plain20", "plain56", "resnet20", "resnet56")
TITLES = {
    **{f"plain{depth}": f"plain-{depth}" for depth in DEPTHS},
    **{f"resnet{depth}": f"ResNet-{depth}" for depth in DEPTHS},
}

RUNS = {
    run.name: run
    for run in (
        *(Run(name, title, name) for name, title in TITLES.items()),
        *(
            Run(f"resnet56-{option}", f"ResNet-56, option {option}", "resnet56",
                {"shortcut": option})
            for option in ("B", "C")
        ),
        Run("resnet56-zero-gamma", "ResNet-56, last gammas zero", "resnet56",
            {"zero_init_residual": True}),
        Run("resnet56-detached", "ResNet-56, shortcuts detached", "resnet56",
            surgery=("detach_shortcuts",)),
        Run("resnet110-warmup", "ResNet-110, warm-up", "resnet110", warmup=True),
        Run("resnetv2_110", "ResNet-110 v2", "resnetv2_110"),
        *(
            Run(f"{name}-lr{lr:g}", f"{TITLES[name]}, learning rate {lr:g}", name,
                recipe={"lr": lr})
            for name in BY_RATE for lr in LOWER_RATES
        ),
        *(
            run
            for name in BY_START
            for run in (
                Run(f"{name}-clipped", f"{TITLES[name]}, gradients clipped", name,
                    recipe={"clip_norm": 1.0}),
                Run(f"{name}-warmup", f"{TITLES[name]}, warm-up", name, warmup=True),
            )
        ),
        Run("resnet18", "ResNet-18", "resnet18"),
        Run("resnet18-3x3", "ResNet-18, 3x3 stem", "resnet18", {"stem": "3x3"}),
        *(
            Run(f"resnet20-{name}", title, "resnet20", recipe=changes)
            for name, (title, changes) in LESS.items()
        ),
    )
}  # fmt: skip
"""Runs by name."""

BY_SIZE = {"small": "digits-short", "full": "cifar10", "full-jpeg": "jpeg-copy"}

EXPERIMENTS = {
    experiment.name: experiment
    for experiment in (
        Experiment(
            "degradation", "Does a deeper network train worse, and do shortcuts change that?",
            tuple(f"{kind}{depth}" for kind in ("plain", "resnet") for depth in DEPTHS),
            BY_SIZE, "arXiv:1512.03385, figure 6 and table 6",
        ),
        Experiment(
            "shortcuts", "What do projections add over shortcuts without parameters?",
            ("resnet56", "resnet56-B", "resnet56-C"), BY_SIZE, "arXiv:1512.03385, section 4.1",
        ),
        Experiment(
            "zero-gamma", "Does it help to start every block as its shortcut?",
            ("resnet56", "resnet56-zero-gamma"), BY_SIZE, "arXiv:1706.02677, section 5.1",
        ),
        Experiment(
            "preactivation", "Does a clean path through 110 layers make training easier?",
            ("resnet110", "resnetv2_110"), BY_SIZE, "arXiv:1603.05027, table 2",
        ),
        Experiment(
            "warm-up", "Does ResNet-110 need a smaller learning rate at the start?",
            ("resnet110", "resnet110-warmup"), BY_SIZE, "arXiv:1512.03385, section 4.2",
        ),
        Experiment(
            "detached", "What is lost where no gradient passes through the shortcuts?",
            ("plain56", "resnet56", "resnet56-detached"), BY_SIZE, "this book",
        ),
        Experiment(
            "learning-rate", "Is the learning rate too large for a deep plain network?",
            tuple(
                run for name in BY_RATE
                for run in (name, *(f"{name}-lr{lr:g}" for lr in LOWER_RATES))
            ),
            BY_SIZE, "this book",
        ),
        Experiment(
            "first-step", "Does a deep plain network fail by its depth, or by its first step?",
            tuple(
                run for name in BY_START for run in (name, f"{name}-clipped", f"{name}-warmup")
            ),
            BY_SIZE, "this book",
        ),
        Experiment(
            "small-images", "Which ResNet for small images: the paper's, or one of ImageNet's?",
            ("resnet20", "resnet18", "resnet18-3x3"), BY_SIZE, "this book",
        ),
        Experiment(
            "ingredients", "What does each ingredient of the recipe do?",
            ("resnet20", *(f"resnet20-{name}" for name in LESS)),
            {**BY_SIZE, "small": "part-short"}, "arXiv:1512.03385, section 4.2",
        ),
    )
}  # fmt: skip
"""Experiments by name."""


def experiment(name: str) -> Experiment:
    """Look up an experiment.

    Raises:
        ValueError: no experiment has this name; the message lists those that are.
    """
    check_choice("experiment", name, EXPERIMENTS)
    return EXPERIMENTS[name]


def setting_of(name: str, size: str) -> Setting:
    """The setting of an experiment at a size.

    Raises:
        ValueError: the experiment or the size is unknown.
    """
    settings = experiment(name).settings
    check_choice("size", size, settings)
    return SETTINGS[settings[size]]
