"""``identify`` on our own networks, on what was done to them, and on what is no ResNet."""

import pickle
import random
import warnings
from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
import torchvision
from foreign import Canary
from torch import nn

import resnet_lab
from resnet_lab.interop.identify import identify
from resnet_lab.interop.identify_module import _distance
from resnet_lab.interop.layouts import translate
from resnet_lab.interop.weights import read_weights
from resnet_lab.models import ResNet, ResNetSpec
from resnet_lab.models.shortcuts import PadChannels

pytestmark = pytest.mark.usefixtures("one_thread")  # several get in each other's way

build, spec = resnet_lab.build, resnet_lab.spec

HUGE = [name for name in resnet_lab.list_models() if spec(name).depth > 400]
LATER = [
    name
    for name in resnet_lab.list_models()
    if spec(name).stem != "3x3"
    and (spec(name).depth > 50 or name.startswith(("wide", "resnet34")) or name[-1] in "cst")
]


def on_meta(network: str | ResNetSpec) -> ResNet:
    with torch.device("meta"):
        return ResNet(spec(network) if isinstance(network, str) else network)


def rebuilds(found, state) -> bool:
    """Whether the network of the specification takes the weights, all of them."""
    average = found.spec.shortcut == "D"
    weights = translate(read_weights(state), average=average).weights
    on_meta(found.spec).load_state_dict(weights, strict=True, assign=True)
    return True


def check_module(name: str) -> None:
    model = on_meta(name)
    found = identify(model)
    assert (found.recognized, found.reason, found.name) == (True, "", name)
    assert found.spec == spec(name)
    assert found.differences == found.undecided == ()
    assert rebuilds(found, model.state_dict())


@pytest.mark.parametrize("name", [n for n in resnet_lab.list_models() if n not in LATER + HUGE])
def test_modules_of_the_catalogue(name):
    check_module(name)


@pytest.mark.everything
@pytest.mark.parametrize("name", LATER)
def test_more_modules_of_the_catalogue(name):
    check_module(name)


@pytest.mark.everything
@pytest.mark.parametrize("name", HUGE)
def test_huge_modules_and_weights_of_the_catalogue(name):
    model = on_meta(name)
    found = identify(model)
    assert (found.name, found.spec, found.differences) == (name, spec(name), ())
    check_weights(name, model.state_dict())


# Networks whose weights are those of another one, whose name is then given.
TWINS = {f"resnet{depth}_v1": f"resnet{depth}" for depth in (50, 101, 152)} | {
    f"plain{depth}": f"resnet{depth}" for depth in (20, 32, 44, 56, 110, 1202)
}


def check_weights(name: str, state) -> None:
    expected = spec(TWINS.get(name, name))
    found = identify(state)
    assert (found.name, found.spec, found.differences) == (expected.name, expected, ())
    assert rebuilds(found, state)
    said = " ".join(found.undecided)
    original = spec(name)
    assert "strides" in said
    if original.block == "bottleneck":
        both = {"v1", "v1.5"} if original.version.startswith("v1") else {"v2", "v2-1x1"}
        assert set(found.facts["version"].split(" or ")) == both
    elif original.preactivated:
        assert set(found.facts["version"].split(" or ")) == {"v2", "v2-raw"}
    else:
        assert found.facts["version"] == "v1.5"  # v1 and v1.5 are one with basic blocks
    if original.shortcut in ("A", "none"):
        fits = {"A", "A-split"} | (set() if original.preactivated else {"none"})
        assert set(found.facts["shortcut"].split(" or ")) == fits
        assert "shortcut" in said
    else:
        assert found.facts["shortcut"] == original.shortcut
        assert "shortcut" not in said


ALL = [name for name in resnet_lab.list_models() if name not in HUGE]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.everything] if spec(name).depth > 110 else [])
        for name in ALL
    ],
)
def test_weights_of_the_catalogue(name):
    check_weights(name, on_meta(name).state_dict())


def random_spec(draw: random.Random) -> ResNetSpec:
    block = draw.choice(["basic", "bottleneck"])
    version = draw.choice({"basic": ["v1", "v1.5", "v2", "v2-raw"],
                           "bottleneck": ["v1", "v1.5", "v2", "v2-1x1"]}[block])  # fmt: skip
    shortcuts = ["A", "A-split", "B", "C", "D"]
    if block == "basic" and version.startswith("v1"):
        shortcuts.append("none")
    stages = draw.randint(1, 4)
    groups = draw.choice([1, 2, 4]) if block == "bottleneck" else 1
    return ResNetSpec(
        "mine", block, tuple(draw.randint(1, 3) for _ in range(stages)), version,
        draw.choice(["7x7", "deep", "tiered", "3x3"]), draw.choice(shortcuts),
        tuple(sorted(draw.choice([16, 24, 32, 48]) for _ in range(stages))),
        stem_width=draw.choice([8, 16]), in_channels=draw.choice([1, 3]),
        num_classes=draw.randint(2, 20), groups=groups,
        width_per_group=draw.choice([32, 64, 128]) if block == "bottleneck" else 64,
    )  # fmt: skip


@pytest.mark.parametrize("case", range(20))
def test_random_specifications(case, drawn):
    original = random_spec(drawn)
    model = ResNet(original).eval()
    found = identify(model)
    assert found.spec is not None
    assert found.undecided == ()
    if replace(found.spec, name="mine") != original:  # then both compute the same
        images = torch.randn(2, original.in_channels, 33, 33)
        rebuilt = ResNet(found.spec).eval()
        rebuilt.load_state_dict(model.state_dict(), strict=True)
        assert torch.equal(rebuilt(images), model(images))
    from_weights = identify(model.state_dict())
    assert rebuilds(from_weights, model.state_dict())
    for entry in ("block", "depths", "stem", "widths", "stem_width", "groups", "num_classes"):
        assert from_weights.facts[entry] == getattr(original, entry)
    for entry in ("version", "shortcut"):
        assert str(found.facts[entry]) in str(from_weights.facts[entry]).split(" or ")


def test_the_paddings_of_option_a_are_told_apart():
    for shortcut, padding in (("A", "all after"), ("A-split", "half before, half after")):
        found = identify(build("resnet20", shortcut=shortcut))
        assert found.facts["padding"] == padding
    found = identify(build("resnet20").state_dict())
    assert found.facts["padding"] == "all after or half before, half after"


def test_changed_fields_are_differences_that_a_specification_has():
    found = identify(build("resnet18", shortcut="C", num_classes=10, in_channels=1))
    assert found.name == "resnet18"
    assert found.spec == spec("resnet18", shortcut="C", num_classes=10, in_channels=1)
    assert found.differences == (
        "shortcut C, where resnet18 has B",
        "in_channels 1, where resnet18 has 3",
        "num_classes 10, where resnet18 has 1,000",
    )


def test_depths_that_the_catalogue_has_not():
    found = identify(ResNetSpecs.short())
    assert (found.name, found.spec.name) == (None, "resnet10")
    assert found.differences == ("the catalogue has no network of these depths and blocks",)


class ResNetSpecs:
    @staticmethod
    def short() -> ResNet:
        return ResNet(ResNetSpec("mine", "basic", (1, 1, 1, 1), widths=(8, 8, 8, 8), stem_width=8))


@pytest.mark.parametrize("name", ["resnet20", "resnetv2_20", "resnet50"])
def test_zero_gamma(name):
    assert identify(build(name)).facts["zero_gamma"] is False
    found = identify(build(name, zero_init_residual=True))
    assert found.facts["zero_gamma"] is True
    assert found.spec == spec(name, zero_init_residual=True)
    assert identify(on_meta(name)).facts["zero_gamma"] is None


@pytest.mark.parametrize("name", ["resnet20", "resnetv2_50"])
def test_zero_gamma_is_that_of_every_block(name):
    """After the first steps of training some branches may still be silent, and not all."""
    model = build(name, zero_init_residual=True)
    *_, last = model.blocks
    nn.init.ones_(last.get_parameter(f"{last.branch_end}.weight"))
    found = identify(model)
    assert found.facts["zero_gamma"] is False
    assert found.spec == spec(name)


def altered(change, name: str = "resnet20"):
    model = build(name)
    change(model)
    return identify(model)


def set_eps(model):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 1e-3


def dilate(model):
    model.layer3[0].conv1.stride = 1, 1
    model.layer3[1].conv1.dilation = model.layer3[1].conv1.padding = 2, 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: setattr(m, "relu", nn.Identity()), "another output in the stem"),
        (lambda m: setattr(m, "avgpool", nn.AdaptiveMaxPool2d(1)), "another output in the head"),
        (lambda m: setattr(m.layer2[1], "relu1", nn.SiLU()), "another output in layer2.1"),
        (lambda m: setattr(m.layer2[1], "relu1", nn.SiLU()), "of other kinds: SiLU"),
        (lambda m: setattr(m.layer2[0], "downsample", PadChannels(16, 32, 2, before=5)),
         "another output in layer2.0"),
        (lambda m: m.layer1.add_module("3", nn.AvgPool2d(3, 1, 1)), "the way to layer2.0"),
        (lambda m: m.layer1[1].conv2.__setattr__("padding_mode", "reflect"),
         "padding_mode is reflect in place of zeros in layer1.1.conv2"),
        (set_eps, "eps is 0.001 in place of 1e-05 in bn1, layer1.0.bn1"),
        (dilate, "stride is 1 in place of 2 in layer3.0.conv1"),
        (dilate, "dilation is 2 in place of 1 in layer3.1.conv1"),
        (lambda m: setattr(m, "fc", nn.Sequential(nn.Dropout(0.5), m.fc)), "no linear classifier"),
        (lambda m: setattr(m, "fc", nn.Identity()), "no linear classifier"),
        (lambda m: m.layer1[0].add_module("dropout", nn.Dropout(0.3)), "layer1.0.dropout drops"),
        (lambda m: setattr(m.layer1[0], "bn1", nn.GroupNorm(4, 16)), "as in GroupNorm"),
        (lambda m: setattr(m.layer1[0], "bn1", nn.Identity()), "convolutions are not normalized"),
        (lambda m: setattr(m.layer1[0], "conv1", nn.Conv2d(16, 16, 3, 1, 1)), "have biases"),
    ],
)  # fmt: skip
def test_what_no_specification_has_is_said(change, said):
    found = altered(change)
    assert found.recognized
    assert found.name == "resnet20"
    assert found.spec is None
    assert said in "; ".join(found.differences)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ceil_mode": False}, "an image of 65 x 65 fails"),
        ({"kernel_size": 1}, "another output in layer2.0, layer3.0, layer4.0"),
    ],
)
def test_other_pools_of_option_d_are_seen(change, said):
    def repool(model):
        for module in model.modules():
            if isinstance(module, nn.AvgPool2d):
                vars(module).update(change)

    assert said in altered(repool, "resnet18d").differences[0]


def test_another_rounding_of_the_stem_is_seen():
    found = altered(lambda m: setattr(m.maxpool, "ceil_mode", True), "resnet18")
    assert found.differences == ("with the same weights, another output in the stem",)


def test_outputs_are_compared_by_their_size():
    """A block whose outputs are tiny may differ by as little, and large ones by rounding."""

    def shrink(model):
        """The branch of a block computes twice what it should, the sum a millionth of it."""
        block = model.layer3[2]
        block.bn2.register_forward_hook(lambda _, args, out: 2 * out)
        block.register_forward_hook(lambda _, args, out: out * 1e-6)

    assert "another output in layer3.2" in altered(shrink).differences[0]
    ours, theirs = torch.full((1, 2), 1e6), torch.tensor([[1e6, 1e6 + 1]])
    assert _distance(ours, theirs) == pytest.approx(1e-6, rel=1e-3)
    assert _distance(ours * 1e-12, theirs * 2e-12) == pytest.approx(0.5, rel=1e-3)
    assert _distance(ours, torch.zeros(1, 2)) == 1
    assert _distance(ours, torch.zeros(1, 3)) == 1
    assert _distance(torch.zeros(1, 2), torch.zeros(1, 2)) == 0


def test_another_eps_leaves_the_padding_decided():
    model = build("resnet20", shortcut="A-split")
    set_eps(model)
    assert identify(model).facts["shortcut"] == "A-split"


def test_convolutions_with_biases_are_a_fact():
    found = altered(lambda m: setattr(m.layer1[0], "conv1", nn.Conv2d(16, 16, 3, 1, 1)))
    assert found.facts["conv_bias"] is True
    assert identify(build("resnet20")).facts["conv_bias"] is False


def test_a_network_that_strides_once_is_seen_through():
    """Stride 2 in the first block of the network alone: its sizes are wrong, not its weights."""
    model = build("resnet18")
    for stage in (model.layer2, model.layer3, model.layer4):
        stage[0].conv1.stride = stage[0].downsample[0].stride = 1, 1
    said = identify(model).differences[0]
    assert said.startswith("stride is 1 in place of 2 in layer2.0.conv1, layer2.0.downsample.0")
    assert identify(model.state_dict()).differences == ()


def test_a_module_that_fails_is_said_to():
    def forward(x):
        raise RuntimeError("no way")

    model = build("resnet20")
    model.layer2[0].forward = forward
    found = identify(model)
    assert "RuntimeError: no way" in found.undecided[0]
    assert found.facts["shortcut"] == "A or A-split or none"


def count_hooks(model) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


def test_the_module_is_left_as_it_was():
    model = build("resnet20").train()
    model.layer1.eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes, hooks = [module.training for module in model.modules()], count_hooks(model)
    objects = [id(tensor) for tensor in (*model.parameters(), *model.buffers())]
    state = torch.random.get_rng_state()
    identify(model)
    after = model.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert [module.training for module in model.modules()] == modes
    assert [id(tensor) for tensor in (*model.parameters(), *model.buffers())] == objects
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(p.grad is None for p in model.parameters())
    assert count_hooks(model) == hooks


def test_hooks_are_gone_after_a_failure():
    def forward(x):
        raise RuntimeError("no way")

    model = build("resnet20")
    model.layer2[0].forward = forward
    hooks = count_hooks(model)
    identify(model)
    assert count_hooks(model) == hooks


def test_wrapped_modules_are_unwrapped():
    model = build("resnet20")
    for wrapped in (nn.DataParallel(model), torch.compile(model)):
        assert identify(wrapped).spec == spec("resnet20")
    holder = nn.Module()
    holder.model = model
    holder.forward = model.forward
    assert identify(holder).spec == spec("resnet20")


def test_half_precision_and_frozen_modules():
    assert identify(build("resnet20").half()).spec == spec("resnet20")
    assert identify(build("resnet20").requires_grad_(False)).spec == spec("resnet20")


def test_files_and_checkpoints(tmp_path):
    state = build("resnet50").state_dict()
    checkpoint = {"state_dict": {f"module.{n}": t for n, t in state.items()}, "epoch": 9}
    torch.save(checkpoint, tmp_path / "weights.pth")
    for source in (tmp_path / "weights.pth", str(tmp_path / "weights.pth"), checkpoint):
        assert identify(source).spec == spec("resnet50")


def test_it_prints_as_text_and_as_html():
    found = identify(build("resnet18", num_classes=10).state_dict())
    text, html = str(found), found._repr_html_()
    assert text == repr(found)
    assert text.startswith("resnet18, in the layout of torchvision")
    for said in ("11,181,642", "num_classes 10, where resnet18 has 1,000", "strides, pooling"):
        assert said in text
        assert said in html
    assert "None" not in text
    assert max(map(len, text.splitlines())) <= 88
    assert html.startswith('<table class="rl-table">')
    declined = identify({"<b>": torch.ones(1)})
    assert "not a ResNet, because" in str(declined)
    assert "<b>" not in declined._repr_html_()


# What is no ResNet.


def declined(source, *words: str) -> None:
    found = identify(source)
    assert not found.recognized
    assert (found.name, found.spec, found.facts) == (None, None, {})
    assert found.reason
    assert "Traceback" not in found.reason
    assert "\n" not in found.reason
    for word in words:
        assert word in found.reason


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (None, "NoneType"), (3, "int"), ([], "list"), (["layer1.0.conv1.weight"], "list"),
        ({}, "empty"), ("no/such/file.pt", "no file is at"), (torch.ones(3), "Tensor"),
        ({"a": 1}, "'a' is a int"), ({"weight": torch.ones(2)}, "no residual stages"),
        ({"layer1.0.conv1.weight": torch.ones(())}, "layer1.0.conv1.weight"),
        ({"layer1.999999999999.conv1.weight": torch.ones(1)}, "layer1.0 is missing"),
        ({"layer999999999999.0.conv1.weight": torch.ones(1)}, "layer1.0 is missing"),
    ],
)  # fmt: skip
def test_what_holds_no_network_is_declined(source, words):
    declined(source, words)


OTHERS = ["densenet121", "regnet_y_400mf", "vgg11", "vgg11_bn", "alexnet", "mobilenet_v2",
          "convnext_tiny", "squeezenet1_0", "swin_t"]  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_architectures_are_declined(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torchvision.models.get_model(name)
    declined(model, "residual stages")
    declined(model.state_dict(), "residual stages")


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnetv2_50", "resnet20"])
def test_damage_is_declined(name):
    state = on_meta(name).state_dict()
    last = max(int(key[5]) for key in state if key.startswith("layer"))

    def without(start: str) -> dict[str, torch.Tensor]:
        return {key: tensor for key, tensor in state.items() if not key.startswith(start)}

    for stage in range(1, last + 1):
        declined(without(f"layer{stage}."))
        declined(without(f"layer{stage}.0."), f"layer{stage}.0 is missing")
    if name != "resnet18":  # without the last block of a stage it would be a network
        declined(without("layer1.1."), "layer1.1 is missing")
    declined(without("layer2.1.conv1"), "layer2.1")
    declined(without("layer2.1.conv2"), "layer2.1")
    declined(without("conv1."), "conv1.weight is missing")
    for key in ("layer2.1.conv2.weight", "layer2.0.conv1.weight", "fc.weight", "conv1.weight"):
        narrow = {**state, key: state[key][: state[key].shape[0] // 2]}
        if key != "fc.weight":  # half the classes would be a network
            declined(narrow)
        else:
            declined({**narrow, "fc.bias": state["fc.bias"]}, "fc.bias")
    declined({key: t.transpose(0, 1) if t.dim() > 1 else t for key, t in state.items()})
    declined({**state, "fc.weight": state["fc.weight"].t()}, "fc")
    flipped = {key: t.permute(2, 3, 1, 0) if t.dim() == 4 else t for key, t in state.items()}
    declined(flipped)
    declined({key: t.flatten() for key, t in state.items()})
    declined({key: t[:0] if t.dim() else t for key, t in state.items()})


def test_a_last_block_is_not_missed():
    state = on_meta("resnet18").state_dict()
    found = identify({k: t for k, t in state.items() if not k.startswith("layer2.1.")})
    assert (found.name, found.spec.depths) == (None, (2, 1, 2, 2))


def test_a_stage_of_other_widths_is_declined():
    state, wide = on_meta("resnet50").state_dict(), on_meta("wide_resnet50_2").state_dict()
    mixed = {k: wide[k] if k.startswith("layer3.") else t for k, t in state.items()}
    declined(mixed, "layer3.0.conv1.weight", "512x512x1x1")
    other = on_meta("resnet34").state_dict()
    mixed = {k: t for k, t in state.items() if not k.startswith("layer1.")}
    mixed |= {k: t for k, t in other.items() if k.startswith("layer1.")}
    declined(mixed, "layer2.0.conv1.weight is 128x256x1x1")


class Locked(Mapping):
    """A state dict whose entries can't be read, as where a file behind it is gone."""

    def __getitem__(self, name):
        if name == "conv1.weight":
            raise RuntimeError("the file is gone")
        raise KeyError(name)

    def __iter__(self):
        return iter(["conv1.weight"])

    def __len__(self):
        return 1


def test_whatever_a_source_raises_is_a_reason():
    declined(Locked(), "it can't be read: RuntimeError: the file is gone")


@pytest.mark.filterwarnings("ignore")
def test_quantized_weights_are_declined(tmp_path):
    state = build("resnet18").state_dict()
    declined({k: t.to(torch.int8) if t.dim() > 1 else t for k, t in state.items()}, "quantized")
    quantized = torch.quantize_per_tensor(state["conv1.weight"], 0.1, 0, torch.qint8)
    declined({**state, "conv1.weight": quantized}, "quantized")
    declined({**state, "fc._packed_params._packed_params": (1, 2)}, "quantized")
    torch.save({**state, "conv1.weight": quantized}, tmp_path / "weights.pt")
    declined(tmp_path / "weights.pt", "quantized")


def test_truncated_and_foreign_files_are_declined(tmp_path):
    file = tmp_path / "weights.pt"
    torch.save(build("resnet20").state_dict(), file)
    data = file.read_bytes()
    for kept in (0, 10, 1000, len(data) // 2, len(data) - 1):
        file.write_bytes(data[:kept])
        declined(file, "weights.pt")
    file.write_text("<html>404</html>")
    declined(file, "weights.pt")
    declined(tmp_path, "no file")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_code_in_a_pickle_is_never_executed(tmp_path):
    file, canary = tmp_path / "weights.pt", tmp_path / "canary"
    for payload in (Canary(canary), {"state_dict": {"conv1.weight": Canary(canary)}}):
        torch.save(payload, file)
        declined(file, "would run code")
        file.write_bytes(pickle.dumps(payload))
        declined(file, "weights.pt")
    torch.save(build("resnet20"), file)
    declined(file, "would run code")
    assert not canary.exists()


def test_lazy_and_scripted_modules():
    declined(nn.Sequential(nn.LazyConv2d(3, 3)), "lazy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = torch.jit.script(torchvision.models.resnet18())
    found = identify(scripted)
    assert found.spec == spec("resnet18")
    assert "not run beside ours" in found.undecided[0]


def test_another_activation_of_torch_is_seen():
    model = resnet_lab.build("resnet20")
    for block in model.blocks:
        block.relu2 = nn.ReLU6()
    found = identify(model)
    assert found.spec is None
    assert any("ReLU6" in sentence for sentence in found.differences)
