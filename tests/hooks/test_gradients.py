"""Signal and gradient after each block, against what autograd says of the same forward pass."""

import copy
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import resnet_lab
from resnet_lab.hooks import detach_shortcuts, gradient_flow
from resnet_lab.models import ResNet

NAMES = ("plain20", "resnet20", "resnetv2_20", "resnet50", "resnet34d")


def network(name: str) -> ResNet:
    torch.manual_seed(0)
    return resnet_lab.build(name, num_classes=10)


def batch(size: int = 6, side: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(size, 3, side, side, generator=generator), torch.arange(size) % 10


def by_hand(model: ResNet, images, labels) -> tuple[list, list, list]:
    """Of the stem and each block, in train mode: output, gradient by it, gradient by weights."""
    model = copy.deepcopy(model).train()
    outputs = [model.maxpool(model.relu(model.bn1(model.conv1(images))))]
    for stage in ("layer1", "layer2", "layer3", "layer4"):
        for block in getattr(model, stage, ()):
            outputs.append(block(outputs[-1]))
    x = model.norm(outputs[-1]) if hasattr(model, "norm") else outputs[-1]
    loss = F.cross_entropy(model.fc(model.avgpool(x).flatten(1)), labels)
    gradients = torch.autograd.grad(loss, outputs, retain_graph=True)
    loss.backward()
    parts = [[model.conv1, model.bn1], *([block] for block in model.blocks)]
    weights = [
        torch.cat([p.grad.flatten() for part in group for p in part.parameters()]).norm()
        for group in parts
    ]
    signals = [output.detach().square().mean().sqrt() for output in outputs]
    return signals, [gradient.norm() for gradient in gradients], weights


@pytest.mark.parametrize("name", NAMES)
def test_each_row_is_what_autograd_says(name):
    model, (images, labels) = network(name), batch()
    rows = gradient_flow(model, images, labels)
    names = ["stem", *model.named_blocks()]
    for row, name, *expected in zip(rows, names, *by_hand(model, images, labels), strict=True):
        assert row.name == name
        found = row.signal, row.gradient, row.weights
        assert found == pytest.approx([float(value) for value in expected], rel=1e-3)


@pytest.mark.parametrize("name", ["plain20", "resnet50"])
def test_the_mode_of_the_network_is_of_no_matter(name):
    """It is measured as in a training step: with the batch's statistics, not the running ones."""
    model, (images, labels) = network(name), batch()
    assert gradient_flow(model.eval(), images, labels) == gradient_flow(
        model.train(), images, labels
    )


def test_what_branch_and_shortcut_add():
    model, (images, labels) = network("resnet20"), batch()
    rows = gradient_flow(model, images, labels)
    assert (rows[0].branch, rows[0].shortcut) == (None, None)
    for before, row in pairwise(rows[:3]):
        assert row.shortcut == pytest.approx(before.signal, rel=1e-5)
    for row in rows[1:]:  # after batch normalization, whose gamma is one
        assert row.branch == pytest.approx(1, rel=1e-3)
    silent = resnet_lab.build("resnet20", zero_init_residual=True, num_classes=10)
    assert [row.branch for row in gradient_flow(silent, images, labels)[1:]] == [0] * 9
    for row in gradient_flow(network("plain20"), images, labels):
        assert (row.branch, row.shortcut) == (None, None)


def test_plain_networks_explode_backward_and_residual_ones_hardly():
    """After 54 layers by a factor of thousands, as batch normalization has it (1902.08129)."""
    images, labels = batch(32, 8)

    def growth(name: str) -> float:
        rows = gradient_flow(network(name), images, labels)
        return rows[0].gradient / rows[-1].gradient

    assert growth("plain20") < 100 < 1000 < growth("plain56")
    assert growth("resnet56") < 100


def test_detached_shortcuts_count():
    images, labels = batch()
    model = network("resnet20")
    whole = gradient_flow(model, images, labels)
    detach_shortcuts(model)
    cut = gradient_flow(model, images, labels)
    assert [row.signal for row in cut] == [row.signal for row in whole]
    assert cut[-1].gradient == pytest.approx(whole[-1].gradient)
    assert cut[0].gradient < 0.7 * whole[0].gradient


def test_a_network_without_gradients_of_its_own_is_measured_too():
    images, labels = batch()
    model = network("resnet20")
    expected = gradient_flow(model, images, labels)
    model.requires_grad_(False)
    with torch.no_grad():
        found = gradient_flow(model, images, labels)
    assert [row.gradient for row in found] == pytest.approx([row.gradient for row in expected])
    assert {row.weights for row in found} == {0.0}


def test_the_network_stays_as_it_was():
    model, (images, labels) = network("resnet20").eval(), batch()
    before = copy.deepcopy(model.state_dict())
    torch.manual_seed(5)
    gradient_flow(model, images, labels)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(1))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module.training or module._forward_hooks for module in model.modules())


def test_what_cannot_be_measured_is_refused():
    images, labels = batch()
    with pytest.raises(TypeError, match=r"^model must be a .* torch.nn.modules.linear.Linear; "):
        gradient_flow(nn.Linear(2, 2), images, labels)
    with pytest.raises(ValueError, match=r"^labels must be 6 integers, .* got the shape \(5,\)"):
        gradient_flow(network("resnet20"), images, labels[:5])
    with pytest.raises(ValueError, match="^images must have the shape N, 3, H, W"):
        gradient_flow(network("resnet20"), images[:, :2], labels)
