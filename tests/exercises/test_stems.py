"""The checks of chapter 3 refuse each mistake for its own reason, and say what they saw."""

import re

import pytest
import torch
from torch import nn

from resnet_lab.exercises import small_stem, stems
from resnet_lab.exercises.modules import gradient_fault, statistics_fault

REASONS = {
    "fixed channels": r"\(1, 8\).*1, 32, 32\) stop it.*expected.*3 channels",
    "fixed colors": r"\(1, 8\).*1, 32, 32\) stop it",
    "fixed features": r"\(1, 8\).*come out as \(2, 16, 32, 32\)",
    "the same modules each time": r"1, 32, 32\) stop it",
    "the same modules for the same channels": r"return the same `conv1.weight`",
    "one normalization for all": r"return the same `bn1.weight`",
    "frozen weights": r"`conv1.weight.requires_grad` is False",
    "a frozen normalization": r"`bn1.weight.requires_grad` is False",
    "a scale of zero": r"zero everywhere",
    "a momentum of zero": r"leaves `bn1.running_mean` as it was",
    "a detached image": r"No gradient reaches the image",
    "a detached output": r"No gradient reaches the image",
    "a gradient of zero": r"gradient at the image is zero everywhere",
    "a ReLU that learns": r"parameter `relu.weight`",
    "a 1x1 that copies": r"parameter `maxpool.weight`",
    "dropout": r"fourth module must leave",
    "the stride is still there": r"come out as \(2, 16, 16, 16\)",
}


@pytest.mark.parametrize("mistake", REASONS)
def test_a_small_stem_is_refused_for_what_was_observed(mistake):
    result = small_stem.check_small_stem(small_stem.WRONG["check_small_stem"][mistake])
    assert result.state == "not right"
    assert re.search(REASONS[mistake], result.message), result.message


@pytest.mark.parametrize(("mistake", "reason"), [
    ("the 7x7's", "kernel 3: the first window has its center on column -2"),
    ("rounded up", "kernel 7: the first window has its center on column -1"),
    ("not rounded", "an integer; got (3.0, 3.0)"),
    ("a bias", "16 parameters that the module after it"),
    ("a pool without padding", "come out as (2, 16, 7, 7)"),
])
def test_a_stem_for_any_kernel_is_refused_for_what_was_observed(mistake, reason):
    assert reason in stems.check_any_stem(stems.WRONG["check_any_stem"][mistake]).message


@pytest.mark.parametrize(("mistake", "reason"), [
    ("always as at 224", "225 pixels it returned 2. Stage 2 has 29 columns with the padding"),
    ("never", "For 224 pixels it returned 0. Stage 4 has 7 columns with the padding and 7"),
    ("the last map alone", "returned 4, but the stage before it has 14 columns in both"),
])
def test_a_stage_of_healing_is_refused_for_what_was_observed(mistake, reason):
    assert reason in stems.check_healed_stage(stems.WRONG["check_healed_stage"][mistake]).message


@pytest.mark.parametrize("size", [32, 36, 97, 224, 225, 257])
def test_the_sizes_of_the_stages_are_those_of_torch(size):
    observed = {}
    for padding in (1, 0):
        maps = nn.MaxPool2d(3, 2, padding)(nn.Conv2d(1, 1, 7, 2, 3)(torch.zeros(1, 1, size, size)))
        for stage in (2, 3, 4):
            maps = nn.Conv2d(1, 1, 3, 2, 1)(maps)
            observed.setdefault(stage, []).append(maps.shape[-1])
    assert {stage: list(pair) for stage, pair in stems.stage_columns(size).items()} == observed


def test_gradients_that_are_not_finite_are_reported():
    class Root(nn.Module):
        def forward(self, x):
            return x.sqrt()

    assert gradient_fault(Root(), torch.tensor([[0.0, 4.0]])) == (
        "The gradient at the image is not finite."
    )


def test_a_parameter_that_nothing_uses_is_reported():
    part = nn.Identity()
    part.scale = nn.Parameter(torch.ones(1))
    assert gradient_fault(part, torch.ones(1, 2)) == "No gradient reaches `scale`."


def test_a_part_in_order_has_no_fault():
    part = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.BatchNorm1d(4)))
    values = torch.randn(8, 4, generator=torch.Generator().manual_seed(0))
    assert gradient_fault(part, values) is None
    assert statistics_fault(part, values) is None
    part[1][0].momentum = 0.0
    assert "`1.0.running_mean`" in str(statistics_fault(part, values))
