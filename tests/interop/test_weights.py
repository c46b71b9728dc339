"""Weights into our networks: from other layouts, from files, from torchvision, or not at all."""

import io
import pickle
import re
import sys

import pytest
import timm
import torch
import torchvision
from foreign import Canary, shaken
from torch import nn

import resnet_lab
from resnet_lab.interop.layouts import LAYOUTS, translate
from resnet_lab.interop.weights import compare, load_weights, read_weights, shorten

pytestmark = [
    pytest.mark.usefixtures("one_thread"),  # several get in each other's way
    pytest.mark.filterwarnings("ignore:weights fit"),  # of which test_twins.py has more
]

build, spec = resnet_lab.build, resnet_lab.spec


def difference(ours: nn.Module, theirs: nn.Module, size: int = 65) -> float:
    """Largest difference of the outputs in float64, relative to the largest output."""
    images = torch.rand(2, 3, size, size, dtype=torch.float64)
    with torch.no_grad():
        ours, theirs = ours.double().eval()(images), theirs.double().eval()(images)
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


@pytest.fixture(scope="module")
def small() -> dict[str, torch.Tensor]:
    return shaken(build("resnet20")).state_dict()


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("resnet18", "resnet18"), ("resnet18d", "resnet18d"), ("resnet50c", "resnet50c"),
        ("resnet50t", "resnet50t"), ("resnet50s", "resnet50s"), ("resnetv2_18", "resnetv2_18"),
        ("resnetv2_34d", "resnetv2_34d"), ("resnetv2_50", "resnetv2_50"),
        ("resnetv2_50d", "resnetv2_50d"),
    ],
)  # fmt: skip
def test_weights_of_timm_compute_the_same_here(name, theirs):
    theirs = shaken(timm.create_model(theirs))
    assert difference(load_weights(build(name), theirs.state_dict()), theirs) < 1e-10


def test_weights_of_torchvision_compute_the_same_here():
    theirs = shaken(torchvision.models.resnet18())
    assert difference(load_weights(build("resnet18"), theirs.state_dict()), theirs) == 0


def test_every_layout_has_a_test():
    here = {"timm resnetv2", "timm resnet", "torchvision", "resnet_lab v2", "Cadene", "NVIDIA"}
    elsewhere = {
        "Hugging Face", "OpenMMLab", "weiaicunzai (CIFAR)", "akamaster and kuangliu (CIFAR)",
        "bearpaw preresnet (CIFAR)",
    }  # tests/interop/test_identify_foreign.py  # fmt: skip
    assert {layout.name for layout in LAYOUTS} == here | elsewhere


def test_the_layout_of_nvidia(small):
    theirs = {
        re.sub(r"^layer(\d)", lambda found: f"layers.{int(found[1]) - 1}", name): tensor
        for name, tensor in small.items()
    }
    assert "layers.0.0.conv1.weight" in theirs
    found = load_weights(build("resnet20"), theirs).state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in small.items())
    assert resnet_lab.identify({f"module.{n}": t for n, t in theirs.items()}).layout == "NVIDIA"


def test_the_layout_of_cadene():
    with torch.device("meta"):
        found = translate(timm.create_model("legacy_seresnet50").state_dict())
        ours = build("resnet50").state_dict()
    assert found.layout.name == "Cadene"
    assert set(ours) <= set(found.weights)
    assert all(".se." in name for name in set(found.weights) - set(ours))
    assert all(found.weights[name].shape == ours[name].shape for name in ours)


@pytest.mark.parametrize(
    "prefix",
    ["module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "model.module._orig_mod.",
     "backbone.", "model.", "module.module."],
)  # fmt: skip
def test_prefixes_are_stripped(small, prefix):
    wrapped = {prefix + name: tensor for name, tensor in small.items()}
    loaded = load_weights(build("resnet20"), wrapped).state_dict()
    assert all(torch.equal(loaded[name], small[name]) for name in small)


def test_real_wrappers_are_seen_through(small):
    model = load_weights(build("resnet20"), small)
    averaged = torch.optim.swa_utils.AveragedModel(model)
    partly = load_weights(build("resnet20"), small)
    partly.layer2 = torch.compile(partly.layer2)
    for wrapper in (averaged, nn.DataParallel(model), torch.compile(model), partly):
        loaded = load_weights(build("resnet20"), wrapper.state_dict()).state_dict()
        assert all(torch.equal(loaded[name], small[name]) for name in small)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"model": state, "optimizer": {"lr": 0.1}},
        lambda state: {"net": state, "acc": 91.25, "epoch": 2},
        lambda state: {"model": {"state_dict": state}},
    ],
)
def test_checkpoints_are_opened(small, wrap, tmp_path):
    torch.save(wrap(small), tmp_path / "checkpoint.pt")
    for source in (wrap(small), tmp_path / "checkpoint.pt", str(tmp_path / "checkpoint.pt")):
        loaded = load_weights(build("resnet20"), source).state_dict()
        assert all(torch.equal(loaded[name], small[name]) for name in small)


def test_safetensors_are_read(small, tmp_path):
    from safetensors.torch import save_file

    save_file(small, tmp_path / "weights.safetensors")
    loaded = load_weights(build("resnet20"), tmp_path / "weights.safetensors").state_dict()
    assert all(torch.equal(loaded[name], small[name]) for name in small)


def test_safetensors_without_the_library(small, tmp_path, monkeypatch):
    (tmp_path / "weights.safetensors").write_bytes(b"whatever")
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    with pytest.raises(ImportError, match="pip install safetensors"):
        read_weights(tmp_path / "weights.safetensors")


def test_old_files_have_no_counters(small):
    old = {name: t for name, t in small.items() if not name.endswith("num_batches_tracked")}
    load_weights(build("resnet20"), old)


def refusal(model: nn.Module, source) -> str:
    """The message with which weights are refused; the model must be untouched by then."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(ValueError, match=r"\w") as error:
        load_weights(model, source)
    after = model.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)
    return str(error.value)


def test_missing_and_unexpected_entries_are_named(small):
    weights = dict(small)
    weights["layer1.0.se.weight"] = weights.pop("layer3.2.bn2.bias")
    message = refusal(build("resnet20"), weights)
    assert "1 missing: layer3.2.bn2.bias" in message
    assert "1 unexpected: layer1.0.se.weight" in message
    assert "torchvision" in message


def test_unexpected_entries_are_named_as_they_came(small):
    weights = {f"module.{name}": tensor for name, tensor in small.items()}
    weights["module.extra.weight"] = torch.ones(3)
    assert "unexpected: module.extra.weight" in refusal(build("resnet20"), weights)


def test_another_number_of_classes_is_named(small):
    message = refusal(build("resnet20", num_classes=100), small)
    assert "2 of another shape: fc.weight is 10x64 and should be 100x64" in message
    assert "num_classes=10" in message


def test_a_report_on_hundreds_of_entries_is_short():
    ours, theirs = build("resnet20").state_dict(), build("resnet50").state_dict()
    _, unexpected, reshaped = compare(ours, theirs)
    message = refusal(build("resnet20"), theirs)
    assert len(unexpected) > 200
    for kind, found in (("unexpected", unexpected), ("of another shape", reshaped)):
        line = next(line for line in message.splitlines() if f"{len(found)} {kind}: " in line)
        assert line.endswith(f" and {len(found) - 4} more")
        assert line.count(", ") == 3
    assert len(message.splitlines()) <= 5
    assert len(message) < 1500


@pytest.mark.parametrize(
    ("number", "said"), [(1, "a"), (4, "a, b, c, d"), (5, "a, b, c, d and 1 more")]
)
def test_the_first_four_are_named_and_the_others_counted(number, said):
    assert shorten(list("abcde")[:number]) == said


def test_a_failure_of_one_shape_loads_nothing_else(small):
    weights = {name: tensor + 1 for name, tensor in small.items()}
    weights["conv1.weight"] = torch.zeros(16, 1, 3, 3)
    assert "conv1.weight is 16x1x3x3 and should be 16x3x3x3" in refusal(build("resnet20"), weights)


def test_layouts_that_tell_of_another_version_are_refused():
    weights = timm.create_model("resnetv2_18").state_dict()
    message = refusal(build("resnet18", version="v2"), weights)
    assert "'v2-raw'" in message
    assert "timm resnetv2" in message
    load_weights(build("resnet18", version="v2-raw"), weights)
    tall = timm.create_model("resnetv2_50", num_classes=10).state_dict()
    assert "'v2'" in refusal(build("resnet50", version="v2-1x1", num_classes=10), tall)


def test_what_no_weight_tells_loads_with_a_warning(small):
    images, outputs = torch.rand(1, 3, 32, 32), []
    for model in (build("resnet20"), build("resnet20", shortcut="A-split")):
        with pytest.warns(UserWarning, match="^weights fit .* nothing tells which of them"):
            load_weights(model, small)
        outputs.append(model.eval()(images))
    assert (outputs[0] - outputs[1]).abs().max() > 1e-2
    assert "A-split" in load_weights.__doc__


def test_two_names_for_one_entry_are_refused(small):
    both = {**small, "linear.weight": small["fc.weight"], "linear.bias": small["fc.bias"]}
    assert "'fc.weight' and 'linear.weight'" in refusal(build("resnet20"), both)


@pytest.mark.parametrize("source", [None, 5, ["conv1.weight"], torch.ones(3)])
def test_what_is_no_state_dict_is_refused(source):
    with pytest.raises(TypeError, match="state dict or the path of a file"):
        load_weights(build("resnet20"), source)


def test_only_our_networks_take_weights(small):
    with pytest.raises(TypeError, match="ResNet, got a torch.nn.modules.linear.Linear"):
        load_weights(nn.Linear(2, 2), small)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"state_dict": {}, "args": x}])
def test_code_in_a_file_is_not_executed(tmp_path, wrap):
    file, canary = tmp_path / "weights.pt", tmp_path / "canary"
    torch.save(wrap(Canary(canary)), file)
    with pytest.raises(ValueError, match="would run code"):
        read_weights(file)
    assert not canary.exists()
    file.write_bytes(pickle.dumps(Canary(canary)))
    with pytest.raises(ValueError, match="weights.pt"):
        read_weights(file)
    assert not canary.exists()
    pickle.loads(file.read_bytes()).close()
    assert canary.exists()  # it would have sung


def test_whole_modules_are_not_unpickled(tmp_path):
    torch.save(nn.Linear(2, 2), tmp_path / "model.pt")
    with pytest.raises(ValueError, match="Linear.*save its state_dict"):
        read_weights(tmp_path / "model.pt")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, -100])
def test_truncated_files_are_refused(small, tmp_path, zipped, kept):
    buffer = io.BytesIO()
    torch.save(small, buffer, _use_new_zipfile_serialization=zipped)
    data = buffer.getvalue()
    data = data[: int(len(data) * kept) if isinstance(kept, float) else kept]
    (tmp_path / "weights.pt").write_bytes(data)
    with pytest.raises(ValueError, match="weights.pt is"):
        read_weights(tmp_path / "weights.pt")


@pytest.mark.parametrize("data", [b"hello world", b"<!doctype html><html>", bytes(range(256)) * 9])
def test_other_files_are_refused(tmp_path, data):
    for name in ("weights.pt", "weights.safetensors"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=f"{name} is"):
            read_weights(tmp_path / name)


def test_missing_files_are_named(tmp_path):
    for path in (tmp_path / "none.pt", tmp_path):
        with pytest.raises(FileNotFoundError, match="no file is at"):
            load_weights(build("resnet20"), path)


def test_entries_that_are_no_weights_are_refused(small):
    with pytest.raises(ValueError, match="is empty"):
        read_weights({})
    with pytest.raises(ValueError, match="'epoch' is a int"):
        read_weights({**small, "epoch": 3})
    with pytest.raises(ValueError, match="1 is a Tensor"):
        read_weights({1: torch.ones(1)})
    with pytest.raises(ValueError, match="quantized"):
        read_weights({**small, "conv1.weight": torch.ones(16, 3, 3, 3, dtype=torch.int8)})
    with pytest.raises(ValueError, match="lazy"):
        read_weights(nn.Sequential(nn.LazyConv2d(3, 3)).state_dict())
    with pytest.raises(ValueError, match="sparse"):
        read_weights({**small, "fc.weight": small["fc.weight"].to_sparse()})
    whole = {**small, "fc.weight": small["fc.weight"].long()}
    assert "fc.weight must be torch.float32, got torch.int64" in refusal(build("resnet20"), whole)
    assert "meta" in refusal(build("resnet20"), {n: t.to("meta") for n, t in small.items()})


def test_a_model_on_the_meta_device_takes_no_weights(small):
    with torch.device("meta"):
        model = build("resnet20")
    with pytest.raises(ValueError, match="^model must be on a device that holds values"):
        load_weights(model, small)


def test_the_number_of_classes_is_named_only_where_the_rest_fits():
    narrow = build("resnet20", stem_width=8, widths=(8, 8, 8)).state_dict()
    message = refusal(build("resnet20"), narrow)
    assert "of another shape: conv1.weight" in message
    assert "num_classes" not in message
