"""One word for one thing in the chapters of the family, and plain words."""

import re

import pytest

from book.kit import notebooks

CHAPTERS = ["13_preactivation", "14_cifar_family", "15_which_resnet"]
INSTEAD = {
    r"highways?": "shortcut path",
    r"streams?": "sum, or shortcut path",
    r"lanes?": "place",
    r"passes over": "epochs",
    r"puts? out|put out": "gives",
    r"behind": "after",
    r"whoever": "the one who",
}
SAID = [re.compile(rf"\b(?:{words})\b", re.I) for words in INSTEAD]


def found(text):
    """What the patterns find in a text; words of code and of links do not count."""
    text = re.sub(r"```.*?```|`[^`]+`|\]\([^)]*\)|\{[^}]*\}", " ", text, flags=re.S)
    return [match.group() for pattern in SAID for match in pattern.finditer(text)]


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapters_use_one_word_for_one_thing(name):
    notebook = notebooks.load(notebooks.BOOK / f"{name}.ipynb")
    written = {cell["id"]: found(cell["source"]) for cell in notebook["cells"]}
    assert {cell: words for cell, words in written.items() if words} == {}


@pytest.mark.parametrize("name", CHAPTERS)
def test_questions_use_the_words_of_their_chapter(name):
    assert found((notebooks.BOOK / f"quizzes/{name}.yml").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The stream of v1 drifts.", ["stream"]),
        ("on its highway, in a lane", ["highway", "lane"]),
        ("`highway` in code", []),
        ("[named](https://host/streams)", []),
        ("A 1x1 that puts out four times as many", ["puts out"]),
        ("The plane of an upstream change", []),
    ],
)
def test_words_are_found_where_they_are_read(text, words):
    assert found(text) == words
