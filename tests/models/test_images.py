"""What a network takes as images, and that this check is in nobody's way."""

import copy
import pickle

import pytest
import torch
from torch import nn

import resnet_lab


def test_images_that_cannot_pass_are_refused_at_the_door():
    model = resnet_lab.build("resnet18").train()
    calls = []
    model.conv1.register_forward_hook(lambda *_: calls.append("conv1"))
    with pytest.raises(ValueError, match=r"^images must be more than one in train\(\).*32 times"):
        model(torch.zeros(1, 3, 16, 16))
    with pytest.raises(ValueError, match=r"^images must have the shape N, 3, H, W, got \(1, 1, 64"):
        model(torch.zeros(1, 1, 64, 64))
    with pytest.raises(ValueError, match=r"got \(3, 64, 64\)"):
        model(torch.zeros(3, 64, 64))
    assert calls == []
    assert model(torch.zeros(2, 3, 16, 16)).shape == (2, 1000)
    assert model.eval()(torch.zeros(1, 3, 16, 16)).shape == (1, 1000)
    assert model.train()(torch.zeros(1, 3, 33, 16)).shape == (1, 1000)


@pytest.mark.parametrize("name", ["resnet20", "resnetv2_20", "plain20"])
def test_networks_can_be_copied_pickled_traced_and_exported(name):
    model = resnet_lab.build(name).eval()
    images = torch.randn(2, 3, 32, 32)
    others = (
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        torch.fx.symbolic_trace(model),
        torch.export.export(model, (images,), strict=False).module(),
    )
    for other in others:
        torch.testing.assert_close(other(images), model(images))


def test_the_check_of_images_asks_the_modules():
    """Replaced stems and frozen statistics are common; keyword arguments come too."""
    model = resnet_lab.build("resnet18").train()
    model.conv1 = nn.Conv2d(1, 64, 3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    assert model(x=torch.zeros(1, 1, 32, 32)).shape == (1, 1000)
    with pytest.raises(ValueError, match=r"^images must have the shape N, 1, H, W, got \(1, 3"):
        model(torch.zeros(1, 3, 32, 32))
    with pytest.raises(TypeError, match="^images must be a tensor .* got list"):
        model([1])
    frozen = resnet_lab.build("resnet18").train()
    for module in frozen.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    assert frozen(torch.zeros(1, 3, 16, 16)).shape == (1, 1000)


def test_a_network_can_be_traced_by_torch_jit():
    model = resnet_lab.build("resnet18").eval()
    images = torch.zeros(1, 3, 32, 32)
    traced = torch.jit.trace(model, images)
    assert torch.equal(traced(images), model(images))
