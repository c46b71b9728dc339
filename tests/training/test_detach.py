"""``detach_shortcuts`` against networks whose blocks detach in their forward pass."""

import copy
import pickle
from types import MethodType

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import resnet_lab
from resnet_lab.hooks import detach_shortcuts
from resnet_lab.models import ResNetSpec

pytestmark = pytest.mark.usefixtures("one_thread")


def basic(self: nn.Module, x: Tensor) -> Tensor:
    branch = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
    return F.relu(branch + self.downsample(x).detach())


def bottleneck(self: nn.Module, x: Tensor) -> Tensor:
    branch = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
    return F.relu(self.bn3(self.conv3(branch)) + self.downsample(x).detach())


def basic_v2(self: nn.Module, x: Tensor) -> Tensor:
    activated = F.relu(self.bn1(x))
    start = activated if "Shared" in type(self).__name__ else x
    branch = self.conv2(F.relu(self.bn2(self.conv1(activated))))
    return branch + self.downsample(start).detach()


def bottleneck_v2(self: nn.Module, x: Tensor) -> Tensor:
    activated = F.relu(self.bn1(x))
    start = activated if "Shared" in type(self).__name__ else x
    branch = self.conv2(F.relu(self.bn2(self.conv1(activated))))
    return self.conv3(F.relu(self.bn3(branch))) + self.downsample(start).detach()


KINDS = {
    "basic A": (basic, {"shortcut": "A"}),
    "basic A-split": (basic, {"shortcut": "A-split"}),
    "basic B": (basic, {"shortcut": "B"}),
    "basic C": (basic, {"shortcut": "C"}),
    "bottleneck v1": (bottleneck, {"block": "bottleneck", "version": "v1"}),
    "bottleneck D": (bottleneck, {"block": "bottleneck", "shortcut": "D"}),
    "basic v2": (basic_v2, {"version": "v2", "shortcut": "A"}),
    "bottleneck v2": (bottleneck_v2, {"version": "v2", "block": "bottleneck"}),
}


def network(kind: str) -> nn.Module:
    torch.manual_seed(0)
    fields = {"block": "basic", "depths": (2, 2), "widths": (4, 8), "stem": "3x3", "stem_width": 4}
    spec = ResNetSpec("small", **{**fields, **KINDS[kind][1]}, num_classes=5)
    return resnet_lab.ResNet(spec).double()


def gradients(model: nn.Module) -> tuple[Tensor, dict[str, Tensor | None]]:
    """Logits, and the gradient of every parameter, on random images."""
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(4, 3, 8, 8, generator=generator, dtype=torch.float64)
    logits = model(images)
    F.cross_entropy(logits, torch.arange(4)).backward()
    return logits, {name: value.grad for name, value in model.named_parameters()}


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_blocks_that_detach(kind):
    attached, ours, explicit = network(kind), network(kind), network(kind)
    keys = list(ours.state_dict())
    assert detach_shortcuts(ours) is None
    assert list(ours.state_dict()) == keys
    for block in explicit.blocks:
        block.forward = MethodType(KINDS[kind][0], block)
    logits, free = gradients(attached)
    our_logits, found = gradients(ours)
    their_logits, expected = gradients(explicit)
    our_parameters = dict(ours.named_parameters())
    assert torch.equal(our_logits, logits)
    torch.testing.assert_close(their_logits, logits, rtol=0, atol=1e-12)
    assert found.keys() == expected.keys() == free.keys()
    for name, gradient in expected.items():
        assert our_parameters[name].requires_grad is (gradient is not None)
        if gradient is None:
            assert found[name] is None, name
        else:
            torch.testing.assert_close(found[name], gradient, rtol=0, atol=1e-10, msg=name)
    cut_off = {name for name, gradient in found.items() if gradient is None}
    assert cut_off == {name for name in free if "downsample" in name}
    assert not torch.allclose(found["conv1.weight"], free["conv1.weight"])
    assert found["conv1.weight"].abs().max() > 0
    torch.testing.assert_close(found["fc.weight"], free["fc.weight"], rtol=0, atol=1e-12)


def test_each_block_passes_its_gradient_through_the_branch_alone():
    """Without the branches nothing comes through: attached, everything does."""
    for detached in (False, True):
        model = network("basic A")
        if detached:
            detach_shortcuts(model)
        for block in model.blocks:
            nn.init.zeros_(block.bn2.weight)
        _, found = gradients(model)
        assert bool(found["conv1.weight"].abs().max()) is not detached


def test_the_change_is_copied_and_pickled_with_the_network():
    model = network("basic B")
    detach_shortcuts(model)
    _, expected = gradients(model)
    model.zero_grad()
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        _, found = gradients(other)
        assert torch.equal(found["conv1.weight"], expected["conv1.weight"])
    # A state dict carries weights only, so the change is not in it.
    fresh = network("basic B")
    fresh.load_state_dict(model.state_dict())
    assert not torch.equal(gradients(fresh)[1]["conv1.weight"], expected["conv1.weight"])


def test_a_network_that_has_run_compiled_is_changed_too():
    model = resnet_lab.build("resnet20")
    compiled = torch.compile(model, backend="eager")
    images = torch.randn(2, 3, 8, 8)

    def gradient() -> torch.Tensor:
        model.zero_grad()
        compiled(images).sum().backward()
        return model.conv1.weight.grad.clone()

    before = gradient()
    detach_shortcuts(model)
    assert not torch.allclose(before, gradient())
    changed = gradient()
    model.zero_grad()
    model(images).sum().backward()
    torch.testing.assert_close(changed, model.conv1.weight.grad)


def test_a_plain_network_is_refused():
    model = resnet_lab.build("plain20")
    with pytest.raises(ValueError, match="^model must have shortcuts, got plain20, a plain net"):
        detach_shortcuts(model)
