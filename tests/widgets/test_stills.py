"""What the site puts in the place of a figure's sentence, drawn by node from the state."""

import json
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
import stills
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from javascript import FIGURES, SOURCES, js
from races import LABELS, runs

from resnet_lab.widgets import Race, StrideCalculator
from resnet_lab.widgets.live import page_html

WORDS = {"title": "Depth", "data": "made-up numbers, small size"}


def drawn(html: str) -> str:
    return stills.with_stills(html, SOURCES)


def race(**settings: object) -> Race:
    return Race(runs(), **{**WORDS, **settings})  # type: ignore[arg-type]


EXAMPLES = {"stride": StrideCalculator(13, 3, 3, 1, 2, ceil_mode=True), "race": race()}


def test_every_figure_has_its_example() -> None:
    assert set(EXAMPLES) == set(FIGURES), "a new figure takes a line in EXAMPLES"


@pytest.mark.parametrize("figure", EXAMPLES.values())
def test_it_is_well_formed_and_needs_no_style(figure: StrideCalculator | Race) -> None:
    before = figure._page_html()
    html = drawn(before)
    root = ElementTree.fromstring(html)
    assert [child.tag for child in root] == ["figure", "script"]
    assert root.findtext("script") == ElementTree.fromstring(before).findtext("script")
    assert not any(element.get("style") for element in root.iter())
    assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
    assert not root.findall(".//style")
    pictures = [svg for svg in root.iter("svg") if svg.get("role") == "img"]
    assert pictures
    assert all(svg.get("aria-label") for svg in pictures)


def test_the_race_is_shown_at_its_end_whatever_the_step() -> None:
    root = ElementTree.fromstring(drawn(race(step=60)._page_html()))
    alt = root.find("figure//svg[@role='img']").get("aria-label")  # type: ignore[union-attr]
    assert alt.startswith(f"{WORDS['title']}: {WORDS['data']}. Line chart of training error")
    assert "at step 720, epoch 12" in alt
    rows = root.findall("figure//tbody/tr")
    assert sorted("".join(row[1].itertext()).strip() for row in rows) == sorted(LABELS)
    caption = "".join(root.find("figure/figcaption").itertext())  # type: ignore[union-attr]
    assert "made-up numbers, small size, 3 seeds a net" in caption


def test_only_figures_change_each_by_its_own_state() -> None:
    one, other = StrideCalculator(56, 1, 2, 0), StrideCalculator(55, 3, 2, 1)
    html = f"<p>before</p>{one._page_html()}<p>between</p>{other._page_html()}<p>after</p>"
    after = drawn(html)
    assert re.sub("<figure.*?</figure>", "", after) == re.sub("<p>Here.*?</p>", "", html)
    assert re.findall("<strong>(.*?)</strong>", after) == ["28 × 28", "28 × 28"]
    assert re.findall("Input (.*?), padding", after) == ["56 × 56", "55 × 55"]
    assert drawn("<p>no figure</p>") == "<p>no figure</p>"


@pytest.mark.parametrize(
    ("folder", "state", "message"),
    [
        ("nothing", {}, "the figure 'nothing' cannot be drawn: Error .*Cannot find module"),
        ("stride", {"size": 0}, "the figure 'stride' cannot be drawn: .*size must be at least 1"),
    ],
)
def test_what_cannot_be_drawn_stops_the_build_and_is_named(
    folder: str, state: dict[str, int], message: str
) -> None:
    with pytest.raises(stills.StillError, match=message):
        drawn(page_html(folder, "Here is nothing.", state))
    assert "<figure" in drawn(race()._page_html()), "the next one is drawn"


def test_the_page_of_a_figure_that_cannot_be_drawn_is_named() -> None:
    html = page_html("stride", "Here is nothing.", {"size": 0})
    document = new_document("page")
    document += nodes.raw("", html, format="html")
    app = SimpleNamespace(srcdir=SOURCES.parents[1])
    with pytest.raises(stills.StillError, match=r"^book/04_stride: the figure 'stride' cannot be"):
        stills.draw_stills(app, document, "book/04_stride")


def test_no_text_can_leave_its_place() -> None:
    hostile = '</script><b x="&amp;">\'<!--'
    made = race(title=hostile)
    page = BeautifulSoup(drawn(made._page_html()), "html.parser")
    assert page.select_one("figure > p").get_text() == hostile
    assert page.select_one("svg[role=img]")["aria-label"].startswith(hostile)
    assert json.loads(page.select_one("script").get_text())["race"]["title"] == hostile
    assert js("js/markup", "markup", ["p", {"title": hostile}, [hostile]]) == (
        '<p title="&lt;/script&gt;&lt;b x=&quot;&amp;amp;&quot;&gt;\'&lt;!--">'
        "&lt;/script&gt;&lt;b x=&quot;&amp;amp;&quot;&gt;'&lt;!--</p>"
    )
