"""``identify`` on what other libraries and repositories build."""

import re
from dataclasses import replace

import foreign
import pytest
import timm
import torch
import torchvision

import resnet_lab
from resnet_lab.interop.identify import identify
from resnet_lab.interop.layouts import translate
from resnet_lab.interop.weights import load_weights
from resnet_lab.models import ResNet

pytestmark = pytest.mark.usefixtures("one_thread")  # several get in each other's way

TORCHVISION = [n for n in torchvision.models.list_models(torchvision.models) if "resne" in n]


# What timm calls a ResNet: the first pattern that fits decides. "ours" is a network that a
# specification rebuilds; anything else is a word of the difference, or of the reason why it is
# declined. Declined are networks of another skeleton, however they are called.
TIMM = (
    (r".*(csp|vit_|tresnet|inception|lambda|nf_|gcresnet|_clip|_mlp|3[23]ts|51q|61q).*",
     "declined", "no residual stages"),
    (r"skresnet.*", "declined", "conv1.weight is missing"),
    (r"test_resnet", "declined", "axes swapped"),
    (r".*_pruned", "declined", ""),
    (r"ecaresnet.*", "differs", "ECA"),
    (r"(legacy_)?seresnet.*", "differs", "SE"),
    (r"resnetrs.*", "differs", "the stem pools with a convolution"),
    (r"resnet50_gn|resnetv2_.*(bit|gn|evos|frn)", "differs", "no running statistics"),
    (r"resnet(aa|blur).*", "blurs", "stride is 1 in place of 2 in layer2.0.conv"),
    (r"(wide_)?resnet\d+(_2)?[cdst]?|resnetv2_\d+[dt]?", "ours", ""),
)  # fmt: skip

# Where timm's name is not the canonical one.
NAMES = dict.fromkeys(
    ["resnet10t", "resnet14t", "resnet26", "resnet26d", "resnet26t"]
)

LARGE = re.compile(r".*(101|152|200|269|270|350|420|wide|x3|50[cst]).*")


def verdict(name: str) -> tuple[str, str]:
    return next((kind, word) for pattern, kind, word in TIMM if re.fullmatch(pattern, name))


def large_later(names: list[str]) -> list:
    """The names, of which the large networks wait for ``make test-all``."""
    later = [pytest.mark.everything]
    return [pytest.param(name, marks=later if LARGE.match(name) else []) for name in names]


@pytest.mark.parametrize("name", large_later(timm.list_models("*resnet*")))
def test_weights_of_timm(name):
    with torch.device("meta"):
        state = timm.create_model(name).state_dict()
    found = identify(state)
    kind, word = verdict(name)
    assert found.recognized == (kind != "declined"), found.reason
    if kind == "declined":
        assert word in found.reason
    elif kind == "differs":
        assert any(word in sentence for sentence in found.differences)
        assert found.spec is None
    else:
        assert found.name == (NAMES.get(name, name) if kind == "ours" else unblurred(name))
        weights = translate(state).weights
        with torch.device("meta"):
            ResNet(found.spec).load_state_dict(weights, strict=True, assign=True)


def unblurred(name: str) -> str:
    return re.sub("aa|blur", "", name)


SKELETONS = [name for name in timm.list_models("*resnet*") if verdict(name)[0] != "declined"]


@pytest.mark.parametrize("name", large_later(SKELETONS))
def test_modules_of_timm(name):
    with torch.device("meta"):
        model = timm.create_model(name)
    if "blur" in name:  # whose filters are no weights, and would have no values
        model = timm.create_model(name)
    found = identify(model)
    kind, word = verdict(name)
    if kind != "ours":
        assert any(word in sentence for sentence in found.differences)
        assert found.spec is None
        return
    canonical = NAMES.get(name, name)
    assert found.name == canonical
    assert found.undecided == ()
    if canonical == name:
        expected = resnet_lab.spec(name)
        assert replace(found.spec, zero_init_residual=False) == expected
        assert found.differences == ()
    else:
        assert len(found.differences) == 1
    with torch.device("meta"):
        ours = ResNet(found.spec)
    average = found.spec.shortcut == "D"
    weights = translate(model.state_dict(), average).weights
    ours.load_state_dict(weights, strict=True, assign=True)


@pytest.mark.parametrize("name", large_later(TORCHVISION))
def test_torchvision(name):
    with torch.device("meta"):
        model = torchvision.models.get_model(name)
    found = identify(model.state_dict())
    assert (found.name, found.differences, found.layout) == (name, (), "torchvision")
    found = identify(model)
    assert found.spec == resnet_lab.spec(name)
    assert found.differences == found.undecided == ()


def test_modules_tell_where_weights_do_not():
    assert identify(timm.create_model("legacy_seresnet50")).facts["version"] == "v1"
    assert identify(timm.create_model("seresnet50")).facts["version"] == "v1.5"
    zero = identify(timm.create_model("resnet18"))
    assert zero.facts["zero_gamma"] is True
    assert zero.facts["inplace"] is True
    dilated = torchvision.models.resnet50(replace_stride_with_dilation=[False, False, True])
    said = "; ".join(identify(dilated).differences)
    assert "dilation is 2 in place of 1 in layer4.1.conv2, layer4.2.conv2" in said
    assert "stride is 1 in place of 2 in layer4.0" in said
    blurred = identify(timm.create_model("resnetblur18"))
    assert "BlurPool2d" in "; ".join(blurred.differences)
    dropping = identify(timm.create_model("resnet18", drop_path_rate=0.1))
    assert "drops at random (DropPath)" in "; ".join(dropping.differences)


@pytest.mark.filterwarnings("ignore:weights fit")
def test_a_projection_after_a_pool_is_seen_in_timms_v2():
    """The names of its weights say nothing of the pool; the stem is no sign of it."""
    make = timm.models.resnetv2._create_resnetv2
    parts = {"layers": [1, 1, 1, 1], "channels": (32, 64, 128, 256), "stem_chs": 16,
             "conv_layer": timm.models.resnetv2.create_conv2d,
             "norm_layer": timm.layers.BatchNormAct2d}  # fmt: skip
    for average, shortcut in ((True, "D"), (False, "B")):
        model = foreign.shaken(make("resnetv2_50", avg_down=average, **parts))
        found = identify(model)
        assert found.spec.shortcut == shortcut
        assert found.facts["shortcut"] == shortcut
        ours = load_weights(ResNet(found.spec), model.state_dict()).eval()
        images = torch.rand(1, 3, 65, 65)
        assert torch.allclose(ours(images), model(images), atol=1e-5)
        from_weights = identify(model.state_dict())
        assert set(from_weights.facts["shortcut"].split(" or ")) == {"B", "D"}


# CIFAR repositories and others whose code is not at hand, see foreign.py.
REPOSITORIES = [
    (foreign.Akamaster, {}, "resnet20", "akamaster and kuangliu (CIFAR)",
     {"shortcut": "A-split", "version": "v1.5", "num_classes": 10}),
    (foreign.Akamaster, {"n": 5, "option": "B", "num_classes": 100}, "resnet32",
     "akamaster and kuangliu (CIFAR)", {"shortcut": "B", "num_classes": 100}),
    (foreign.Kuangliu, {}, "resnet50", "akamaster and kuangliu (CIFAR)",
     {"stem": "3x3", "version": "v1.5", "shortcut": "B"}),
    (foreign.Weiaicunzai, {}, "resnet18", "weiaicunzai (CIFAR)",
     {"stem": "3x3", "num_classes": 100, "inplace": True}),
    (foreign.Chenyaofo, {}, "resnet20", "torchvision", {"shortcut": "B", "stem": "3x3"}),
    (foreign.Chenyaofo, {"n": 9}, "resnet56", "torchvision", {"depth": 56, "parameters": 855_770}),
    (foreign.HuggingFace, {}, "resnet50", "Hugging Face", {"version": "v1.5", "stem": "7x7"}),
    (foreign.OpenMMLab, {}, "resnet18d", "OpenMMLab", {"shortcut": "D", "stem": "deep"}),
]  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "module.", "module._orig_mod."])
@pytest.mark.parametrize(("make", "options", "name", "layout", "facts"), REPOSITORIES)
def test_repositories(make, options, name, layout, facts, prefix):
    model = foreign.shaken(make(**options))
    state = {prefix + key: tensor for key, tensor in model.state_dict().items()}
    from_weights = identify({"state_dict": state})
    assert (from_weights.name, from_weights.layout) == (name, layout)
    if prefix:
        return
    found = identify(model)
    assert (found.name, found.layout, found.undecided) == (name, layout, ())
    assert {key: found.facts[key] for key in facts} == facts
    ours = load_weights(ResNet(found.spec), state).eval()
    size = 32 if found.spec.stem == "3x3" else 65
    images = torch.rand(2, 3, size, size)
    theirs = model(images)
    theirs = getattr(theirs, "logits", theirs)
    assert torch.allclose(ours(images), theirs, rtol=1e-5, atol=1e-5)


def test_the_layout_tells_what_is_likely_of_option_a():
    found = identify(foreign.Akamaster().state_dict())
    assert found.spec == resnet_lab.spec("resnet20", shortcut="A-split")
    assert found.facts["shortcut"] == "A-split or A or none"
    assert found.facts["padding"] == "half before, half after or all after"
    assert any("in this layout it is likely A-split" in sentence for sentence in found.undecided)


def test_a_last_activation_that_is_missing():
    for source in (foreign.KuangliuPreAct(), foreign.KuangliuPreAct().state_dict()):
        found = identify(source)
        assert (found.name, found.spec) == ("resnetv2_18", None)
        assert "nothing is normalized after the last stage" in found.differences


def test_projections_of_the_raw_input():
    found = identify(foreign.Bearpaw())
    assert (found.name, found.spec) == ("resnetv2_20", None)
    said = "with the same weights, another output in layer2.0, layer3.0"
    assert said in found.differences
    found = identify(foreign.Bearpaw().state_dict())
    assert (found.name, found.spec) == ("resnetv2_20", None)
    assert "its projections read the input of their block as it is" in "; ".join(found.differences)
    with pytest.raises(ValueError, match="no version has the blocks of bearpaw"):
        load_weights(
            resnet_lab.build("resnetv2_20", shortcut="B"), foreign.Bearpaw().state_dict()
        )
