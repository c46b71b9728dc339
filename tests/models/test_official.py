"""Official weights, through torchvision's own download; never over the network here."""

import hashlib
import io
import pickle
import sys
from dataclasses import replace
from email.message import Message
from urllib.error import URLError

import pytest
import torch
import torchvision

from resnet_lab import ResNet, build, spec
from tests.interop.foreign import Canary


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """An empty torch home, and no network."""

    def fail(*args, **kwargs):
        raise URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "urlopen", fail)
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    return tmp_path / "hub" / "checkpoints"


def test_official_weights_that_are_there_are_loaded(offline):
    theirs = torchvision.models.resnet18()
    url = torchvision.models.ResNet18_Weights.IMAGENET1K_V1.url
    torch.save(theirs.state_dict(), offline / url.rsplit("/")[-1])
    ours = build("resnet18", weights="IMAGENET1K_V1").state_dict()
    for name, tensor in theirs.state_dict().items():
        assert torch.equal(ours[name], tensor)


def test_official_weights_offline(offline):
    with pytest.raises(ConnectionError, match="no network") as error:
        build("resnet50", weights="IMAGENET1K_V2")
    assert str(offline / "resnet50-11ad3fa6.pth") in str(error.value)
    assert list(offline.iterdir()) == []


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_code_in_official_weights_is_not_executed(offline, tmp_path):
    """A file that lies where the download would have put it may be anybody's."""
    url = torchvision.models.ResNet18_Weights.IMAGENET1K_V1.url
    torch.save({"conv1.weight": Canary(tmp_path / "canary")}, offline / url.rsplit("/")[-1])
    with pytest.raises(ValueError, match="is damaged"):
        build("resnet18", weights="IMAGENET1K_V1")
    assert not (tmp_path / "canary").exists()


class Download(io.BytesIO):
    """What a server sends, as ``urlopen`` hands it on."""

    def info(self) -> Message:
        return Message()


def test_a_download_of_other_bytes_is_refused(offline, monkeypatch):
    """torchvision's file names end in eight digits of their SHA-256."""
    buffer = io.BytesIO()
    torch.save(torchvision.models.resnet18().state_dict(), buffer)
    monkeypatch.setattr(torch.hub, "urlopen", lambda *args: Download(buffer.getvalue()))
    with pytest.raises(ConnectionError, match="invalid hash value"):
        build("resnet18", weights="IMAGENET1K_V1")
    assert list(offline.iterdir()) == []


def test_code_in_a_download_is_not_executed(offline, monkeypatch, tmp_path):
    """Even where its hash is right."""
    buffer = io.BytesIO()
    torch.save({"conv1.weight": Canary(tmp_path / "canary")}, buffer)
    data = buffer.getvalue()
    digest = hashlib.sha256(data).hexdigest()[:8]
    monkeypatch.setattr(torch.hub, "urlopen", lambda *args: Download(data))
    weights = torchvision.models.ResNet18_Weights
    entry = replace(weights.IMAGENET1K_V1.value, url=f"https://here/resnet18-{digest}.pth")
    monkeypatch.setattr(weights.IMAGENET1K_V1, "_value_", entry)
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        build("resnet18", weights="IMAGENET1K_V1")
    assert not (tmp_path / "canary").exists()


def test_official_weights_that_are_damaged(offline):
    name = torchvision.models.ResNet18_Weights.IMAGENET1K_V1.url.rsplit("/")[-1]
    (offline / name).write_bytes(b"PK\3\4 cut")
    with pytest.raises(ValueError, match=f"{name} is damaged"):
        build("resnet18", weights="IMAGENET1K_V1")


def test_official_weights_are_for_torchvisions_networks(offline):
    for changes in ({"version": "v1"}, {"num_classes": 10}, {"shortcut": "C"}, {"in_channels": 1}):
        field = next(iter(changes))
        with pytest.raises(ValueError, match=f"{field} must be .* with weights"):
            build("resnet50", weights="IMAGENET1K_V1", **changes)
    for name in ("resnet50d", "resnet200", "plain18", "resnet20"):
        with pytest.raises(ValueError, match=f"torchvision has none for '{name}'"):
            build(name, weights="IMAGENET1K_V1")
    with pytest.raises(ValueError, match="torchvision has none for 'mine'"):
        build("resnet50", name="mine", weights="IMAGENET1K_V1")
    with pytest.raises(ConnectionError):  # how it starts is of no matter
        build("resnet50", weights="DEFAULT", zero_init_residual=True)


def test_unknown_official_weights_are_listed(offline):
    with pytest.raises(ValueError, match="'IMAGENET1K_V1', 'IMAGENET1K_V2'.* got 'IMAGENET22K'"):
        build("resnet50", weights="IMAGENET22K")


def test_official_weights_without_torchvision(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(ImportError, match="pip install torchvision"):
        build("resnet50", weights="IMAGENET1K_V1")


TORCHVISION = [n for n in torchvision.models.list_models(torchvision.models) if "resne" in n]


@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvisions_networks_are_ours(name, offline):
    with torch.device("meta"):
        theirs = torchvision.models.get_model(name).state_dict()
        ours = ResNet(spec(name)).state_dict()
    assert {n: t.shape for n, t in ours.items()} == {n: t.shape for n, t in theirs.items()}
    with pytest.raises(ConnectionError):
        build(name, weights="DEFAULT")


def test_another_name_does_not_change_what_weights_are_for(offline):
    with pytest.raises(ValueError, match="^version must be 'v1.5' with weights"):
        build("resnet50_v1", name="resnet50", weights="IMAGENET1K_V1")
    with pytest.raises(TypeError, match=r"^weights must be a name .* got \[\]"):
        build("resnet50", weights=[])
