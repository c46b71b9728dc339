"""What the checks of chapter 12 hold for true, and that they leave answers alone."""

from torch import nn

from resnet_lab.exercises.versions import check_move_stride, check_shortcut_d
from resnet_lab.exercises.versions.checks.which_change import movers
from resnet_lab.models import build


def test_what_the_steps_change_agrees_with_built_networks():
    networks = {
        name: build("resnet50", **changes).eval() for name, changes in {
            "v1": {"version": "v1"}, "B": {}, "C": {"stem": "deep"},
            "D": {"stem": "deep", "shortcut": "D"}}.items()
    }
    entries = {name: network.state_dict() for name, network in networks.items()}
    pairs = [("v1", "B"), ("B", "C"), ("C", "D")]
    count = {name: sum(p.numel() for p in net.parameters()) for name, net in networks.items()}
    assert movers()["parameters"] == {b for a, b in pairs if count[a] != count[b]}
    assert movers()["names in the state dict"] == {
        b for a, b in pairs if entries[a].keys() != entries[b].keys()}


def test_a_check_leaves_the_answer_s_modules_as_they_were():
    made = nn.Sequential(nn.AvgPool2d(2, 2, ceil_mode=True),
                         nn.Conv2d(6, 10, 1, bias=False), nn.BatchNorm2d(10))
    before = {name: entry.clone() for name, entry in made.state_dict().items()}
    check_shortcut_d(lambda *arguments: made)
    assert all(entry.equal(before[name]) for name, entry in made.state_dict().items())


def test_a_check_leaves_no_hook_in_the_answer_s_network():
    given = []

    def keep(network):
        given.append(network)
        return network

    check_move_stride(keep)
    assert not given[0].layer2[0].add._forward_pre_hooks
