"""The checks of chapter 14 refuse each mistake for its own reason, and their answers are right."""

import re

import pytest
import torch
import torchvision
from torch import nn

from resnet_lab.exercises import adapt_stem, cifar_family
from resnet_lab.models import build

BLOCKS = {
    "the remainder dropped": r"\(18, 2\)` returned 2\. .* make 14 layers, not 18",
    "a float": r"returned 9\.0\. A number of blocks is an integer",
    "basic blocks always": r"\(110, 3\)` returned 18\. .* make 164 layers, not 110",
    "bottlenecks always": r"\(56, 2\)` returned 6\. .* make 38 layers",
    "the classifier alone": r"\(56, 2\)` returned 0, but there is a network of 56 layers",
    "four stages": r"\(56, 2\)` returned 0, but",
    "blocks of all stages": r"returned 27\. .* make 164 layers",
    "layers of a stage": r"returned 18\. .* make 110 layers",
    "never": "returned 0, but",
}
ADAPTED = {
    "the pool kept": "After stage 4 a map of 2 by 2 is left",
    "the stride kept": "After stage 4 a map of 2 by 2 is left",
    "a pool without stride": "the logits differ",
    "no padding": "the logits differ",
    "the 7x7 kept": r"`conv1\.weight` has the shape \(8, 3, 7, 7\)",
    "a bias": r"an entry `conv1\.bias` that does not belong",
    "no bias in the head": r"`fc\.bias` is missing",
    "padding by reflection": "the logits differ",
    "nothing changed": r"logits of shape \(4, 1000\)",
    "the head kept": r"logits of shape \(4, 1000\)",
    "a stride taken out": "a map of 8 by 8 is left",
    "a new network": r"`layer1\.0\.conv1\.weight` has other values than before",
    "the rest frozen": r"`layer1\.0\.conv1\.weight\.requires_grad` is False",
    "no ReLU in the stem": "the logits differ",
    "widths of ResNet-18": r"Images of 32 pixels stop it\. RuntimeError",
    "a list": "returned list, which is no network",
}


@pytest.mark.parametrize("mistake", BLOCKS)
def test_a_number_of_blocks_is_refused_for_what_was_observed(mistake):
    answer = cifar_family.WRONG["check_blocks_per_stage"][mistake]
    message = cifar_family.check_blocks_per_stage(answer).message
    assert re.search(BLOCKS[mistake], message), message


@pytest.mark.parametrize("mistake", ADAPTED)
def test_an_adapted_network_is_refused_for_what_was_observed(mistake):
    message = adapt_stem.check_adapt(adapt_stem.WRONG["check_adapt"][mistake]).message
    assert re.search(ADAPTED[mistake], message), message


def test_the_expected_messages_cover_every_mistake():
    assert set(BLOCKS) == set(cifar_family.WRONG["check_blocks_per_stage"])
    assert set(ADAPTED) == set(adapt_stem.WRONG["check_adapt"])


@pytest.mark.parametrize(("check", "mistake", "reason"), [
    ("check_parameters", "every block alike", r"\(3\)` returned 292,762\. .*ResNet-20 hold fewer"),
    ("check_parameters", "no normalization", "ResNet-20 hold more"),
    ("check_parameters", "ResNet-20 alone", r"\(1\)` returned 269,722\. .*ResNet-8 hold fewer"),
    ("check_extra_of_b", "never in stage 1", r"\(16, \(32, 64, 128\)\)` returned 10,624.* more"),
    ("check_extra_of_b", "only where channels change", r"\(16, \(16, 16, 32\)\)` .* more"),
    ("check_extra_of_b", "in every stage", r"\(16, \(16, 32, 64\)\)` .* fewer"),
    ("check_weights_used", "all", r"\(1, 3, 1, 1\)` returned 9 of 9\. On a map of 1 by 1"),
    ("check_weights_used", "taps of one axis", r"\(2, 3, 2, 1\)` returned 2 of 9"),
    ("check_weights_used", "the center", r"\(2, 3, 2, 1\)` returned 1 of 9"),
])
def test_a_count_is_refused_for_what_was_observed(check, mistake, reason):
    message = getattr(cifar_family, check)(cifar_family.WRONG[check][mistake]).message
    assert re.search(reason, message, re.S), message


@pytest.mark.parametrize("n", [1, 3, 9])
def test_the_right_count_is_that_of_built_modules(n):
    model = build("resnet20", depths=(n, n, n))
    answer = cifar_family.RIGHT["check_parameters"]["stage by stage"]
    assert answer(n) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(("stem_width", "widths"), cifar_family.PLANS[:4])
def test_what_option_b_adds_is_that_of_built_modules(stem_width, widths):
    a, b = (
        build("resnet20", stem_width=stem_width, widths=widths, depths=(1,) * len(widths),
              shortcut=option)
        for option in "AB"
    )
    counts = [sum(p.numel() for p in model.parameters()) for model in (a, b)]
    assert cifar_family.extra_of_b(stem_width, widths) == counts[1] - counts[0]


def test_weights_used_by_hand():
    assert [cifar_family.weights_used(*window) for window in (
        (1, 3, 1, 1), (2, 3, 2, 1), (2, 3, 1, 1), (1, 7, 2, 3), (8, 3, 1, 1))] == [1, 4, 9, 1, 9]


@torch.no_grad()
def test_the_right_answer_adapts_torchvisions_network():
    theirs = torchvision.models.resnet18().eval()
    adapted = adapt_stem.RIGHT["check_adapt"]["as asked"](theirs, 10)
    ours = build("resnet18", stem="3x3", num_classes=10).eval()
    ours.load_state_dict(adapted.state_dict(), strict=True)
    images = torch.rand(2, 3, 32, 32)
    assert torch.allclose(adapted(images), ours(images), rtol=1e-4, atol=1e-5)


def test_a_check_leaves_its_networks_as_they_were():
    def spoil(model, num_classes):
        nn.init.zeros_(model.layer1[0].conv1.weight)
        return model

    adapt_stem.check_adapt(spoil)
    assert adapt_stem.check_adapt(adapt_stem.RIGHT["check_adapt"]["as asked"]).state == "right"
