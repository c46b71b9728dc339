"""Every count that was measured elsewhere, from the specification and from the real network."""

import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import resnet_lab

REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text())["networks"]


def specification(row):
    changes = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in row["changes"].items()
    }
    return resnet_lab.spec(row["name"], **changes)


@pytest.mark.parametrize("row", REFERENCE, ids=lambda row: row["network"])
def test_cost_of_the_specification(row):
    found = resnet_lab.cost(specification(row), row["size"])
    assert (found.params, found.macs) == (row["params"], row["macs"])
    assert found.activations == row.get("activations", found.activations)
    maps = row.get("maps", [])
    assert [list(part.output_shape) for part in found.parts[: len(maps)]] == maps
    norms = sum(each.params for each in found.rows if each.kind == "BatchNorm2d")
    assert found.params - norms == row.get("params_without_bn", found.params - norms)


def later(row):
    """The deepest wait for ``make test-all``; their cost is that of their specification above."""
    marks = [pytest.mark.everything] if re.search("1001|1202", row["name"]) else []
    return pytest.param(row, id=row["network"], marks=marks)


@pytest.mark.parametrize("row", map(later, REFERENCE))
def test_the_network_itself(row):
    with torch.device("meta"):
        model = resnet_lab.ResNet(specification(row))
        images = torch.empty(1, 3, row["size"], row["size"])
    with FlopCounterMode(display=False) as counter:
        model.eval()(images)
    assert sum(parameter.numel() for parameter in model.parameters()) == row["params"]
    assert counter.get_total_flops() == 2 * row["macs"]


@pytest.mark.everything
@pytest.mark.parametrize("name", ["resnet1202", "resnetv2_1001"])
def test_the_deepest_are_built_once_and_run(name):
    model = resnet_lab.build(name).eval()
    with torch.inference_mode():
        logits = model(torch.zeros(1, 3, 32, 32))
    assert logits.shape == (1, 10)
    assert sum(p.numel() for p in model.parameters()) == resnet_lab.cost(name, 32).params
    convolutions = sum(isinstance(module, nn.Conv2d) for module in model.modules())
    assert convolutions == sum(row.kind == "Conv2d" for row in resnet_lab.cost(name, 32).rows)
