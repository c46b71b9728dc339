"""Figures of training runs: they say what they were made from, and take nothing else."""

import re
import xml.etree.ElementTree as ET
from statistics import mean

import numpy as np
import pytest

from resnet_lab import figures
from resnet_lab.records import runs

RUNS = runs("degradation", "small")
PANELS = {"plain": ["plain20", "plain56"], "residual": ["resnet20", "resnet56"]}


def lines(figure, color):
    """Point lists of the lines drawn in a color, thick ones last."""
    tree = ET.fromstring(figure.svg)
    paths = [
        path for path in tree.iter("{http://www.w3.org/2000/svg}path")
        if path.get("stroke") == color and path.get("d", "").count("L") > 3
    ]
    return sorted(paths, key=lambda path: float(path.get("stroke-width", 1)))


def test_there_is_a_thin_line_a_seed_and_a_thick_one():
    figure = figures.training_curves(RUNS, {"plain": ["plain56"]}, title="Depth")
    drawn = lines(figure, figures.style.SERIES[0])
    assert len(drawn) == len(RUNS.seeds("plain56")) + 1
    widths = [float(path.get("stroke-width")) for path in drawn]
    assert widths[-1] > widths[-2]


def test_the_thick_line_ends_at_the_mean():
    figure = figures.training_curves(RUNS, {"plain": ["plain56"]}, title="Depth")
    *thin, thick = lines(figure, figures.style.SERIES[0])
    ends = [float(re.findall(r"-?[\d.]+", path.get("d"))[-1]) for path in thin]
    assert float(re.findall(r"-?[\d.]+", thick.get("d"))[-1]) == pytest.approx(mean(ends), abs=0.05)


def test_the_words_say_the_data_the_size_and_where_each_run_ends():
    figure = figures.training_curves(RUNS, PANELS, "test_error", "Depth")
    assert "handwritten digits, small size" in figure.alt
    assert "handwritten digits, small size" in figure.svg
    for labels in PANELS.values():
        for run in labels:
            ended = RUNS.final(run, "test_error")
            assert f"{RUNS.title(run)} ends at {ended.mean:.3g} on average" in figure.alt


def test_dots_are_one_a_seed_and_lie_where_the_seeds_ended():
    """Both runs are on one scale, and the dashed line of the reference is at its mean."""
    labels = ["plain56", "plain20"]
    figure = figures.final_values(RUNS, labels, title="Ends", reference="plain20")
    blue, orange = figures.style.SERIES[:2]
    drawn = [
        [float(x) for x in re.findall(rf'<use x="([\d.]+)" y="[\d.]+" fill="{color}"', figure.svg)]
        for color in (blue, orange)
    ]
    ended = [RUNS.final(run, "test_error").values for run in labels]
    assert [len(dots) for dots in drawn] == [len(values) for values in ended] == [4, 4]
    slope, start = np.polyfit([*ended[0], *ended[1]], [*drawn[0], *drawn[1]], 1)
    assert np.allclose(np.polyval([slope, start], ended[0]), drawn[0], atol=0.1)
    dashed = re.search(r'<path d="M ([\d.]+) [\d.]+ L \1 [^>]*stroke-dasharray[^>]*>', figure.svg)
    assert f'stroke="{orange}"' in dashed[0]
    assert float(dashed[1]) == pytest.approx(slope * mean(ended[1]) + start, abs=0.1)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: figures.training_curves(RUNS, {}), "^panels must hold at least one, got none"),
    (lambda: figures.training_curves(RUNS, {"none": []}), "^panels must hold .*got 'none': "),
    (lambda: figures.training_curves(RUNS, {"many": list("abcdef")}), "^panels must .*got 'many'"),
    (lambda: figures.training_curves(RUNS, PANELS, "accuracy"), "^quantity must .*got 'accuracy'"),
    (lambda: figures.training_curves(RUNS, {"a": ["resnet1202"]}), "must .*got 'resnet1202'"),
    (lambda: figures.final_values(RUNS, ["resnet1202"]), "must .*got 'resnet1202'"),
    (lambda: figures.final_values(RUNS, quantity="accuracy"), "^quantity must .*got 'accuracy'"),
])
def test_bad_input_names_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()
