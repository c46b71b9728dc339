"""What the checks of chapter 3 hold answers against."""

import pytest
import torch
from torch import nn

from resnet_lab.exercises.stems.checks.healed_stage import stage_columns


@pytest.mark.parametrize("size", [32, 36, 97, 224, 225, 257])
def test_the_sizes_of_the_stages_are_those_of_torch(size):
    observed = {}
    for padding in (1, 0):
        maps = nn.MaxPool2d(3, 2, padding)(nn.Conv2d(1, 1, 7, 2, 3)(torch.zeros(1, 1, size, size)))
        for stage in (2, 3, 4):
            maps = nn.Conv2d(1, 1, 3, 2, 1)(maps)
            observed.setdefault(stage, []).append(maps.shape[-1])
    assert {stage: list(pair) for stage, pair in stage_columns(size).items()} == observed
