"""Figures: clean markup, text made from the data, colors that hold on both pages."""

import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
import torch
import torchvision

from resnet_lab import figures, spec
from resnet_lab.arithmetic import ReceptiveField, dropped_columns
from resnet_lab.figures import style
from resnet_lab.records import runs

PHOTO = figures.photograph(96)
DRAWN = {
    "curve": lambda: figures.curve(
        {"v1": [1, 5, 9], "v1.5": {0: 1, 2: 7}}, "layer", "pixels", "Fields"),
    "steps": lambda: figures.curve({"a": {224: 7, 225: 8}}, "in", "out", "Sizes", steps=True,
                                   mark={"here": 224}),
    "bars": lambda: figures.bars({"a": 1.5, "b": 2}, "billions", "Cost", mark=["b"]),
    "blocks": lambda: figures.block_orders({"v1": ["conv", "BN", "+", "ReLU"]}, "Blocks"),
    "windows": lambda: figures.window_rows(8, 3, 2),
    "long": lambda: figures.window_rows(224, 7, 2, 3),
    "strip": lambda: figures.shape_strip(
        {"a": {"in": 112, "pool": 56}, "b": {"pool": 55}}, "Stems"),
    "maps": lambda: figures.feature_maps(torch.arange(48.0).view(1, 3, 4, 4), "Maps"),
    "fields": lambda: figures.receptive_fields(
        PHOTO.rgb, {"stem": ReceptiveField(11, 4, -5)}, 12, "Fields"),
    "photographs": lambda: figures.photographs(
        {"all": PHOTO.rgb, "left": PHOTO.rgb}, "Photographs",
        keep={"left": np.arange(96) < np.full((96, 1), 48)}),
    "training": lambda: figures.training_curves(
        runs("degradation", "small"), {"plain": ["plain20", "plain56"], "residual": ["resnet56"]},
        title="Depth"),
    "ends": lambda: figures.final_values(
        runs("detached", "small"), title="Detached", reference="resnet56"),
    "gradient": lambda: figures.gradient_map(
        torch.eye(96).repeat(3, 1, 1), "Gradient", ReceptiveField(11, 4, -5), 12),
}


@pytest.fixture(scope="module", params=DRAWN)
def figure(request):
    return DRAWN[request.param]()


def test_presentation_attributes_only(figure):
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=", figure.svg)
    assert "url(http" not in figure.svg
    targets = re.findall(r'href="([^"]+)"', figure.svg)
    assert all(target.startswith(("#rl-", "data:image/")) for target in targets)


def test_it_scales_and_names_itself(figure):
    root = ET.fromstring(figure.svg)
    assert root.get("viewBox")
    assert root.get("height") is None
    assert root.get("width").startswith("min(100%")
    assert root.get("role") == "img"
    assert root.get("aria-label") == figure.alt
    title = root[0]
    assert title.tag.endswith("title")
    assert figure.alt.startswith(title.text)


def test_text_is_text_and_ink_is_the_pages(figure):
    root = ET.fromstring(figure.svg)
    texts = [element for element in root.iter() if element.tag.endswith("text")]
    assert texts
    assert {element.get("fill") for element in texts} <= {"currentColor", *style.SERIES}
    assert min(float(t.get("font-size").rstrip("px")) for t in texts) >= 10
    assert style.INK not in figure.svg


def test_only_colors_of_the_palette(figure):
    used = set(re.findall(r'(?:fill|stroke)="(#\w+)"', figure.svg))
    assert used <= {*style.SERIES, "#ffffff"}


def test_every_reference_leads_somewhere_and_every_id_is_used(figure):
    ids = re.findall(r'\sid="([^"]+)"', figure.svg)
    used = set(re.findall(r'(?:href="|url\()#([\w-]+)', figure.svg))
    assert len(ids) == len(set(ids))
    assert set(ids) == used


def test_no_more_decimals_than_needed(figure):
    without_pictures = re.sub(r'href="data:[^"]+"', "", figure.svg)
    without_words = re.sub(r'aria-label="[^"]*"', "", without_pictures)
    assert not re.search(r"\d\.\d{3,}", without_words.replace("0.001", ""))


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_drawing_is_the_same_text(name):
    assert DRAWN[name]().svg == DRAWN[name]().svg


def test_two_drawings_share_no_id():
    first, second = DRAWN["curve"](), DRAWN["bars"]()
    ids = [set(re.findall(r'\sid="([^"]+)"', figure.svg)) for figure in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_the_bundle_has_the_picture_and_its_words():
    figure = figures.bars({"a": 1, "b": 2}, "billions", "Shown once")
    bundle = figure._repr_mimebundle_()
    assert bundle["text/html"] == f'<div class="rl-figure">{figure.svg}</div>'
    assert bundle["text/plain"] == figure.alt == repr(figure)


def test_a_figure_shown_again_shares_no_id():
    figure = figures.curve({"a": [1, 2]}, "x", "y", "Shown again")
    shown = [figure._repr_mimebundle_()["text/html"] for _ in range(3)]
    ids = [re.findall(r'\sid="([^"]+)"', html) for html in shown]
    used = [re.findall(r'(?:href="|url\()#([\w-]+)', html) for html in shown]
    assert ids[0]
    assert len(set().union(*ids)) == 3 * len(ids[0])
    assert [set(names) for names in used] == [set(names) for names in ids]


def test_matplotlibs_settings_stay():
    before = dict(mpl.rcParams)
    DRAWN["bars"]()
    assert dict(mpl.rcParams) == before


def test_networks_and_blocks_are_drawn_as_their_measured_sizes():
    small = spec("resnet20")
    sizes = {"input": 33, "stem": 33, "stage 1": 33, "stage 2": 17, "stage 3": 9}
    by_hand = figures.shape_strip({"ResNet-20": sizes}, "Columns")
    assert figures.shape_strip({"ResNet-20": small}, "Columns", size=33) == by_hand
    assert "input 224, stem 56, stage 1 56, stage 2 28" in figures.shape_strip(
        {"a": spec("resnet18")}, "Columns").alt
    blocks = {v: spec("resnet50", version=v).blocks[3] for v in ("v1", "v1.5")}
    along = {"v1": {"input": 57, "conv1": 29, "conv2": 29, "conv3": 29},
             "v1.5": {"input": 57, "conv1": 57, "conv2": 29, "conv3": 29}}
    by_hand = figures.shape_strip(along, "Columns")
    assert figures.shape_strip(blocks, "Columns", size=57) == by_hand


def test_alt_text_holds_the_data():
    assert "a 1.5, b 2" in DRAWN["bars"]().alt
    assert "v1.5: 1 at 0, 7 at 2" in DRAWN["curve"]().alt
    assert "b: pool 55 (differs)" in DRAWN["strip"]().alt
    assert "columns 43 to 53" in DRAWN["fields"]().alt
    assert "channel 2 from 32 to 47" in DRAWN["maps"]().alt
    assert "rows 0 to 95" in DRAWN["gradient"]().alt


@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), [
    (8, 3, 2, 0), (8, 3, 2, 1), (9, 3, 2, 1), (7, 2, 3, 0), (224, 7, 2, 3), (112, 3, 2, 0),
])
def test_windows_say_what_the_floor_drops(size, kernel, stride, padding):
    dropped = dropped_columns(size, kernel, stride, padding)
    alt = figures.window_rows(size, kernel, stride, padding).alt
    listed = re.search(r"Input columns that no window reads: ([\d, ]+)", alt)
    columns = [int(c) for c in listed[1].split(",")] if listed else []
    last_read = size - dropped.input - 1
    assert [c for c in columns if c > last_read] == list(range(last_read + 1, size))
    padded = re.search(r"reads (\d+) of the padding", alt)
    assert int(padded[1] if padded else 0) == dropped.padding


def test_rounding_up_draws_the_column_past_the_input():
    alt = figures.window_rows(8, 3, 2, ceil_mode=True).alt
    assert "4 outputs" in alt
    assert "reads 6, 7, 8" in alt
    assert "dotted: past the padding" in figures.window_rows(8, 3, 2, ceil_mode=True).svg
    assert "dotted" not in figures.window_rows(9, 3, 2, ceil_mode=True).svg


def heights(figure) -> dict[str, float]:
    """How far down each text stands."""
    texts = re.findall(r'<text [^>]*?y="([\d.]+)"[^>]*>([^<]+)<', figure.svg)
    return {text: float(y) for y, text in texts}


def test_bars_stand_from_top_to_bottom():
    found = heights(figures.bars({"first": 3, "second": 1, "third": 2}, "pixels", "Bars"))
    assert found["Bars"] < found["first"] < found["second"] < found["third"] < found["pixels"]


def test_a_logarithmic_axis_has_tenfold_values_at_equal_distances():
    def steps(log_y):
        figure = figures.curve({"a": [1, 10, 100]}, "x", "y", "Curve", log_y=log_y)
        line = re.search(rf'd="(M[^"]+)"[^>]*stroke="{style.BLUE}"', figure.svg)[1]
        (_, first), (_, second), (_, third) = re.findall(r"([\d.]+) ([\d.]+)", line)
        return float(first) - float(second), float(second) - float(third)

    assert steps(True)[0] == pytest.approx(steps(True)[1], abs=0.1)
    assert steps(False)[1] == pytest.approx(10 * steps(False)[0], rel=0.02)


def test_names_stand_in_the_order_in_which_their_lines_end():
    found = heights(figures.curve({"falls": [9, 1], "rises": [1, 9], "a": [5, 5]}, "x", "y", "t"))
    assert found["rises"] < found["a"] < found["falls"]
    touching = heights(figures.curve({"up": [0, 5.01], "down": [9, 5]}, "x", "y", "t"))
    assert touching["down"] - touching["up"] > 9  # points, the height of a line of text


def test_what_differs_from_the_first_row_is_marked():
    figure = figures.shape_strip({"a": {"in": 112, "pool": 56}, "b": {"in": 112, "pool": 55}}, "t")
    hatched = len(re.findall(r'fill="url', figure.svg))
    assert hatched == 1
    assert len(re.findall(rf'stroke="{style.BLUE}"', figure.svg)) == 3


def test_how_much_of_a_field_is_outside_is_said():
    def said(index, field):
        return figures.receptive_fields(PHOTO.rgb, {"a": field}, index, "t").alt

    assert "outside" not in said(12, ReceptiveField(11, 4, -5))
    assert "columns -5 to 5, 5 of them outside" in said(0, ReceptiveField(11, 4, -5))
    assert "columns 91 to 101, 6 of them outside" in said(24, ReceptiveField(11, 4, -5))
    assert "44 of them outside" in said(1, ReceptiveField(140, 4, -26))


def test_the_square_of_a_gradient_is_where_the_field_is():
    def ends(index):
        figure = figures.gradient_map(
            torch.eye(96).repeat(3, 1, 1), "t", ReceptiveField(11, 4, -5), index)
        square = re.search(rf'd="(M[^"]*)"[^>]*stroke="{style.ORANGE}"', figure.svg)[1]
        across = [float(x) for x, _ in re.findall(r"([\d.]+) ([\d.]+)", square)]
        return min(across), max(across)

    left, right = ends(2)
    assert ends(12)[0] - left == pytest.approx(40 * (right - left) / 11, rel=0.01)


def test_a_large_picture_with_left_out_pixels_keeps_them():
    large = figures.photograph(128).rgb
    keep = np.zeros((128, 128), bool)
    keep[::2] = True
    assert "data:image/png" in figures.photographs({"a": large}, "t", keep={"a": keep}).svg
    assert "data:image/jpeg" in figures.photographs({"a": large}, "t").svg


def luminance(color):
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("color", style.SERIES)
@pytest.mark.parametrize("page", ["#ffffff", "#121212"])
def test_contrast_on_both_pages(color, page):
    light, dark = sorted((luminance(color), luminance(page)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_the_photograph_is_as_torchvision_normalizes_it():
    photo = figures.photograph(64)
    assert photo.tensor.shape == (1, 3, 64, 64)
    assert photo.rgb.shape == (64, 64, 3)
    weights = torchvision.models.ResNet50_Weights.IMAGENET1K_V1.transforms()
    scaled = torch.from_numpy(photo.rgb).permute(2, 0, 1).float() / 255
    expected = torchvision.transforms.functional.normalize(scaled, weights.mean, weights.std)
    torch.testing.assert_close(photo.tensor[0], expected)


def test_a_photograph_is_packed_as_jpeg_and_small_maps_stay_exact():
    fields = figures.receptive_fields(
        figures.photograph(224).rgb, {"a": ReceptiveField(11, 4, -5)}, 3, "Fields")
    assert "data:image/jpeg" in fields.svg
    assert len(fields.svg) < 40_000
    assert "data:image/png" in DRAWN["maps"]().svg
    assert 'image-rendering="pixelated"' in DRAWN["maps"]().svg


# Machado, Oliveira and Fernandes 2009: how linear RGB looks without one kind of cone.
COLOR_BLINDNESS = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
}
TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def lab(color, blindness):
    parts = np.array([int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(blindness) @ linear, 0, 1)
    x, y, z = np.cbrt(np.maximum(np.array(TO_XYZ) @ seen / [0.9505, 1, 1.089], 0.0089))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kind", COLOR_BLINDNESS)
def test_colors_differ_for_color_blind_readers(kind):
    seen = [lab(color, COLOR_BLINDNESS[kind]) for color in style.SERIES]
    gaps = [np.linalg.norm(a - b) for k, a in enumerate(seen) for b in seen[:k]]
    assert min(gaps) > 12
