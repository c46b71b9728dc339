"""What the checks of chapter 14 hold for true, and that they leave networks alone."""

import pytest
import torch
import torchvision
from torch import nn

from resnet_lab.exercises.cifar_family import check_adapt
from resnet_lab.exercises.cifar_family.checks.extra_of_b import PLANS, extra_of_b
from resnet_lab.exercises.cifar_family.checks.weights_used import weights_used
from resnet_lab.exercises.cifar_family.mistakes import adapt, parameters
from resnet_lab.models import build


@pytest.mark.parametrize("n", [1, 3, 9])
def test_the_right_count_is_that_of_built_modules(n):
    model = build("resnet20", depths=(n, n, n))
    answer = parameters.RIGHT["check_parameters"]["stage by stage"]
    assert answer(n) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(("stem_width", "widths"), PLANS[:4])
def test_what_option_b_adds_is_that_of_built_modules(stem_width, widths):
    a, b = (
        build("resnet20", stem_width=stem_width, widths=widths, depths=(1,) * len(widths),
              shortcut=option)
        for option in "AB"
    )
    counts = [sum(p.numel() for p in model.parameters()) for model in (a, b)]
    assert extra_of_b(stem_width, widths) == counts[1] - counts[0]


def test_weights_used_by_hand():
    assert [weights_used(*window) for window in (
        (1, 3, 1, 1), (2, 3, 2, 1), (2, 3, 1, 1), (1, 7, 2, 3), (8, 3, 1, 1))] == [1, 4, 9, 1, 9]


@torch.no_grad()
def test_the_right_answer_adapts_torchvisions_network():
    theirs = torchvision.models.resnet18().eval()
    adapted = adapt.RIGHT["check_adapt"]["as asked"](theirs, 10)
    ours = build("resnet18", stem="3x3", num_classes=10).eval()
    ours.load_state_dict(adapted.state_dict(), strict=True)
    images = torch.rand(2, 3, 32, 32)
    assert torch.allclose(adapted(images), ours(images), rtol=1e-4, atol=1e-5)


def test_a_check_leaves_its_networks_as_they_were():
    def spoil(model, num_classes):
        nn.init.zeros_(model.layer1[0].conv1.weight)
        return model

    check_adapt(spoil)
    assert check_adapt(adapt.RIGHT["check_adapt"]["as asked"]).state == "right"
