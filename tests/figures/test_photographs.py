"""Photographs side by side: the pixels that are left out are transparent, and counted in words."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_lab import figures

PICTURE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
EVERY_SECOND = np.zeros((4, 6), bool)
EVERY_SECOND[::2, ::2] = True


def drawn(figure):
    """The pictures in a figure's SVG, each with the alpha channel that it was stored with."""
    found = re.findall(r'"data:image/png;base64,([^"]+)"', figure.svg)
    return [np.array(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"))
            for data in found]


def test_pixels_that_are_not_kept_are_transparent():
    figure = figures.photographs({"all": PICTURE, "a quarter": PICTURE}, "Positions",
                                 keep={"a quarter": EVERY_SECOND})
    whole, quarter = drawn(figure)
    assert (whole[..., 3] == 255).all()
    share = (quarter[..., 3] > 0).mean()
    assert share == pytest.approx(1 / 4, abs=0.02)


def test_the_alt_text_counts_what_is_drawn():
    figure = figures.photographs({"all": PICTURE, "a quarter": PICTURE}, "Positions",
                                 keep={"a quarter": EVERY_SECOND})
    assert figure.alt == ("Positions. 2 pictures. all: 4 by 6 pixels; "
                          "a quarter: 4 by 6 pixels, 6 of 24 drawn.")
    assert not re.search(r"\sstyle=|<style", figure.svg)


def test_a_tensor_is_drawn_as_an_array_is():
    keep = {"a": torch.from_numpy(EVERY_SECOND)}
    tensor = figures.photographs({"a": torch.from_numpy(PICTURE)}, "Same", keep=keep)
    assert tensor == figures.photographs({"a": PICTURE}, "Same", keep={"a": EVERY_SECOND})


@pytest.mark.parametrize(("images", "changes", "message"), [
    ({}, {}, "images must name every mask"),
    ({"a": PICTURE}, {"keep": {"b": EVERY_SECOND}}, r"got \['a'\], keep=\['b'\]"),
    ({"a": PICTURE[..., 0]}, {}, r"images must be \(H, W, 3\), got \(4, 6\) for 'a'"),
    ({"a": PICTURE / 255}, {}, "integers from 0 to 255"),
    ({"a": PICTURE.astype(int) + 250}, {}, "integers from 0 to 255"),
    ({"a": PICTURE}, {"keep": {"a": EVERY_SECOND.T}}, r"keep must be \(4, 6\) for 'a', got \(6, 4"),
    ({"a": PICTURE}, {"columns": 0}, "columns must be at least 1, got 0"),
])
def test_bad_input_names_the_argument(images, changes, message):
    with pytest.raises(ValueError, match=message):
        figures.photographs(images, "t", **changes)
