"""Where two networks part on the same images, and how far apart their maps are."""

import pytest
import torch
from torch import nn

from resnet_lab.exercises.parting import apart, maps_after, parting


def test_where_two_networks_part():
    one = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2))
    other = nn.Sequential(*one)
    values = torch.ones(1, 2)
    assert parting(one, other, values, "012", 1e-6) is None
    other[1] = nn.Linear(2, 2)
    assert parting(one, other, values, "012", 1e-6) == "1"
    assert parting(one, other, values, "02", 1e-6) == "2"


def test_how_far_apart():
    assert apart(torch.tensor([3.0, 4.0]), torch.tensor([3.0, 0.0])) == pytest.approx(4 / 3)
    assert apart(torch.ones(2), torch.ones(3)) == float("inf")
    assert apart(torch.tensor([float("nan")]), torch.ones(1)) == float("inf")


def test_what_a_submodule_puts_out():
    network = nn.Sequential(nn.Flatten(), nn.Sequential(nn.ReLU(), nn.Tanh()))
    values = torch.tensor([[[-1.0, 2.0]]])
    assert maps_after(network, "1.0", values).tolist() == [[0.0, 2.0]]
    assert not network[1][0]._forward_hooks
    network.unused = nn.ReLU()
    network.forward = lambda values: values
    assert maps_after(network, "unused", values).shape == (0,)
