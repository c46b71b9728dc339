"""The specification against the networks that are built from it."""

import dataclasses
import re

import pytest
import torch
from torch import nn

import resnet_lab
from resnet_lab.arithmetic import output_size, receptive_field
from resnet_lab.models import ResNet
from resnet_lab.models.catalogue import ALIASES, CATALOGUE, DEPTHS, cifar
from resnet_lab.models.plan import KERNELS
from resnet_lab.models.spec import VERSIONS
from resnet_lab.models.trunk import BLOCKS

NAMES = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]


def test_every_form_of_a_block_has_its_class():
    wanted = {("basic", "plain")}
    for version in VERSIONS.values():
        forms = ("v2", "v2-shared") if version.form == "v2" else ("v1",)
        wanted |= {(block, form) for block in version.strided for form in forms}
    assert set(BLOCKS) == wanted
    assert {block for block, _ in BLOCKS} == set(KERNELS)


@pytest.mark.parametrize("version", ["v1", "v1.5"])
@pytest.mark.parametrize("name", NAMES)
def test_path_is_the_traced_one(name, version):
    trace = resnet_lab.trace_shapes(resnet_lab.build(name, version=version), (1, 3, 64, 64))
    traced = [
        (row.kernel, row.stride, row.padding)
        for row in trace
        if row.kind in ("Conv2d", "MaxPool2d") and "downsample" not in row.name
    ]
    spec = resnet_lab.spec(name, version=version)
    expected = [tuple((n, n) for n in (w.kernel, w.stride, w.padding)) for w in spec.path()]
    assert traced == expected


@pytest.mark.parametrize("name", CATALOGUE)
def test_depth_is_in_the_name(name):
    digits = re.search(r"[a-z](?:v2_)?(\d+)", name)
    assert CATALOGUE[name].depth == int(digits[1])


def test_every_catalogue_name_is_its_own():
    assert all(spec.name == name for name, spec in CATALOGUE.items())
    assert not set(ALIASES) & set(CATALOGUE)
    assert set(ALIASES.values()) <= set(CATALOGUE)


@pytest.mark.parametrize(
    ("alias", "ours"),
    [
        ("resnet50_v1b", "resnet50"),
        ("resnet50_v1c", "resnet50c"),
        ("gluon_resnet101_v1d", "resnet101d"),
        ("resnet50_v1s", "resnet50s"),
        ("resnet_v1d50", "resnet50d"),
        ("ResNet50_vd", "resnet50d"),
        ("resnet50v1.5", "resnet50"),
    ],
)
def test_names_of_other_libraries(alias, ours):
    assert resnet_lab.spec(alias) == resnet_lab.spec(ours)


@pytest.mark.parametrize("size", [224, 225, 97])
@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet50d", "resnetv2_50", "resnet34"])
def test_stages_have_the_sizes_of_real_forwards(name, size):
    model = resnet_lab.build(name).eval()
    maps = {}
    for stage in model.stage_names:
        getattr(model, stage).register_forward_hook(
            lambda _, __, output, stage=stage: maps.update({stage: tuple(output.shape[1:])})
        )
    with torch.inference_mode():
        model(torch.zeros(1, 3, size, size))
    parts = {part.name: part.output_shape for part in resnet_lab.cost(name, size).parts}
    assert maps == {f"layer{stage}": parts[f"stage {stage}"] for stage in range(1, 5)}
    assert parts["stage 4"][-1] == output_size(size, resnet_lab.spec(name).path())


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [("resnet50", "v1.5", 427), ("resnet50", "v1", 483), ("resnet18", "v1.5", 435)],
)
def test_receptive_field_is_where_the_gradient_is(name, version, expected):
    """Which input columns reach one output: those with a gradient, on the real model."""
    spec = resnet_lab.spec(name, version=version)
    field = receptive_field(spec.path())
    assert field.size == expected

    torch.manual_seed(0)
    model = resnet_lab.build(name, version=version).eval()
    for module in model.modules():
        if isinstance(module, nn.Conv2d):  # positive throughout: no ReLU closes, nothing cancels
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
    # The pooling passes its gradient only to the largest entry: let every entry tie.
    model.maxpool = nn.AvgPool2d(3, stride=2, padding=1)
    features = nn.Sequential(*list(model.children())[:-2]).double()

    # Tall enough for the field of one output to fit, narrow to keep it quick.
    images = torch.ones(1, 3, 1024, 32, dtype=torch.float64, requires_grad=True)
    outputs = features(images)
    index = outputs.shape[2] // 2
    (gradient,) = torch.autograd.grad(outputs[0, :, index].sum(), images)
    seen = gradient.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    first = field.start + index * field.jump
    assert (seen.min().item(), seen.max().item()) == (first, first + field.size - 1)


@pytest.mark.parametrize("name", ["resnet51", "plain19", "resnetv2_51"])
def test_an_impossible_depth_says_why(name):
    with pytest.raises(ValueError, match=r"is none of the depths for ImageNet, 18, 34, .*6n \+ 2"):
        resnet_lab.spec(name)
    with pytest.raises(ValueError, match=r"^depth must be 6n \+ 2 .*got 51; near it: 50 and 56"):
        cifar("mine", 51)
    with pytest.raises(ValueError, match="^depth must be at least 11, got 2"):
        cifar("mine", 2, "bottleneck")
    assert cifar("mine", 26).depth == 26
    assert 51 not in DEPTHS


def test_unknown_name_says_which_are_near():
    with pytest.raises(ValueError, match=r"got 'resnet5O'; near it: .*resnet50"):
        resnet_lab.build("resnet5O")
    with pytest.raises(ValueError, match="known: plain18, plain34"):
        resnet_lab.build("xyz")


def test_what_is_no_name_or_specification():
    with pytest.raises(TypeError, match=r"^name must be a string .*got \['resnet50'\]"):
        resnet_lab.spec(["resnet50"])
    with pytest.raises(TypeError, match="^spec must be a ResNetSpec .*got 'resnet50'"):
        ResNet("resnet50")
    assert resnet_lab.spec("resnet50", name="mine").name == "mine"


def test_unknown_change_is_named():
    with pytest.raises(TypeError, match="verison is no field of a ResNetSpec"):
        resnet_lab.build("resnet50", verison="v1")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"version": "v3"}, ValueError, "^version must be one of 'v1', 'v1.5', 'v2', .*got 'v3'"),
        ({"version": "v2-raw"}, ValueError, "^version must be one of .*'v2-1x1', got 'v2-raw'"),
        ({"block": "wide"}, ValueError, "^block must be one of 'basic', 'bottleneck', got 'wide'"),
        ({"stem": "5x5"}, ValueError, "^stem must be one of '7x7', 'deep', .*got '5x5'"),
        ({"shortcut": "E"}, ValueError, "^shortcut must be one of 'none', 'A', .*got 'E'"),
        ({"num_classes": 0}, ValueError, "^num_classes must be at least 1, got 0"),
        ({"num_classes": 10.0}, TypeError, "^num_classes must be an integer, got 10.0"),
        ({"in_channels": True}, TypeError, "^in_channels must be an integer, got True"),
        ({"depths": (3, 4)}, ValueError, r"^depths must have one entry .* got \(3, 4\)"),
        ({"depths": (3, 4, 0, 3)}, ValueError, "^each of depths must be at least 1, got 0"),
        ({"depths": [3, 4, 6, 3]}, TypeError, "^depths must be a non-empty tuple"),
        ({"widths": ()}, TypeError, "^widths must be a non-empty tuple"),
        ({"shortcut": "none"}, ValueError, "^shortcut 'none' .* got 'bottleneck' blocks of v1.5"),
        ({"width_per_group": 3, "widths": (16, 32, 64, 128)}, ValueError,
         r"^width_per_group must divide evenly: .* 16 \* 3 / 64"),
        ({"groups": 0}, ValueError, "^groups must be at least 1, got 0"),
        ({"stem": "deep", "stem_width": 12}, ValueError, "^stem_width must be a multiple of 8"),
        ({"zero_init_residual": 1}, TypeError, "^zero_init_residual must be True or False, got 1"),
        ({"shortcut": "A", "widths": (64, 32, 64, 128)}, ValueError, "widths must not shrink"),
        ({"shortcut": "A-split", "stem_width": 512}, ValueError, "shrink, .* a stem of 512"),
    ],
)
def test_impossible_changes(changes, error, message):
    with pytest.raises(error, match=message):
        resnet_lab.spec("resnet50", **changes)


def test_specification_is_frozen_and_kept_on_the_model():
    spec = resnet_lab.spec("resnet18", num_classes=10)
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.num_classes = 5
    assert resnet_lab.build("resnet18", num_classes=10).spec == spec


@pytest.mark.parametrize("changes", [{"num_classes": 10, "in_channels": 1}, {"stem_width": 32}])
def test_changes_reach_the_network(changes):
    model = resnet_lab.build("resnet18", **changes).eval()
    logits = model(torch.zeros(1, changes.get("in_channels", 3), 64, 64))
    assert logits.shape == (1, changes.get("num_classes", 1000))
    assert model.conv1.out_channels == changes.get("stem_width", 64)


def test_three_stages():
    model = resnet_lab.build("resnet18", depths=(1, 1, 1), widths=(16, 32, 64), stem_width=16)
    assert model(torch.zeros(2, 3, 64, 64)).shape == (2, 1000)
    assert not hasattr(model, "layer4")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"groups": 2}, "^groups and width_per_group must be 1 and 64 with basic blocks"),
        ({"shortcut": "none", "version": "v2"}, "^shortcut 'none' .* got 'basic' blocks of v2"),
        ({"shortcut": "none", "zero_init_residual": True}, "^zero_init_residual must be False"),
    ],
)
def test_impossible_changes_of_basic_blocks(changes, message):
    with pytest.raises(ValueError, match=message):
        resnet_lab.spec("resnet18", **changes)
