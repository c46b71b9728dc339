"""The checks of chapter 1 refuse each mistake for its own reason, and say what they saw."""

import re
from copy import deepcopy

import pytest
import torch
from torch import nn

from resnet_lab.exercises import deepen, degradation
from resnet_lab.models import build
from resnet_lab.records import runs

DEEPEN = {
    "nothing added": "`layer1` had 2 blocks and now has 2",
    "in place": "handed over has other layers now",
    "shared weights": r"one and the same `conv1\.weight`, so to train the new one",
    "one block for all": r"`layer1\.2\.conv1\.weight` and `layer1\.3\.conv1\.weight` are one",
    "no layers": "A block of `layer1` has 0 convolutions",
    "copies of the last block": r"In evaluation, on images that `deepen` was not given, .* apart",
    "the last block again": r"`layer1\.1\.conv1\.weight` and `layer1\.2\.conv1\.weight` are one",
    "convolutions alone": "In evaluation the outputs agree. In training, .* part in `layer1`",
    "norms alone": "In evaluation, .* They part in `layer1`",
    "one stage": "`layer2` had 2 blocks and now has 2",
    "the maps before the stage": "raised RuntimeError: The size of tensor",
    "always one": "With 3 more blocks: `layer1` had 2 blocks and now has 3",
    "frozen": r"`layer1\.2\.conv1\.weight` can't be trained",
    "a list": "something of type list",
}
NORMS = {
    "as it comes": "In training, channel 0 goes in with mean 0.497 .* comes out with 0 and 1",
    "the variance": r"channel 0 .* deviation 0\.287, and comes out with 0\.497 and 0\.0821",
    "eps forgotten": r"channel 2 .* deviation 0\.000964, and comes out with 0\.02 and 0\.000281",
    "subtracted again": r"comes out with -0\.497 and 0\.287",
    "no statistics": "In evaluation, channel 0",
    "one tensor for both": "`bias` and `running_mean` are one tensor",
    "frozen": "requires_grad",
    "no norm": "something of type Identity",
}


@pytest.mark.parametrize("mistake", deepen.WRONG["check_deepen"])
def test_a_deeper_network_is_refused_for_what_was_observed(mistake):
    result = deepen.check_deepen(deepen.WRONG["check_deepen"][mistake])
    assert result.state == "not right"
    assert re.search(DEEPEN[mistake], result.message), result.message


@pytest.mark.parametrize("mistake", NORMS)
def test_a_norm_is_refused_for_what_was_observed(mistake):
    answer = degradation.WRONG["check_neutral_norm"][mistake]
    assert re.search(NORMS[mistake], degradation.check_neutral_norm(answer).message)


@pytest.mark.parametrize(("mistake", "reason"), [
    ("by the gap", "more wrong than the shallow one, of those that both were trained on more"),
    ("test errors alone", "more wrong than the shallow one, .* trained on fewer"),
    ("training errors alone", "fewer wrong than the shallow one, .* trained on fewer"),
    ("another word", "must be one of 'overfitting', 'degradation', 'neither'"),
])
def test_a_diagnosis_is_refused_for_what_was_observed(mistake, reason):
    answer = degradation.WRONG["check_diagnose"][mistake]
    assert re.search(reason, degradation.check_diagnose(answer).message)


def test_the_recorded_runs_show_degradation():
    """The rule that the check uses, on what was measured."""
    records = runs("degradation", "small")
    shallow, deep = (
        {part: records.final(name, f"{part}_error").mean for part in ("train", "test")}
        for name in ("plain20", "plain56")
    )
    assert degradation.diagnosis(shallow, deep) == "degradation"
    assert degradation.diagnosis(deep, shallow) == "neither"


@torch.no_grad()
def test_a_right_answer_makes_plain_56_of_plain_20():
    """Its weights load into the plain-56 of the package, which then computes the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        shallow = build("plain20", in_channels=1)
        images = torch.randn(32, 1, 8, 8)
        shallow(images)
    deeper = deepen.RIGHT["check_deepen"]["as asked"](shallow.eval(), images, 6)
    ours = build("plain56", in_channels=1).eval()
    ours.load_state_dict(deeper.state_dict(), strict=True)
    torch.testing.assert_close(ours(images), shallow(images), rtol=1e-3, atol=1e-4)


def test_a_check_leaves_its_network_as_it_was():
    network, images = deepen.trained()
    before = deepcopy(network.state_dict())
    deepen.check_deepen(lambda net, images, more: nn.init.zeros_(net.fc.weight) and net)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert images.shape == (64, 1, 8, 8)
