"""What the check of chapter 15 says of torch is what torch does."""

import pytest
import torch

from resnet_lab.exercises.which_resnet.checks.pairs import PAIRS, misfit
from resnet_lab.models import build

FURTHER = (("resnet50_v1", "resnet50"), ("resnet50d", "resnet50c"), ("plain34", "resnet34"))


@pytest.mark.parametrize(("source", "target"), PAIRS + FURTHER)
def test_what_does_not_fit_is_what_torch_refuses_to_load(source, target):
    with torch.device("meta"):
        file, network = build(source).state_dict(), build(target)
    reason = misfit(source, target)
    if reason is None:
        network.load_state_dict(file, strict=True, assign=True)
    else:
        with pytest.raises(RuntimeError) as refused:
            network.load_state_dict(file, strict=True, assign=True)
        assert reason.split("`")[1] in str(refused.value)


def test_what_does_not_fit_is_named():
    assert misfit("resnet50c", "resnet50d").startswith("the file's `layer1.0.downsample.0.weight`")
    assert misfit("plain34", "resnet34") == (
        "`layer2.0.downsample.0.weight` is missing from the file"
    )
