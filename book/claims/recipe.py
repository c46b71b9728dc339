"""What recomputes claims about training (chapter 16)."""

from fractions import Fraction

import torch
from torch import nn

import resnet_lab
from book.claims.value import Value
from resnet_lab.training import recipe

BATCH = 128
IMAGES = {"50,000 images": 50_000, "45,000 images": 45_000}


def steps_of_200_passes() -> dict[str, Value]:
    """Steps of 128 images in 200 passes over the training images."""
    return {name: Fraction(200 * images, BATCH) for name, images in IMAGES.items()}


def imagenet_recipe() -> dict[str, Value]:
    """Momentum, batch, rate and decay of the package's recipe for ImageNet."""
    wanted = recipe("imagenet")
    figures = (wanted.momentum, wanted.batch, wanted.lr_at(0), wanted.weight_decay)
    return {"section 3.4 of the paper": tuple(Fraction(str(figure)) for figure in figures)}


def loss_after_one_step() -> dict[str, Value]:
    """Loss after a step that adds the gradient, over the loss before: half of a square."""
    weight, rate = Fraction(1), Fraction(1, 10)
    return {"a rate of 0.1": (weight + rate * weight) ** 2 / weight**2}


@torch.no_grad()
def logits_moved_by_doubled_kernels() -> dict[str, Value]:
    """Logits of ResNet-20 that change when the weights of all convolutions are doubled."""
    return {
        "with a constant that rounding swallows": _moved(1e-300),
        "with torch's constant of 1e-5": _moved(1e-5),
    }


def _moved(constant: float) -> int:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = resnet_lab.build("resnet20").double()
        images = torch.randn(8, 3, 32, 32, dtype=torch.float64)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = constant
    before = model(images)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.weight *= 2  # a power of two: rounding is doubled too
    return int((model(images) != before).sum())
