"""The worked examples of CONTRIBUTING.md, run as they stand there."""

import re
from pathlib import Path

import torch

import resnet_lab
from resnet_lab.models import catalogue, stems

TEXT = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
COMBINATION, PART, *_ = re.findall(r"```python\n(.+?)```", TEXT, flags=re.DOTALL)


def test_no_heading_stands_twice():
    headings = re.findall(r"^## .+", TEXT, flags=re.MULTILINE)
    assert len(headings) > 5
    assert sorted(set(headings)) == sorted(headings)


def test_a_new_combination_is_one_line(monkeypatch):
    (letter, fields), *rest = eval(f"{{{COMBINATION}}}").items()
    assert not rest
    monkeypatch.setitem(catalogue.LETTERS, letter, fields)
    monkeypatch.setattr(catalogue, "CATALOGUE", {spec.name: spec for spec in catalogue._entries()})
    spec = resnet_lab.spec("resnet50e")
    assert spec.name == "resnet50e"
    # E has the stem of S; what D adds to it, the average pool, has no parameters.
    added = resnet_lab.cost("resnet50s").params - resnet_lab.cost("resnet50").params
    assert resnet_lab.cost(spec).params == resnet_lab.cost("resnet50").params + added


def test_a_new_part_is_one_function(monkeypatch):
    names = dict(vars(stems))
    exec(PART, names)
    monkeypatch.setitem(stems.STEMS, "patches", names["stem_patches"])
    spec = resnet_lab.spec("resnet18", stem="patches")
    logits = resnet_lab.ResNet(spec).eval()(torch.zeros(1, 3, 64, 64))
    assert logits.shape == (1, 1000)
    found = resnet_lab.cost(spec, 64)
    assert found.parts[0].output_shape == (64, 16, 16)
    assert found.parts[0].receptive_field == 4
