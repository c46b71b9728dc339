"""Our networks against torchvision's and timm's: same weights, outputs and gradients, exactly."""

import re

import pytest
import timm
import torch
import torchvision
from torch import nn

import resnet_lab

TORCHVISION = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
DEEP = TORCHVISION[3:]  # of the same blocks as resnet50
LARGE = [
    "wide_resnet50_2", "wide_resnet101_2",
    "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d",
]  # fmt: skip
TIMM = [
    "resnet18d", "resnet34d", "resnet50c", "resnet50d", "resnet50s", "resnet50t",
    "resnet101c", "resnet101d", "resnet101s",
]  # fmt: skip
TIMM_V2 = ["resnetv2_18", "resnetv2_34", "resnetv2_50", "resnetv2_18d", "resnetv2_50d"]

everything = pytest.mark.everything


def shaken(model: nn.Module) -> nn.Module:
    """The model with batch normalizations that differ: fresh ones would hide a misplaced one."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model


def differing(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> list[str]:
    assert list(ours) == list(theirs)
    return [name for name in ours if not torch.equal(ours[name], theirs[name])]


def logits_and_gradients(model: nn.Module, images: torch.Tensor, labels: torch.Tensor):
    logits = model(images)
    nn.functional.cross_entropy(logits, labels).backward()
    return logits.detach(), {name: p.grad for name, p in model.named_parameters()}


def assert_equal(theirs: nn.Module, name: str, training: bool, size: int) -> None:
    torch.manual_seed(1)
    theirs = shaken(theirs)
    ours = resnet_lab.build(name)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    images, labels = torch.randn(2, 3, size, size), torch.tensor([3, 7])

    expected_logits, expected = logits_and_gradients(theirs.train(training), images, labels)
    logits, gradients = logits_and_gradients(ours.train(training), images, labels)

    assert expected_logits.abs().max() > 0
    assert torch.equal(logits, expected_logits)
    assert differing(gradients, expected) == []
    assert differing(ours.state_dict(), theirs.state_dict()) == []  # running statistics too


modes = pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
sizes = pytest.mark.parametrize("size", [224, 225])


@pytest.mark.usefixtures("one_thread")
@sizes
@modes
@pytest.mark.parametrize(
    "name", [*TORCHVISION[:3], *(pytest.param(n, marks=everything) for n in DEEP + LARGE)]
)
def test_equals_torchvision_exactly(name, training, size):
    assert_equal(torchvision.models.get_model(name), name, training, size)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", ["wide_resnet50_2", "resnext50_32x4d"])
def test_wide_and_grouped_equal_torchvision_on_a_small_image(name):
    assert_equal(torchvision.models.get_model(name), name, training=True, size=65)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("size", [pytest.param(224, marks=everything), 97])
@modes
@pytest.mark.parametrize("name", TIMM)
def test_equals_timm_exactly(name, training, size):
    assert_equal(timm.create_model(name), name, training, size)


def from_timm_v2(key: str) -> str:
    """Our name for an entry of timm's resnetv2; written apart from the package's own."""
    key = re.sub(r"stages\.(\d)\.blocks", lambda found: f"layer{int(found[1]) + 1}", key)
    key = re.sub(r"\.norm(\d)", r".bn\1", re.sub(r"^norm", "norm.0", key))
    deep = {"conv1": 0, "norm1": 1, "bn1": 1, "conv2": 3, "norm2": 4, "bn2": 4, "conv3": 6}
    key = re.sub(r"^stem\.(\w+\d)", lambda found: f"conv1.{deep[found[1]]}", key)
    return key.replace("stem.conv", "conv1").replace("head.fc", "fc")


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("size", [pytest.param(224, marks=everything), 97])
@modes
@pytest.mark.parametrize("name", TIMM_V2)
def test_equals_timms_pre_activation(name, training, size):
    """timm's head is a 1x1 convolution, which sums in another order than a linear layer."""
    torch.manual_seed(1)
    theirs = shaken(timm.create_model(name)).double().train(training)
    ours = resnet_lab.build(name).double().train(training)
    projection = "downsample.1" if name.endswith("d") else "downsample.0"
    names = {
        key: from_timm_v2(key).replace("downsample.conv", projection)
        for key in theirs.state_dict()
    }
    state = {names[key]: value for key, value in theirs.state_dict().items()}
    ours.load_state_dict({**state, "fc.weight": state["fc.weight"].flatten(1)}, strict=True)
    images, labels = torch.randn(2, 3, size, size).double(), torch.tensor([3, 7])

    expected_logits, expected = logits_and_gradients(theirs, images, labels)
    logits, gradients = logits_and_gradients(ours, images, labels)

    torch.testing.assert_close(logits, expected_logits, rtol=1e-10, atol=1e-12)
    for key, gradient in expected.items():
        found = gradients[names[key]].reshape(gradient.shape)
        assert (found - gradient).norm() <= 1e-10 * gradient.norm(), key


@pytest.mark.parametrize("name", [*TORCHVISION, "wide_resnet50_2", "resnext50_32x4d"])
def test_the_same_seed_draws_torchvisions_weights(name):
    torch.manual_seed(5)
    theirs = torchvision.models.get_model(name).state_dict()
    torch.manual_seed(5)
    ours = resnet_lab.build(name).state_dict()
    assert differing(ours, theirs) == []
