"""What is said of papers and of code of others carries its source; one name is one paper."""

import re
from collections import defaultdict

import pytest

from book.claims import ledger
from book.kit import notebooks

ROWS = {row.id: row for row in ledger.load()}
CITED = re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)")


def prose(path):
    return "\n".join(cell["source"] for cell in notebooks.load(path)["cells"])


def test_a_name_with_a_year_is_one_paper():
    papers = defaultdict(set)
    for path in notebooks.chapters():
        for name, address in CITED.findall(prose(path)):
            if re.search(r"\(20\d\d\)", name):
                papers[name].add(address)
    assert {name: found for name, found in papers.items() if len(found) > 1} == {}
    assert papers


@pytest.mark.parametrize(("id_", "field", "value"), [
    ("he2015-resnet50-cost", "convention", None),
    ("he2015-resnet101-cost", "convention", None),
    ("he2015-resnet152-cost", "convention", None),
    ("he2015-vgg19-cost", "place", "section 3.3 and figure 3"),
    ("keras-resnet50-depth", "convention", "layers with parameters"),
    ("vanlaarhoven2017-scale", "place", "discussion"),
    ("common-stem-factor", "source", "lyk-love's notes on ResNet"),
])
def test_what_a_source_states_and_where(id_, field, value):
    assert getattr(ROWS[id_], field) == value


@pytest.mark.parametrize(("chapter", "cell", "source"), [
    ("03_stems", "bias", "https://github.com/KaimingHe/deep-residual-networks/"),
    ("03_stems", "bias", "https://github.com/keras-team/keras/"),
    ("04_stride_arithmetic", "gaps-in-resnets",
     "https://github.com/KaimingHe/deep-residual-networks/"),
    ("04_stride_arithmetic", "even-kernels", "https://github.com/dmlc/gluon-cv/"),
    ("04_stride_arithmetic", "centers-use", "https://github.com/tensorflow/models/"),
    ("12_versions", "history", "https://github.com/facebookarchive/fb.resnet.torch"),
])
def test_others_code_is_linked_where_it_is_spoken_of(chapter, cell, source):
    cells = notebooks.load(notebooks.BOOK / f"{chapter}.ipynb")["cells"]
    text = next(each["source"] for each in cells if each["id"] == cell)
    assert any(address.startswith(source) for _, address in CITED.findall(text))


def test_the_landing_page_says_what_is_computed_and_what_is_quoted():
    text = (notebooks.BOOK / "index.md").read_text()
    assert "typed" not in text
    assert "is quoted, with its source" in " ".join(text.split())
