"""Networks with blocks cut out, against the same modules called by hand."""

import pytest
import torch

import resnet_lab
from resnet_lab.hooks import lesioned, removable_blocks
from resnet_lab.models import ResNet
from resnet_lab.models.preactivation import SharedPreActBasicBlock
from tests.hooks.hook_count import hook_count

CUT = ("layer1.1", "layer2.0", "layer3.2")
IMAGES = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def network(name: str, **changes) -> ResNet:
    """A network whose running statistics have seen something."""
    torch.manual_seed(0)
    model = resnet_lab.build(name, num_classes=10, **changes)
    with torch.no_grad():
        model(torch.randn(16, 3, 16, 16))
    return model.eval()


def by_hand(model: ResNet, cut) -> torch.Tensor:
    """The forward pass, each cut block replaced by what its shortcut carries."""
    x = model.maxpool(model.relu(model.bn1(model.conv1(IMAGES))))
    for name, block in model.named_blocks().items():
        if name not in cut:
            x = block(x)
        elif model.spec.preactivated:
            shared = isinstance(block, SharedPreActBasicBlock)
            x = block.downsample(block.bn1(x).relu() if shared else x)
        elif model.spec.shortcut != "none":
            x = block.downsample(x).relu()
    x = model.norm(x) if hasattr(model, "norm") else x
    return model.fc(x.mean((2, 3)))


@pytest.mark.parametrize("name", ["resnet20", "resnetv2_20", "resnet34", "resnet50d"])
@pytest.mark.parametrize("cut", [(), CUT[:1], CUT, "all"])
def test_the_rest_computes_what_its_modules_do(name, cut):
    model = network(name)
    cut = list(model.named_blocks()) if cut == "all" else list(cut)
    with torch.no_grad():
        whole = model(IMAGES)
        with lesioned(model, cut):
            found = model(IMAGES)
        assert torch.allclose(found, by_hand(model, cut), rtol=1e-4, atol=1e-5)
        assert torch.equal(found, whole) == (not cut)
        assert torch.equal(model(IMAGES), whole)


def test_blocks_of_a_plain_network_are_left_out():
    model = network("plain20")
    names = removable_blocks(model)
    assert set(model.named_blocks()) - set(names) == {"layer2.0", "layer3.0"}
    assert removable_blocks(network("resnet20")) == list(model.named_blocks())
    with torch.no_grad(), lesioned(model, names[:3]):
        assert torch.allclose(model(IMAGES), by_hand(model, names[:3]), rtol=1e-4, atol=1e-5)
    before = hook_count(model)
    with pytest.raises(ValueError, match="^names must .* can be left out, got 'layer2.0'"):
        lesioned(model, ["layer1.0", "layer2.0"]).__enter__()
    assert hook_count(model) == before


def test_nothing_stays_behind_whatever_happens():
    model = network("resnet20")
    before, weights = hook_count(model), {k: v.clone() for k, v in model.state_dict().items()}
    with lesioned(model, CUT):
        assert hook_count(model) == before + 3
        with lesioned(model, ["layer1.0"]):
            assert hook_count(model) == before + 4
    with pytest.raises(ValueError, match="^images must have"), lesioned(model, CUT):
        model(IMAGES[0])
    assert hook_count(model) == before
    assert all(torch.equal(v, weights[k]) for k, v in model.state_dict().items())
    with pytest.raises(ValueError, match=r"^names must be of layer1.0, .* got 'layer9.0'"):
        lesioned(model, ["layer1.0", "layer9.0"]).__enter__()
    assert hook_count(model) == before
