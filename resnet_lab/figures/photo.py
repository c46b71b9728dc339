"""The photograph of the book: Grace Hopper, shipped with matplotlib, in the public domain."""

from typing import NamedTuple

import numpy as np
import torch
from matplotlib.cbook import get_sample_data
from numpy.typing import NDArray
from PIL import Image

from resnet_lab.checks import check_integer

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


class Photograph(NamedTuple):
    """One photograph, for a model and for the eye."""

    tensor: torch.Tensor  # (1, 3, S, S), normalized with ImageNet's mean and deviation
    rgb: NDArray[np.uint8]  # (S, S, 3)


def photograph(size: int = 224) -> Photograph:
    """Load the photograph, cropped to the largest central square, at ``size`` pixels a side.

    Raises:
        TypeError: ``size`` is not an integer.
        ValueError: ``size`` is below 1.
    """
    check_integer("size", size, least=1)
    with Image.open(get_sample_data("grace_hopper.jpg", asfileobj=False)) as opened:
        image = opened.convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 4  # keeps the head
    square = image.crop((left, top, left + side, top + side))
    rgb = np.array(square.resize((size, size), Image.Resampling.BICUBIC))
    return as_photograph(rgb)


def as_photograph(rgb: NDArray[np.uint8]) -> Photograph:
    """Pixels, ``(S, S, 3)``, as a photograph: normalized with ImageNet's mean and deviation."""
    scaled = torch.from_numpy(rgb).permute(2, 0, 1).float() / 255
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    return Photograph(((scaled - mean) / std).unsqueeze(0), rgb)
