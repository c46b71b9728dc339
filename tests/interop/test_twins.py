"""Weights that fit several networks: what is likely, what is said, and what is then computed."""

import itertools
import re
import warnings

import foreign
import pytest
import torch
from torch.nn import functional as F

import resnet_lab
from resnet_lab import identify, load_weights
from resnet_lab.data.digits import load_digits
from resnet_lab.interop.layouts import LAYOUTS
from resnet_lab.interop.twins import doubt, likeliest, twins
from resnet_lab.models import ResNet

pytestmark = pytest.mark.usefixtures("one_thread")

build, spec = resnet_lab.build, resnet_lab.spec
LAYOUT = {layout.name: layout for layout in LAYOUTS}
AKAMASTER = LAYOUT["akamaster and kuangliu (CIFAR)"]
OURS_V2 = LAYOUT["resnet_lab v2"]
ANYBODY = LAYOUT["torchvision"]


def pictures(images: torch.Tensor) -> torch.Tensor:
    """Digits as that repository wants images: three channels."""
    return (images / 255).expand(-1, 3, -1, -1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A checkpoint as akamaster's trainer writes it, and logits of the network behind it."""
    data = load_digits()
    torch.manual_seed(0)
    model = foreign.Akamaster(n=1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(3):
        for batch in torch.randperm(len(data.train_labels)).split(64):
            optimizer.zero_grad()
            logits = model(pictures(data.train_images[batch]))
            F.cross_entropy(logits, data.train_labels[batch]).backward()
            optimizer.step()
    state = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
    file = tmp_path_factory.mktemp("akamaster") / "checkpoint.th"
    torch.save({"state_dict": state, "best_prec1": 0.0}, file)
    images = pictures(data.test_images)
    with torch.no_grad():
        return file, images, data.test_labels, model.eval()(images)


def accuracy(logits: torch.Tensor, labels: torch.Tensor) -> float:
    return (logits.argmax(1) == labels).float().mean().item()


def test_a_trained_checkpoint_of_akamaster_computes_what_it_did(trained, recwarn):
    file, images, labels, theirs = trained
    found = identify(file)
    assert found.spec.shortcut == "A-split"
    ours = load_weights(ResNet(found.spec), file).eval()
    assert not recwarn.list
    with torch.no_grad():
        logits = ours(images)
    assert accuracy(theirs, labels) > 0.9
    assert accuracy(logits, labels) == accuracy(theirs, labels)
    assert torch.equal(logits, theirs)


@pytest.mark.parametrize("shortcut", ["A", "none"])
def test_another_network_takes_it_with_a_warning(trained, shortcut):
    file, images, labels, theirs = trained
    model = ResNet(spec("resnet20", depths=(1, 1, 1), shortcut=shortcut)).eval()
    said = (
        "weights fit shortcut 'A-split' or 'A' or 'none' alike; in the layout of akamaster and "
        "kuangliu (CIFAR) the likeliest is shortcut 'A-split', and the model has shortcut "
        f"'{shortcut}'. To choose, "
    )
    with pytest.warns(UserWarning, match="^" + re.escape(said)) as caught:
        load_weights(model, file)
    assert [warning.filename for warning in caught] == [__file__]
    with torch.no_grad():
        assert accuracy(model(images), labels) < accuracy(theirs, labels) - 0.1


def test_a_warning_that_is_an_error_loads_nothing(trained):
    model = ResNet(spec("resnet20", depths=(1, 1, 1)))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="^weights fit shortcut"):
            load_weights(model, trained[0])
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


# What is said where weights of a layout go into a network: nothing, or the likeliest and what
# the model has; or that nothing tells.
NOTHING_TELLS = "nothing tells which of them is right"
SAID = [
    # one network alone takes them
    (ANYBODY, "resnet18", {}, ""),
    (ANYBODY, "resnet18", {"version": "v1"}, ""),
    (ANYBODY, "resnet20", {"shortcut": "B"}, ""),
    (ANYBODY, "resnet20", {"shortcut": "C"}, ""),
    (AKAMASTER, "resnet20", {"shortcut": "B"}, ""),
    # several do, which compute the same
    (ANYBODY, "resnet20", {"widths": (16,), "depths": (3,), "shortcut": "B"},
     NOTHING_TELLS),  # a plain one does not
    (LAYOUT["timm resnetv2"], "resnetv2_18", {}, ""),
    (LAYOUT["timm resnetv2"], "resnetv2_20", {"widths": (16, 16, 16), "version": "v2-raw"}, ""),
    # the stride of a bottleneck
    (ANYBODY, "resnet50", {}, ""),
    (LAYOUT["timm resnet"], "resnet50d", {}, ""),
    (ANYBODY, "resnet50_v1", {}, "likeliest is version 'v1.5', and the model has version 'v1'"),
    (LAYOUT["NVIDIA"], "resnet50_v1", {}, "likeliest is version 'v1.5', and"),
    (OURS_V2, "resnetv2_50", {}, ""),
    (OURS_V2, "resnetv2_164", {}, ""),
    (OURS_V2, "resnetv2_50", {"version": "v2-1x1"}, "likeliest is version 'v2', and"),
    (OURS_V2, "resnetv2_164", {"version": "v2"}, "likeliest is version 'v2-1x1', and"),
    # the shortcut of the first block of v2
    (OURS_V2, "resnetv2_18", {}, ""),
    (OURS_V2, "resnetv2_18", {"version": "v2"}, "likeliest is version 'v2-raw', and"),
    # shortcuts without weights, and none
    (AKAMASTER, "resnet20", {"shortcut": "A-split", "version": "v1"}, ""),
    (AKAMASTER, "resnet20", {"version": "v1"}, "'A-split', and the model has shortcut 'A'"),
    (AKAMASTER, "plain20", {}, "'A-split', and the model has shortcut 'none'"),
    (AKAMASTER, "plain20", {"widths": (32, 16, 8)}, ""),  # nothing pads where widths shrink
    (OURS_V2, "resnetv2_20", {}, ""),
    (OURS_V2, "resnetv2_20", {"shortcut": "A-split"}, "likeliest is version 'v2' and shortcut 'A'"),
    (ANYBODY, "resnet20", {}, NOTHING_TELLS),
    (ANYBODY, "resnet20", {"shortcut": "A-split"}, NOTHING_TELLS),
    (ANYBODY, "plain20", {}, NOTHING_TELLS),
    (ANYBODY, "resnet50", {"shortcut": "A"}, NOTHING_TELLS),
    # a pool before the projection, of which timm's names say nothing
    (LAYOUT["timm resnetv2"], "resnetv2_50", {}, ""),
    (LAYOUT["timm resnetv2"], "resnetv2_50d", {}, ""),
    (LAYOUT["timm resnetv2"], "resnetv2_50", {"shortcut": "D"}, "likeliest is shortcut 'B', and"),
    (LAYOUT["timm resnetv2"], "resnetv2_50d", {"shortcut": "B"}, "likeliest is shortcut 'D', and"),
    (LAYOUT["timm resnetv2"], "resnetv2_50d", {"depths": (1, 1, 1, 1)}, ""),
    (LAYOUT["timm resnetv2"], "resnetv2_50", {"depths": (1, 1, 1, 1)}, ""),
    (OURS_V2, "resnetv2_50d", {}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("layout", "name", "changes", "said"), SAID)
def test_what_is_said_of_weights_in_a_network(layout, name, changes, said):
    found = doubt(spec(name, **changes), layout)
    assert said in found
    assert bool(found) == bool(said)


@pytest.mark.parametrize("name", ["resnet50_v1", "resnet20", "plain20", "resnetv2_164"])
def test_twins_take_the_same_weights(name):
    with torch.device("meta"):
        own = build(name).state_dict()
        for twin in twins(spec(name, zero_init_residual=not name.startswith("plain")), ANYBODY):
            found = ResNet(twin).state_dict()
            assert {k: t.shape for k, t in found.items()} == {k: t.shape for k, t in own.items()}


def test_what_is_not_said_computes_the_same():
    """Of two twins, one is doubted unless both compute the same."""
    images = torch.rand(2, 3, 33, 33)
    for name in ("resnet20", "resnetv2_20", "resnet50"):
        group = twins(spec(name, depths=(1,) * len(spec(name).depths)), ANYBODY)
        weights = ResNet(group[0]).state_dict()
        logits = {}
        for twin in group:
            model = ResNet(twin).eval()
            model.load_state_dict(weights)
            foreign.shaken(model)
            with torch.no_grad():
                logits[twin] = model(images)
        assert len(group) > 1
        for one, other in itertools.combinations(group, 2):
            assert not torch.allclose(logits[one], logits[other], atol=1e-3)


def test_the_layout_goes_before_the_catalogue():
    group = twins(spec("resnet20"), AKAMASTER)
    assert {twin.shortcut for twin in group} == {"A", "A-split", "none"}
    found, name = likeliest(group, AKAMASTER)
    assert (found.shortcut, name) == ("A-split", "resnet20")
    assert likeliest(group, ANYBODY)[0].shortcut == "A"
    plain = [twin for twin in group if twin.shortcut == "none"]
    assert likeliest(plain, AKAMASTER) == (plain[0], "plain20")  # where a module told


def test_what_is_said_is_what_identify_has():
    """Silence is for the network that ``identify`` would build, and for no other."""
    sources = [
        foreign.Akamaster().state_dict(),
        foreign.Akamaster(option="B").state_dict(),
        foreign.Kuangliu().state_dict(),
        build("resnet50", width_per_group=8, num_classes=10).state_dict(),
        build("resnetv2_20").state_dict(),
        build("resnetv2_164", depths=(1, 1, 1)).state_dict(),
    ]
    for source in sources:
        found = identify(source)
        for twin in twins(found.spec, LAYOUT[found.layout]):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                load_weights(ResNet(twin), source)
            same = (twin.version, twin.shortcut) == (found.spec.version, found.spec.shortcut)
            assert bool(caught) != same
