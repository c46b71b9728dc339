"""What answers a prediction is covered, and every way to it opens the cover."""

from __future__ import annotations

from urllib.parse import quote

import covers
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from page_cells import part_of
from visits import visit, wait_until

from book.kit import notebooks, quizzes

PREDICTIONS = {
    path.stem: quizzes.load(notebooks.BOOK / "quizzes" / f"{path.stem}.yml").predictions
    for path in notebooks.chapters()
}
CHAPTER = "book/01_degradation.html"
ITEM = "training-error"
COVER = f".rl-cover[data-item={ITEM}]"
COVERED, NOTE = f"{COVER} > .rl-covered", f"{COVER} > .rl-cover-note"
OPTION = f"details.rl-option[data-item={ITEM}]"
OPENED = f"document.querySelector('{COVERED}').offsetHeight > 40"
IDS = [item.id for item in PREDICTIONS["01_degradation"]]
SAID = f"The result is shown ({IDS.index(ITEM) + 1} of {len(IDS)})."
# Shown: it has a size, and nothing around it hides it.
SHOWN = """(selector) => [...document.querySelectorAll(selector)].map((part) =>
    part.checkVisibility() && part.firstElementChild.checkVisibility()
    && part.getBoundingClientRect().height > 40)"""
IN_VIEW = """(selector) => {
    const top = document.querySelector(selector).getBoundingClientRect().top;
    return -5 < top && top < 400;
}"""
PLACES = """() => document.fonts.ready.then(() =>
    [...document.querySelectorAll("article :is(h1, h2, h3, p, .rl-cover)")]
        .filter((part) => !part.closest(".rl-covered"))
        .map((part) => part.getBoundingClientRect().top + scrollY))"""


def a_cell(number, output="It is 55.", *tags):
    classes = ["cell", *(f"tag_{tag}" for tag in tags)]
    cell = nodes.container(nb_element="cell_code", cell_index=number, classes=classes)
    cell += nodes.container("", nodes.literal_block("", "run()"), nb_element="cell_code_source")
    if output:
        cell += nodes.container("", nodes.paragraph("", output), nb_element="cell_code_output")
    return cell


def a_prediction(item, result):
    option = f'<details class="rl-option" data-item="{item}" data-result="{result}">'
    return [nodes.block_quote("", nodes.paragraph("", "Predict.")), nodes.raw("", option)]


def covered(*parts, cell, item="guess"):
    """The text of a section without covers, and in each cover, after covering a cell's output."""
    document = new_document("page")
    section = nodes.section("", *parts)
    document += section
    covers.cover(cell, part_of(cell, "output"), item)
    texts, depth = ["", ""], 0
    for part in section:
        is_raw = isinstance(part, nodes.raw) and "rl-option" not in part.astext()
        depth = {True: int("rl-cover" in part.astext()), False: depth}[is_raw]
        texts[depth] += "" if is_raw else part.astext() + " "
    return [" ".join(text.split()) for text in texts]


def test_the_cover_reaches_from_the_output_to_the_next_heading():
    cell = a_cell(0)
    later = nodes.section("", nodes.title("", "Later"))
    text = nodes.paragraph("", "So it rounds down.")
    assert covered(cell, text, a_cell(1, "Two."), later, cell=cell) == [
        "run() Later", "It is 55. So it rounds down. run() Two."]


def test_folded_code_is_covered_with_what_it_computed():
    cell = a_cell(0, "It is 55.", "hide-input")
    assert covered(nodes.paragraph("", "Before."), cell, cell=cell) == [
        "Before.", "run() It is 55."]


def test_the_next_prediction_is_not_covered():
    cell = a_cell(0)
    assert covered(cell, *a_prediction("next", "other"), cell=cell)[1] == "It is 55."


def test_a_page_names_the_cells_that_answer_it():
    document = new_document("page")
    document += a_prediction("guess", "run-it")
    document += nodes.raw("", '<details class="rl-option" data-item="quiz">')
    assert covers.asked(document) == {"guess": "run-it"}


@pytest.mark.parametrize("chapter", PREDICTIONS)
def test_every_prediction_has_its_cover(pages, chapter):
    soup = BeautifulSoup(pages[f"book/{chapter}.html"], "html.parser")
    found = {cover["data-item"]: cover for cover in soup.select(".rl-cover")}
    assert list(found) == [item.id for item in PREDICTIONS[chapter]]
    for item, cover in found.items():
        inside = cover.select_one(".rl-covered")
        first = inside.find(True)
        assert first.select_one(".cell_output"), f"{item}: no output"
        folded = "tag_hide-input" in first["class"]
        assert bool(first.select_one(".cell_input")) is folded, f"{item}: code and output part"
        assert not inside.select("h1, h2, h3, h4, .rl-option"), item
        after = cover.find_next_sibling(True)
        assert after is None or after.name == "section" or after.text.startswith("\nPredict."), (
            f"{item}: {str(after)[:80]} follows uncovered")
        assert soup.select_one(f'.rl-option[data-item="{item}"]').sourceline < cover.sourceline


def words_of(pages):
    """The words with which a paragraph begins that is covered."""
    soup = BeautifulSoup(pages[CHAPTER], "html.parser")
    return str(soup.select_one(f"{COVERED} > p").contents[0]).split()[:5]


@pytest.mark.everything
class TestInTheBrowser:
    @pytest.mark.parametrize("width", [390, 1280])
    @pytest.mark.parametrize("chapter", PREDICTIONS)
    def test_pages_come_covered_and_nothing_shifts(self, browser, site, chapter, width):
        """The style sheet alone covers, and the script that comes later moves nothing."""
        address = f"book/{chapter}.html"
        with visit(browser, site, address, width=width) as opened:
            wait_until(opened.page, "document.querySelector('.rl-covered[hidden]') !== null")
            assert not any(opened.page.evaluate(SHOWN, ".rl-covered"))
            notes = opened.page.locator(".rl-cover-note")
            assert all(note.is_visible() for note in notes.all())
            assert not opened.trouble()
            places = opened.page.evaluate(PLACES)
            opened.page.route("**/covers.js*", lambda route: route.abort())
            opened.page.reload(wait_until="networkidle")
            assert not opened.page.locator(".rl-covered[hidden]").count()
            assert not any(opened.page.evaluate(SHOWN, ".rl-covered"))
            assert opened.page.evaluate(PLACES) == places

    def test_an_option_opens_its_own_cover_by_keyboard(self, browser, site):
        with visit(browser, site, CHAPTER) as opened:
            page = opened.page
            page.locator(OPTION).last.locator("summary").focus()
            page.keyboard.press("Enter")
            wait_until(page, OPENED)
            assert page.evaluate(SHOWN, ".rl-covered").count(True) == 1
            assert not page.locator(NOTE).is_visible()
            assert page.locator("main > [role=status]").inner_text() == SAID
            assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
            page.keyboard.press("Enter")
            assert page.evaluate(SHOWN, COVERED) == [True], "a closed option covers it again"
            assert not opened.trouble()

    def test_the_button_shows_the_result_and_hands_on_the_focus(self, browser, site):
        with visit(browser, site, CHAPTER) as opened:
            page = opened.page
            page.locator(OPTION).last.locator("summary").focus()
            for _ in range(12):
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement.className") == "rl-uncover":
                    break
            button = page.get_by_role("button", name="Show the result without guessing")
            assert page.evaluate("document.activeElement.className") == "rl-uncover"
            assert button.count() == len(IDS)
            page.keyboard.press("Enter")
            assert page.evaluate(SHOWN, COVERED) == [True]
            assert page.evaluate("document.activeElement.id") == f"result-{ITEM}"
            assert page.locator("main > [role=status]").inner_text() == SAID
            assert not page.locator(OPTION + "[open]").count()

    def test_what_is_covered_is_out_of_reach(self, browser, site, pages):
        sentence = " ".join(words_of(pages))
        with visit(browser, site, CHAPTER) as opened:
            page = opened.page
            assert sentence not in page.locator("main").aria_snapshot()
            page.locator(".rl-uncover").first.focus()
            inside = "document.activeElement.closest('.rl-covered') !== null"
            for _ in range(30):
                page.keyboard.press("Tab")
                assert not page.evaluate(inside)
            page.locator(f".rl-cover[data-item={ITEM}] .rl-uncover").click()
            assert sentence in page.locator("main").aria_snapshot()

    @pytest.mark.parametrize("way", ["link", "search of the site", "find in page"])
    def test_links_and_searches_open_what_they_lead_to(self, browser, site, pages, way):
        """A link to text is followed as find-in-page looks: through what is hidden until found."""
        words = words_of(pages)
        where = {
            "link": f"?#result-{ITEM}",  # a page that is loaded anew
            "search of the site": f"?highlight={quote(max(words, key=len))}",
            "find in page": f"#:~:text={quote(' '.join(words)).replace('-', '%2D')}",
        }[way]
        with visit(browser, site, CHAPTER) as opened:
            opened.page.goto(site + CHAPTER + where)
            wait_until(opened.page, OPENED)
            assert opened.page.evaluate(SHOWN, COVERED) == [True]
            assert not opened.trouble()

    def test_a_link_on_the_page_opens_what_it_leads_to(self, browser, site):
        with visit(browser, site, CHAPTER) as opened:
            page = opened.page
            page.evaluate("location.hash = '#result-training-error'")
            wait_until(page, OPENED)
            wait_until(page, IN_VIEW, COVERED)  # pages scroll smoothly

    @pytest.mark.parametrize("chapter", PREDICTIONS)
    def test_nothing_is_covered_in_print(self, browser, site, chapter):
        with visit(browser, site, f"book/{chapter}.html") as opened:
            assert not any(opened.page.evaluate(SHOWN, ".rl-covered"))
            opened.page.emulate_media(media="print")
            assert all(opened.page.evaluate(SHOWN, ".rl-covered"))
            assert not any(note.is_visible() for note in
                           opened.page.locator(".rl-cover-note").all())

    @pytest.mark.parametrize("chapter", PREDICTIONS)
    def test_nothing_is_covered_without_script(self, browser, site, chapter):
        with visit(browser, site, f"book/{chapter}.html", java_script_enabled=False) as opened:
            parts = opened.page.locator(".rl-covered")
            assert parts.count() == len(PREDICTIONS[chapter])
            assert all(part.bounding_box()["height"] > 40 for part in parts.all())
            assert all(part.is_visible() for part in parts.all())
