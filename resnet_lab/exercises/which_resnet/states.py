"""State dicts of the catalogue's networks, as chapter 15's checks hand them over."""

import functools
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from resnet_lab.models import ResNet, spec

State = Mapping[str, Tensor]


@functools.cache
def state_of(name: str, **changes: Any) -> dict[str, Tensor]:
    """Names and shapes of a network's weights, without values."""
    with torch.device("meta"):
        return ResNet(spec(name, **changes)).state_dict()
