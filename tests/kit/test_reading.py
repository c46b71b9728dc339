"""Words, figures and minutes of a page."""

import json

import pytest

from book.kit import cells, metadata, notebooks, reading, sync
from book.kit.reading import Reading, count

PAGE = """
<html><nav>Menu of the site</nav><article class="bd-article">
<h1>One two<a class="headerlink">#</a></h1>
<p>three <code>four</code> <math><mi>x</mi></math></p>
<div class="cell"><details class="rl-code"><summary>Code of this text</summary>
<pre>a = 1</pre></details><div class="cell_output"><p>five six</p><pre>printed</pre></div></div>
<details><summary>seven</summary><p>inside it</p>
<details><summary>deeper</summary><p>here</p></details></details>
<div class="rl-figure"><svg><text>label</text></svg></div><div class="rl-widget">A figure</div>
<img alt="a picture"/><script>let a;</script><style>p {}</style>
</article></html>
"""


def test_words_are_those_that_are_read_with_folds_closed():
    assert count(PAGE) == Reading(words=7, in_folds=4, figures=3)


def test_minutes_are_words_over_200_and_20_seconds_a_figure():
    assert Reading(4000, 1500, 9).minutes == 23
    assert Reading(0, 900, 0).minutes == 1


def test_a_page_without_an_article_is_refused():
    with pytest.raises(ValueError, match="must hold an article"):
        count("<html></html>")


def test_counts_are_recorded_and_stand_in_the_header(tmp_path, monkeypatch, capsys):
    stems = [path.stem for path in notebooks.chapters()]
    for stem in stems:
        (tmp_path / f"{stem}.html").write_text(PAGE)
    record = tmp_path / "reading.json"
    monkeypatch.setattr(reading, "READING", record)
    monkeypatch.setattr(reading, "counted", lambda: {s: count(PAGE) for s in stems})
    assert reading.main() == 0
    assert reading.recorded(record) == {stem: count(PAGE) for stem in stems}
    assert f"{stems[0]}: 7 words of at most 4000" in capsys.readouterr().out
    path = notebooks.chapters()[0]
    header = next(
        cell["source"]
        for cell in sync.synced(path, {}, reading.recorded(record))["cells"]
        if "chapter-header" in notebooks.tags(cell)
    )
    assert header.endswith("> About 1 minutes to read. Not timed yet.")


def test_what_is_too_long_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(reading, "READING", tmp_path / "reading.json")
    for long in (Reading(4001, 0, 0), Reading(0, 1501, 0)):
        monkeypatch.setattr(
            reading, "counted", lambda long=long: {"a": Reading(1, 1, 1), "b": long}
        )
        assert reading.main() == 1
    assert json.loads((tmp_path / "reading.json").read_text())["b"]["in_folds"] == 1501


def test_a_header_without_counts_has_none():
    chapter = metadata.read(notebooks.load(notebooks.chapters()[0]))
    assert "to read" not in cells.header(chapter)
