"""Our networks against torchvision's: the same weights, outputs and gradients, exactly."""

import json
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import resnet_lab

NAMES = resnet_lab.list_models()
REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text())


def differing(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> list[str]:
    assert list(ours) == list(theirs)
    return [name for name in ours if not torch.equal(ours[name], theirs[name])]


def logits_and_gradients(model: nn.Module, images: torch.Tensor, labels: torch.Tensor):
    logits = model(images)
    nn.functional.cross_entropy(logits, labels).backward()
    return logits.detach(), {name: p.grad for name, p in model.named_parameters()}


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("size", [224, 225])
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize("name", NAMES)
def test_equals_torchvision_exactly(name, training, size):
    torch.manual_seed(1)
    theirs = torchvision.models.get_model(name)
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):  # fresh statistics would hide a misplaced one
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    ours = resnet_lab.build(name)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    images, labels = torch.randn(2, 3, size, size), torch.tensor([3, 7])

    expected_logits, expected = logits_and_gradients(theirs.train(training), images, labels)
    logits, gradients = logits_and_gradients(ours.train(training), images, labels)

    assert expected_logits.abs().max() > 0
    assert torch.equal(logits, expected_logits)
    assert differing(gradients, expected) == []
    assert differing(ours.state_dict(), theirs.state_dict()) == []  # running statistics too


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_draws_torchvisions_weights(name):
    torch.manual_seed(5)
    theirs = torchvision.models.get_model(name).state_dict()
    torch.manual_seed(5)
    ours = resnet_lab.build(name).state_dict()
    assert differing(ours, theirs) == []


@pytest.mark.parametrize("version", ["v1", "v1.5"])
@pytest.mark.parametrize("name", NAMES)
def test_parameters_and_macs(name, version):
    with torch.device("meta"):
        model = resnet_lab.build(name, version=version)
        images = torch.empty(1, 3, 224, 224)
    with FlopCounterMode(display=False) as counter:
        model(images)
    expected = REFERENCE[version][name]
    assert sum(p.numel() for p in model.parameters()) == expected["params"]
    assert counter.get_total_flops() == 2 * expected["macs"]
