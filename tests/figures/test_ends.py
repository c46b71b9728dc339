"""Names at the ends of curves: near their lines, and apart from each other."""

import itertools
import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resnet_lab import figures
from resnet_lab.figures.ends import spread

HEIGHTS = st.lists(st.floats(0, 1), min_size=1, max_size=6)


@given(HEIGHTS)
def test_names_keep_their_order_their_distance_and_the_axes(heights):
    moved = spread(heights, 0.1)
    pairs = sorted(zip(heights, moved, strict=True))
    assert all(upper[1] - lower[1] >= 0.1 - 1e-9 for lower, upper in itertools.pairwise(pairs))
    assert min(moved) >= 0
    assert max(moved) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("heights", "moved"),
    [
        ([0.2, 0.6], [0.2, 0.6]),
        ([0.5, 0.5], [0.45, 0.55]),
        ([0.52, 0.5, 0.9], [0.56, 0.46, 0.9]),
        ([0.4, 0.4, 0.4], [0.3, 0.4, 0.5]),
        ([0.0, 0.0], [0.0, 0.1]),
        ([1.0, 0.99], [1.0, 0.9]),
    ],
)
def test_names_that_would_touch_give_way_alike(heights, moved):
    assert spread(heights, 0.1) == pytest.approx(moved)


def test_a_line_reaches_its_name():
    drawn = figures.curve({"up": [0, 1, 2], "down": [2, 1, 0]}, "x", "y", "Crossing").svg
    ends = [float(line.split()[-2]) for line in re.findall(r'd="(M[^"]*)"[^>]*stroke="#', drawn)]
    names = [float(x) for x in re.findall(r'<text[^>]*x="([\d.]+)"[^>]*>(?:up|down)<', drawn)]
    assert ends
    assert len(names) == 2
    assert all(0 < name - max(ends) < 8 for name in names)
