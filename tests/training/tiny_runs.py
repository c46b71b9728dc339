"""What the tests train: a tiny network on a few images, in milliseconds a step."""

import torch

from resnet_lab.data import ImageSet
from resnet_lab.models import ResNetSpec
from resnet_lab.training import Execution, Recipe, Trainer

CPU = Execution("cpu")

SPEC = ResNetSpec(
    "tiny", "basic", (1, 1, 1), stem="3x3", shortcut="A", widths=(4, 8, 16), stem_width=4,
    in_channels=3, num_classes=3,
)  # fmt: skip

RECIPE = Recipe(
    "tiny", batch=8, iterations=30, drops=(12, 24), crop_padding=2, evaluate_every=10
)  # fmt: skip


def tiny_data(train: int = 50, test: int = 21, seed: int = 0, name: str = "tiny") -> ImageSet:
    """Noise with a brighter band, whose place is the class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 3, (train + test,), generator=generator)
    images = torch.randint(0, 120, (train + test, 3, 9, 8), generator=generator)
    for label in range(3):
        images[labels == label, :, 3 * label : 3 * label + 3] += 100
    images = images.to(torch.uint8)
    return ImageSet(
        name, "noise and bands", ("high", "middle", "low"),
        images[:train], labels[:train], images[train:], labels[train:],
    )  # fmt: skip


def tiny_trainer(folder=None, *, model=SPEC, data=None, recipe=RECIPE, **options) -> Trainer:
    options = {"execution": CPU, "progress": False, **options}
    return Trainer(model, data or tiny_data(), recipe, folder=folder, **options)


def same_weights(state: dict, other: dict) -> bool:
    """Whether two state dicts are equal to the last bit."""
    return state.keys() == other.keys() and all(torch.equal(state[k], other[k]) for k in state)
