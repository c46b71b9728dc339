"""Drawings of blocks: what stands on the highway is marked, and the text says so."""

import re
import xml.etree.ElementTree as ET

import pytest

from resnet_lab import figures, spec
from resnet_lab.figures import style

V1 = ["conv", "BN", "ReLU", "conv", "BN", "+", "ReLU"]
V2 = ["BN", "ReLU", "conv", "BN", "ReLU", "conv", "+"]
SHARED = ["BN", "ReLU", "fork", "conv", "BN", "ReLU", "conv", "+"]


def boxes(figure, color):
    """How many boxes have a border of this color."""
    return len(re.findall(rf'stroke="{color}"', figure.svg))


def texts(figure):
    return [e.text for e in ET.fromstring(figure.svg).iter() if e.tag.endswith("}text")]


def test_what_stands_on_the_highway_is_marked():
    for layers, on_highway in ((V1, 1), (V2, 0), (SHARED, 2)):
        figure = figures.block_orders({"a block": layers}, "Orders")
        assert boxes(figure, style.ORANGE) == on_highway
        drawn = sum(layer not in ("+", "fork") for layer in layers)
        assert boxes(figure, style.BLUE) == drawn - on_highway


def test_the_text_says_what_the_picture_shows():
    figure = figures.block_orders({"v1": V1, "v2": V2, "shared": SHARED}, "Orders")
    assert figure.alt == (
        "Orders. v1: conv, BN, ReLU, conv, BN in the branch, ReLU on the highway. "
        "v2: BN, ReLU, conv, BN, ReLU, conv in the branch, nothing on the highway. "
        "shared: conv, BN, ReLU, conv in the branch, BN, ReLU on the highway."
    )


def test_every_layer_is_written_once_in_each_block():
    written = texts(figures.block_orders({"v1": V1, "v2": V2}, "Orders"))
    layers = [layer for layer in V1 + V2 if layer != "+"]
    assert sorted(written) == sorted(["Orders", "v1", "v2", *layers])


def test_blocks_of_networks_are_drawn_as_their_layers_by_hand():
    v1, v2 = spec("resnet20").blocks, spec("resnetv2_20").blocks
    drawn = figures.block_orders({"v1": v1[1], "v2": v2[1], "shared": v2[3]}, "Orders")
    assert drawn == figures.block_orders({"v1": V1, "v2": V2, "shared": SHARED}, "Orders")
    shape_changes = figures.block_orders({"v1": v1[3]}, "Orders")
    assert shape_changes == figures.block_orders({"v1": V1}, "Orders")
    bottleneck = figures.block_orders({"v1": spec("resnet50").blocks[0]}, "Orders").alt
    assert "v1: conv, BN, ReLU, conv, BN, ReLU, conv, BN in the branch, ReLU on" in bottleneck


def test_blocks_go_on_in_a_second_line():
    def height(columns):
        figure = figures.block_orders({"v1": V1, "v2": V2}, "Orders", columns=columns)
        return float(re.search(r'viewBox="[\d.]+ [\d.]+ [\d.]+ ([\d.]+)"', figure.svg)[1])

    assert height(1) > 1.7 * height(2)


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ({}, "at least one block"),
        ({"none": ["conv"]}, r"one '\+'.*\['conv'\] for 'none'"),
        ({"two": ["conv", "+", "+"]}, r"one '\+'"),
        ({"late": ["conv", "+", "fork"]}, "'fork' before it"),
        ({"plain": spec("plain20").blocks[0]}, r"one '\+'.*'conv', 'BN', 'ReLU'\] for 'plain'"),
    ],
)
def test_what_is_no_block_is_refused(blocks, words):
    with pytest.raises(ValueError, match=words):
        figures.block_orders(blocks, "Orders")


def test_columns_below_one_are_refused():
    with pytest.raises(ValueError, match="columns must be at least 1, got 0"):
        figures.block_orders({"v1": V1}, "Orders", columns=0)
