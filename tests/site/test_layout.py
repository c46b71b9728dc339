"""Numbers of chapters, room around questions, and what a phone shows of tables and code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from visits import visit, wait_until

from book.kit.metadata import PARTS

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = {
    f"book/{path.stem}.html": int(path.stem.partition("_")[0])
    for path in sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
}
UNFOLD = "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
# Boxes that scroll sideways and have no shadow that stays while their content moves.
WITHOUT_EDGE = """() => [...document.querySelectorAll(".bd-article *")].filter((box) => {
    const style = getComputedStyle(box);
    const scrolls = ["auto", "scroll"].includes(style.overflowX)
        && box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0;
    const shadow = style.backgroundImage.includes("gradient")
        && style.backgroundAttachment.includes("local");
    return scrolls && !shadow && !box.matches(".math-display");
}).map((box) => box.outerHTML.slice(0, 100))"""
SMALL_TEXT = """() => [...document.querySelectorAll(".bd-article svg")].flatMap((svg) => {
    const scale = svg.getBoundingClientRect().width / (svg.viewBox.baseVal?.width || Infinity);
    return [...svg.querySelectorAll("text")]
        .map((text) => [parseFloat(getComputedStyle(text).fontSize) * scale, text.textContent])
        .filter(([size]) => size > 0 && size < 11);
})"""


@pytest.mark.parametrize("address", NUMBERS)
def test_a_chapter_has_its_number_wherever_its_title_stands(pages, address):
    number, page = NUMBERS[address], pages[address]
    shown = rf'<span class="rl-number">{number}</span> '
    title = re.search(rf"<h1>{shown}(.*?)<a ", page)
    assert title
    assert re.search(rf"<title>\s*{number} {re.escape(title[1])}", page)
    link = re.search(
        rf'href="{Path(address).name}">\s*{shown}(.*?)\s*</a>', pages["book/index.html"]
    )
    assert link
    assert link[1] == title[1]


def test_parts_in_the_sidebar_have_no_numeral_that_could_be_missing(pages):
    shown = re.findall(r'<span class="caption-text">(.*?)</span>', pages["book/index.html"])
    named = [part.partition(" ")[2] for part in PARTS]
    assert shown[-1] == "Appendix"
    assert shown[:-1] == [name for name in named if name in shown]


def test_every_column_of_a_table_has_a_name(pages):
    heads = {
        address: re.findall(r"<th\b[^>]*>(.*?)</th>", page, re.DOTALL)
        for address, page in pages.items()
    }
    assert any(heads.values())
    assert not [address for address, names in heads.items() if not all(map(str.strip, names))]


@pytest.mark.everything
def test_a_question_keeps_away_from_the_options_above_it(browser, site):
    with visit(browser, site, "book/14_cifar_family.html") as opened:
        gaps = opened.page.locator("details.rl-option").evaluate_all(
            """(options) => options.flatMap((option) => {
                const next = option.nextElementSibling;
                if (!next) return [];
                const kind = next.matches("details.rl-option") ? "option" : next.localName;
                const end = option.getBoundingClientRect().bottom;
                return [[kind, next.getBoundingClientRect().top - end]];
            })"""
        )
    within = [room for kind, room in gaps if kind == "option"]
    before_question = [room for kind, room in gaps if kind == "p"]
    assert len(before_question) >= 4
    assert min(before_question) >= 2 * max(within)


@pytest.mark.everything
def test_on_a_phone_what_scrolls_has_an_edge_and_text_in_figures_is_legible(browser, site):
    faults = {}
    for address in NUMBERS:
        with visit(browser, site, address, width=390) as opened:
            opened.page.evaluate(UNFOLD)
            wait_until(opened.page, "!document.querySelector('.rl-widget:not([data-awake])')")
            found = [*opened.page.evaluate(WITHOUT_EDGE), *opened.page.evaluate(SMALL_TEXT)]
            if found:
                faults[address] = found[:5]
    assert not faults


@pytest.mark.everything
def test_on_a_phone_the_ledger_shows_what_was_computed(browser, site):
    with visit(browser, site, "book/appendix/claims.html", width=390) as opened:
        rows = opened.page.locator(".rl-cards tbody tr").all()
        assert len(rows) > 10
        for row in rows[:10]:
            for cell in row.locator("td").all():
                box = cell.bounding_box()
                assert box
                assert 0 <= box["x"] < box["x"] + box["width"] <= 390


@pytest.mark.everything
def test_on_a_phone_the_first_column_of_a_wide_table_stays(browser, site):
    with visit(browser, site, "book/14_cifar_family.html", width=390) as opened:
        lefts = opened.page.locator(".rl-table").evaluate_all(
            """(all) => all.filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => {
                box.scrollLeft = box.scrollWidth;
                const first = box.querySelector("tbody tr > :first-child").getBoundingClientRect();
                return first.left - box.getBoundingClientRect().left;
            })"""
        )
    assert lefts
    assert max(map(abs, lefts)) <= 1


@pytest.mark.everything
def test_figures_fill_the_column(browser, site):
    with visit(browser, site, "book/14_cifar_family.html") as opened:
        parts = opened.page.locator(".rl-figure:visible").evaluate_all(
            """(boxes) => boxes.map((box) => [box.getBoundingClientRect(),
                box.querySelector("svg").getBoundingClientRect()])
                .map(([box, svg]) => [svg.width / box.width,
                    svg.left - box.left - (box.right - svg.right)])"""
        )
    assert parts
    assert min(share for share, _ in parts) >= 0.7
    assert max(abs(aside) for _, aside in parts) <= 2
