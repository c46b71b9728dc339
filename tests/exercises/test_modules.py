"""What is observed of a part of a network that is run and trained."""

import torch
from torch import nn

from resnet_lab.exercises.modules import frozen_fault, gradient_fault, overwritten_fault


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


def test_a_frozen_parameter_is_named():
    part = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    assert frozen_fault(part) is None
    part[1].bias.requires_grad_(False)
    assert "`1.bias.requires_grad` is False" in str(frozen_fault(part))


def test_a_part_that_overwrites_its_input_is_reported():
    values = torch.tensor([[-1.0, 1.0]])
    assert overwritten_fault(nn.ReLU(), values) is None
    assert "in place" in str(overwritten_fault(nn.ReLU(inplace=True), values))
    assert values.min() == -1
