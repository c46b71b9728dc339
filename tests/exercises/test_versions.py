"""The checks of chapter 12 refuse each mistake for its own reason, and say what they saw."""

import re

import pytest
import torch
from torch import nn

from resnet_lab.exercises import move_stride, shortcut_d, versions
from resnet_lab.models import build

STRIDES = {
    "nothing moved": "it computes what v1 computes",
    "in both": r"the network stops\. RuntimeError",
    "in the last 1x1": r"Every output is that of v1\.5, but it takes [\d,]+ multiply-adds",
    "stage 2 alone": "`layer3` puts out other numbers",
    "stage 1 too": "`layer1` puts out maps of 8 columns, in v1.5 16",
    "new weights": "other weights in `conv1.weight`",
    "a wider network": "other names",
    "the specification": "something of type ResNetSpec",
}
SHORTCUTS = {
    "rounded down": r"7 by 7 come out as \(2, 10, 3, 3\)",
    "B": "a row comes out as 0, 2, 4, 6",
    "a pool for stride 1 too": r"stride 1: maps of 8 by 8 come out as \(2, 10, 7, 7\)",
    "zeros at the edge": r"7 by 7 whose .* a row comes out as 4, 6, 8, 4\.75",
    "a maximum": "a row comes out as 9, 11, 13, 15",
    "a learned 2x2": r"7 by 7 come out as \(2, 10, 3, 3\)",
    "no normalization": r"parameters have the shapes \[\(10, 6, 1, 1\)\]",
    "a bias": "parameters have the shapes",
    "a ReLU at the end": "nothing below zero",
    "projected first": "works on 64 positions where 16 come out",
    "the same modules each time": "return the same `1.weight`",
    "fixed channels": "8 by 8 stop it",
}


@pytest.mark.parametrize("mistake", STRIDES)
def test_a_moved_stride_is_refused_for_what_was_observed(mistake):
    result = move_stride.check_move_stride(move_stride.WRONG["check_move_stride"][mistake])
    assert result.state == "not right"
    assert re.search(STRIDES[mistake], result.message), result.message


@pytest.mark.parametrize("mistake", SHORTCUTS)
def test_a_shortcut_is_refused_for_what_was_observed(mistake):
    result = shortcut_d.check_shortcut_d(shortcut_d.WRONG["check_shortcut_d"][mistake])
    assert result.state == "not right"
    assert re.search(SHORTCUTS[mistake], result.message), result.message


@pytest.mark.parametrize(("check", "answer", "reason"), [
    ("check_unread", 57**2 - 28**2, "28 columns of 28 .* last of them column 54"),
    ("check_unread", 57**2 * 3 // 4, "813 positions .* must be a square"),
    ("check_extra_macs", lambda i, w, n: i * w * n**2, "32,768 weights, .* 3,136 more positions"),
    ("check_extra_macs", lambda i, w, n: i * w * (3 * n**2 // 4), r"128, 57\).* 2,436 more"),
    ("check_which_change", {**versions.WRONG["check_which_change"]["D costs MACs"]},
     "MACs: you name B, C, D. One of them leaves it"),
    ("check_which_change", {**versions.WRONG["check_which_change"]["no names"]},
     "names in the state dict: you name none. It changes in more"),
])
def test_a_count_is_refused_for_what_was_observed(check, answer, reason):
    assert re.search(reason, getattr(versions, check)(answer).message)


def test_what_the_steps_change_agrees_with_built_networks():
    networks = {
        name: build("resnet50", **changes).eval() for name, changes in {
            "v1": {"version": "v1"}, "B": {}, "C": {"stem": "deep"},
            "D": {"stem": "deep", "shortcut": "D"}}.items()
    }
    entries = {name: network.state_dict() for name, network in networks.items()}
    pairs = [("v1", "B"), ("B", "C"), ("C", "D")]
    count = {name: sum(p.numel() for p in net.parameters()) for name, net in networks.items()}
    assert versions.movers()["parameters"] == {b for a, b in pairs if count[a] != count[b]}
    assert versions.movers()["names in the state dict"] == {
        b for a, b in pairs if entries[a].keys() != entries[b].keys()}


@torch.no_grad()
def test_the_right_shortcut_is_the_library_s():
    shortcut = shortcut_d.RIGHT["check_shortcut_d"]["rounded up"](256, 512, 2).eval()
    library = build("resnet50d").layer2[0].downsample.eval()
    shortcut.load_state_dict(library.state_dict())
    maps = torch.randn(1, 256, 7, 8)
    assert torch.equal(shortcut(maps), library(maps))


def test_a_check_leaves_the_answer_s_modules_as_they_were():
    made = nn.Sequential(nn.AvgPool2d(2, 2, ceil_mode=True),
                         nn.Conv2d(6, 10, 1, bias=False), nn.BatchNorm2d(10))
    before = made[1].weight.clone()
    shortcut_d.check_shortcut_d(lambda *arguments: made)
    assert torch.equal(made[1].weight, before)
