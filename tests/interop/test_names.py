"""Names of networks in other libraries: each cell of the table held against the library.

torchvision, timm and Keras are run. The cells of Gluon, NVIDIA, OpenMMLab and
PaddlePaddle say "read": their code was read, and the table names it.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_lab import ResNet
from resnet_lab.interop.identify import identify
from resnet_lab.interop.names import (
    BIASED,
    PLACES,
    library_names,
    table_of_details,
    table_of_names,
)
from resnet_lab.models.catalogue import ALIASES, CATALOGUE

NAMES = library_names()
RUN = [entry for entry in NAMES if entry.checked == "run"]


def label(entry):
    return f"{entry.library} {entry.name}"


def module_of(entry):
    library = pytest.importorskip(entry.library)
    if entry.library == "timm":
        return library.create_model(entry.name)
    return library.models.get_model(entry.name)


def test_every_cell_says_how_it_is_known():
    assert {entry.library for entry in RUN} == {"torchvision", "timm", "Keras"}
    for entry in NAMES:
        assert entry.checked in ("run", "read")
        assert entry.ours in CATALOGUE
        assert entry.source.startswith("https://github.com/")
        assert set(entry.biases) <= set(BIASED)
        assert not (entry.extra and not entry.differs), "unexplained parameters"
    assert len({label(entry) for entry in NAMES}) == len(NAMES)


@pytest.mark.parametrize(
    "entry", [entry for entry in RUN if entry.library != "Keras"], ids=label
)
def test_a_cell_of_torchvision_or_timm(entry):
    model = module_of(entry)
    state = model.state_dict()
    assert identify(state).name == entry.ours
    assert sum(p.numel() for p in model.parameters()) == entry.parameters
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    assert {norm.eps for norm in norms} == {entry.eps}
    convs = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    biased = {conv.bias is not None for conv in convs if conv.out_channels != 1000}
    assert biased == {bool(entry.biases)}
    assert ("1x1 convolution" in entry.differs) == any(conv.out_channels == 1000 for conv in convs)


@pytest.mark.parametrize(
    "entry", [entry for entry in RUN if entry.library != "Keras"], ids=label
)
def test_the_place_of_the_stride_and_the_last_gamma(entry):
    model = module_of(entry)
    stage = model.layer2 if hasattr(model, "layer2") else model.stages[1].blocks
    plan = next(plan for plan in entry.spec.blocks if plan.stage == 2)
    convs = [getattr(stage[0], f"conv{k + 1}") for k in range(len(plan.strides))]
    assert tuple(conv.stride[0] for conv in convs) == plan.strides
    pools = [module for module in stage[0].downsample.modules() if isinstance(module, nn.AvgPool2d)]
    assert bool(pools) == (entry.spec.shortcut == "D")
    preactivated = entry.spec.preactivated
    last = convs[-1] if preactivated else getattr(stage[0], f"bn{len(plan.strides)}")
    assert (not last.weight.any()) == entry.zero_gamma


@pytest.mark.parametrize(
    "entry", [entry for entry in NAMES if entry.name.lower() in ALIASES], ids=label
)
def test_our_aliases_mean_the_same(entry):
    assert not entry.changes
    assert not entry.extra
    assert ALIASES[entry.name.lower()] == entry.ours


def test_the_letters_are_aliases():
    for entry in NAMES:
        if re.fullmatch(r"resnet50_v1[bcds]|ResNet50_vd", entry.name):
            assert entry.name.lower() in ALIASES, entry.name


def test_the_table_of_names():
    heads, _, *rows = table_of_names(NAMES, ("timm", "Gluon")).splitlines()
    assert heads == "| here | timm | Gluon |"
    assert "| `resnet50d` | resnet50d | *resnet50_v1d* |" in rows
    assert "| `resnet50d`, stem_width 128 |  | *resnet50_v1e* |" in rows
    assert not any("ResNet50" in row for row in rows), "of Keras, which was not asked for"


def test_the_table_of_details():
    assert set(PLACES) == set(BIASED)
    rows = table_of_details(NAMES).splitlines()
    assert len(rows) == 2 + len(NAMES)
    assert "| Keras ResNet50 | 25,583,592 | biases: all convolutions; epsilon 1.001e-05 |" in rows
    assert "| torchvision resnet50 | 25,557,032 |  |" in rows
    assert "| timm resnet50 | 25,557,032 | last gammas start at zero |" in rows


@pytest.fixture(scope="module")
def keras_report():
    """What Keras's networks are, from a process of its own."""
    if importlib.util.find_spec("keras") is None:
        pytest.skip("Keras is not installed")
    result = subprocess.run(
        [sys.executable, Path(__file__).with_name("keras_names.py")],
        capture_output=True, text=True, timeout=300,
        env={**os.environ, "KERAS_BACKEND": "torch", "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.everything
@pytest.mark.parametrize("entry", [e for e in RUN if e.library == "Keras"], ids=label)
def test_a_cell_of_keras(entry, keras_report):
    report = keras_report[entry.name]
    with torch.device("meta"):
        modules = list(ResNet(entry.spec).modules())
    statistics = sum(2 * m.num_features for m in modules if isinstance(m, nn.BatchNorm2d))
    assert report["trainable"] == entry.parameters
    assert report["total"] == entry.parameters + statistics
    assert report["eps"] == [entry.eps]
    assert report["biases"] == entry.bias_parameters
    assert report["zero_gamma"] == entry.zero_gamma
    if not entry.differs:
        assert report["difference"] < 1e-4  # float32, in the same weights
        assert report["striding"] == ["conv3_block1", "conv4_block1", "conv5_block1"]
    else:
        assert report["striding"] == ["conv2_block3", "conv3_block4", "conv4_block6"]
        assert report["pools"] == 3

