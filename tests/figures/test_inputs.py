"""What figures take and refuse."""

import xml.etree.ElementTree as ET

import pytest
import torch

from resnet_lab import figures
from resnet_lab.arithmetic import ReceptiveField

PHOTO = figures.photograph(96)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: figures.curve({}, "x", "y", "t"), "^series must hold 1 to 5 series, got 0"),
    (lambda: figures.curve({"a": []}, "x", "y", "t"), "^series must .* an empty one named 'a'"),
    (lambda: figures.curve({str(k): [1] for k in range(6)}, "x", "y", "t"), "^series must .*got 6"),
    (lambda: figures.bars({}, "x", "t"), r"^values must .* got \[\]"),
    (lambda: figures.bars({"a": 1}, "x", "t", mark=["b"]), r"^values must .* mark=\['b'\]"),
    (lambda: figures.shape_strip({}, "t"), "^networks must hold at least one .*got {}"),
    (lambda: figures.shape_strip({"a": {}}, "t"), "^networks must .*got {'a': {}}"),
    (lambda: figures.feature_maps(torch.zeros(2, 2), "t"), r"^activation must .* got \(2, 2\)"),
    (lambda: figures.feature_maps(torch.zeros(2, 2, 2), "t", titles=["a"]),
     "^titles must name 2 channels, got 1"),
    (lambda: figures.receptive_fields(PHOTO.rgb, {}, 0, "t"), "^fields must hold 1 to 5 .* got 0"),
    (lambda: figures.gradient_map(torch.zeros(3, 4, 4), "t"), "^gradient must .* not all zero"),
    (lambda: figures.gradient_map(torch.zeros(4, 4), "t"), r"^gradient must .* got \(4, 4\)"),
    (lambda: figures.window_rows(2, 5), "^kernel must fit into the padded input"),
    (lambda: figures.photograph(0), "^size must .* got 0"),
])
def test_bad_input_names_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(("call", "message"), [
    (lambda: figures.feature_maps(torch.zeros(2, 2, 2), "t", columns=0), "columns must .* got 0"),
    (lambda: figures.feature_maps(torch.zeros(0, 2, 2), "t"), r"activation must .* got \(0, 2, 2"),
    (lambda: figures.receptive_fields(
        PHOTO.rgb, {"a": ReceptiveField(1, 1, 0), "b": ReceptiveField(3, 1, -1)}, {"a": 0}, "t"),
     r"index must .* none for \['b'\]"),
    (lambda: figures.curve({"a": [1, float("nan")]}, "x", "y", "t"), "series must .* nan at 1 in"),
    (lambda: figures.curve({"a": {float("inf"): 1}}, "x", "y", "t"), "series must .* 1 at inf"),
])
def test_bad_input_names_argument_and_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(("networks", "message"), [
    ({"ResNet-20": "resnet20"}, "networks must hold specifications .*'resnet20' for 'ResNet-20'"),
    ({"a": {"in": 8}, "b": 50}, "networks must hold .* or mappings of sizes, got 50 for 'b'"),
    (["resnet20"], r"networks must be a mapping by names, got \['resnet20'\]"),
])
def test_networks_of_another_kind_are_named(networks, message):
    with pytest.raises(TypeError, match=message):
        figures.shape_strip(networks, "t")


@pytest.mark.parametrize("columns", [2.0, True, None])
def test_pictures_stand_in_whole_columns(columns):
    with pytest.raises(TypeError, match="columns must be an integer"):
        figures.feature_maps(torch.zeros(2, 2, 2), "t", columns=columns)
    with pytest.raises(TypeError, match="columns must be an integer"):
        figures.photographs({"a": PHOTO.rgb}, "t", columns=columns)


@pytest.mark.parametrize("size", [224.0, True, "224"])
def test_a_photograph_has_whole_pixels(size):
    with pytest.raises(TypeError, match="size must be an integer"):
        figures.photograph(size)


def test_tensors_in_half_precision():
    maps = torch.arange(48.0).view(1, 3, 4, 4)
    half, whole = (figures.feature_maps(m, "Maps") for m in (maps.bfloat16(), maps))
    assert half.svg == whole.svg
    assert "1 pixels reach" in figures.gradient_map(torch.ones(3, 1, 1).bfloat16(), "t").alt


def test_a_photograph_as_a_tensor_keeps_its_integers():
    fields = {"stem": ReceptiveField(11, 4, -5)}
    drawn = figures.receptive_fields(torch.from_numpy(PHOTO.rgb), fields, 12, "Fields")
    assert drawn.svg == figures.receptive_fields(PHOTO.rgb, fields, 12, "Fields").svg


def test_a_gradient_that_is_not_square():
    gradient = torch.zeros(3, 10, 40)
    gradient[:, 4, 30] = 1
    drawn = figures.gradient_map(gradient, "Gradient")
    assert "over 10 by 40 pixels" in drawn.alt
    assert "rows 4 to 4 and columns 30 to 30" in drawn.alt
    image = next(e for e in ET.fromstring(drawn.svg).iter() if e.tag.endswith("image"))
    assert float(image.get("width")) / float(image.get("height")) == pytest.approx(4, rel=0.05)
