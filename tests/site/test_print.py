"""What a printed chapter shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from visits import visit

pytestmark = pytest.mark.everything

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = [f"book/{path.stem}.html" for path in sorted((ROOT / "book").glob("*_*.ipynb"))]
PAPER = 680  # pixels: the width of A4 between the margins of print.css
UNSEEN = """[...document.querySelectorAll("article details:not(.rl-code) > :not(summary)")]
    .filter((part) => !part.checkVisibility()).map((part) => part.textContent.slice(0, 60))"""
SEEN_MARKS = """[...document.querySelectorAll("article .rl-code summary, article .rl-code pre")]
    .filter((part) => part.checkVisibility()).map((part) => part.textContent.slice(0, 60))"""
SCROLLS = """[...document.querySelectorAll("article *")].filter((part) => {
    const style = getComputedStyle(part);
    return [style.overflowX, style.overflowY].some((way) => way === "auto" || way === "scroll");
}).map((part) => part.outerHTML.slice(0, 80))"""
OUTSIDE = """[...document.querySelectorAll("article :is(p, li, td, th, pre, svg, img)")]
    .filter((part) => part.checkVisibility() && !part.closest("svg, .visually-hidden"))
    .filter((part) => part.getBoundingClientRect().right > window.innerWidth + 1)
    .map((part) => part.outerHTML.slice(0, 80))"""
PARTED = """([inside, after]) => [
    ...[...document.querySelectorAll(inside)]
        .filter((part) => getComputedStyle(part).breakInside !== "avoid"),
    ...[...document.querySelectorAll(after)]
        .filter((part) => getComputedStyle(part).breakAfter !== "avoid"),
].map((part) => part.outerHTML.slice(0, 80))"""
WHOLE = "article :is(.cell_input, blockquote, .rl-result, .rl-still, .rl-figure, img)"
LEADING = "article :is(h2, h3, summary), article p:has(+ details)"
EACH_FOLD = "document.querySelectorAll('article details:not(.rl-code)').forEach"
OPEN = f"{EACH_FOLD}((fold) => {{ fold.open = true; }})"
REMOVE = f"{EACH_FOLD}((fold) => fold.remove())"


def printed(browser, site, address, **options):
    """Open a page as a printer would lay it out."""
    return visit(browser, site, address, width=PAPER, **options)


@pytest.mark.parametrize("script", [True, False])
def test_folds_print_open_and_marks_not_at_all(browser, site, script):
    options = {} if script else {"java_script_enabled": False}
    for address in CHAPTERS:
        with visit(browser, site, "book/index.html", **options) as opened:
            page = opened.page
            page.goto(site + address)
            assert page.evaluate(UNSEEN)
            page.emulate_media(media="print")
            assert page.evaluate(UNSEEN) == []
            assert page.evaluate(SEEN_MARKS) == []


def test_nothing_scrolls_or_leaves_the_paper(browser, site):
    for address in CHAPTERS:
        with printed(browser, site, address) as opened:
            opened.page.emulate_media(media="print")
            assert opened.page.evaluate(SCROLLS) == [], address
            assert opened.page.evaluate(OUTSIDE) == [], address


def test_boxes_stay_whole_and_titles_with_their_parts(browser, site):
    for address in CHAPTERS:
        with printed(browser, site, address) as opened:
            opened.page.emulate_media(media="print")
            assert opened.page.evaluate(PARTED, [WHOLE, LEADING]) == [], address


def sheets(page) -> int:
    """How many pages a PDF has."""
    return page.pdf(format="A4").count(b"/Type /Page\n")


def test_a_pdf_has_the_pages_of_open_folds(browser, site):
    with visit(browser, site, CHAPTERS[0]) as opened:
        as_it_is = sheets(opened.page)
        opened.page.evaluate(OPEN)
        assert sheets(opened.page) == as_it_is > 5
        opened.page.evaluate(REMOVE)
        assert sheets(opened.page) < as_it_is


def test_a_dark_page_prints_dark_on_white(browser, site):
    with visit(browser, site, CHAPTERS[0], scheme="dark") as opened:
        page = opened.page
        theme = "document.documentElement.dataset.theme"
        page.evaluate("""() => window.addEventListener("beforeprint", () => {
            window.seen = document.documentElement.dataset.theme;
        })""")
        page.pdf()
        assert page.evaluate("window.seen") == "light"
        assert page.evaluate(theme) == "dark"
