"""Figures of training runs: they say what they were made from, and take nothing else."""

import re
import xml.etree.ElementTree as ET
from statistics import mean

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


def test_dots_are_one_a_seed():
    figure = figures.final_values(RUNS, ["plain20", "plain56"], title="Ends", reference="plain20")
    uses = len(re.findall(r"<use ", figure.svg))
    ticks = len(re.findall(r"matplotlib.axis|ytick|xtick", figure.svg))
    assert ticks == 0
    assert uses >= sum(len(RUNS.seeds(run)) for run in ("plain20", "plain56"))


@pytest.mark.parametrize("call", [
    lambda: figures.training_curves(RUNS, {}),
    lambda: figures.training_curves(RUNS, {"none": []}),
    lambda: figures.training_curves(RUNS, {"many": list(RUNS.records)}),
    lambda: figures.training_curves(RUNS, PANELS, "accuracy"),
    lambda: figures.training_curves(RUNS, {"a": ["resnet1202"]}),
    lambda: figures.final_values(RUNS, ["resnet1202"]),
    lambda: figures.final_values(RUNS, quantity="accuracy"),
])
def test_bad_input_names_the_argument(call):
    with pytest.raises(ValueError, match="must"):
        call()
