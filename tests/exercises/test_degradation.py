"""What the checks of chapter 1 hold answers against, and that they leave alone what they use."""

from copy import deepcopy

import torch
from torch import nn

from resnet_lab.exercises.degradation import check_deepen
from resnet_lab.exercises.degradation.checks.deepen import trained
from resnet_lab.exercises.degradation.checks.diagnose import diagnosis
from resnet_lab.exercises.degradation.mistakes.deepen import RIGHT
from resnet_lab.models import build
from resnet_lab.records import runs


def test_the_recorded_runs_show_degradation():
    """The rule that the check uses, on what was measured."""
    records = runs("degradation", "small")
    shallow, deep = (
        {part: records.final(name, f"{part}_error").mean for part in ("train", "test")}
        for name in ("plain20", "plain56")
    )
    assert diagnosis(shallow, deep) == "degradation"
    assert diagnosis(deep, shallow) == "neither"


@torch.no_grad()
def test_a_right_answer_makes_plain_56_of_plain_20():
    """Its weights load into the plain-56 of the package, which then computes the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        shallow = build("plain20", in_channels=1)
        images = torch.randn(32, 1, 8, 8)
        shallow(images)
    deeper = RIGHT["check_deepen"]["as asked"](shallow.eval(), images, 6)
    ours = build("plain56", in_channels=1).eval()
    ours.load_state_dict(deeper.state_dict(), strict=True)
    torch.testing.assert_close(ours(images), shallow(images), rtol=1e-3, atol=1e-4)


def test_a_check_leaves_its_network_as_it_was():
    network, images = trained(settled=True)
    before = deepcopy(network.state_dict())
    check_deepen(lambda net, images, more: nn.init.zeros_(net.fc.weight) and net)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert images.shape == (64, 1, 8, 8)
