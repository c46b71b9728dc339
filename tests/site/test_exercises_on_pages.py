"""An exercise on a page asks for nothing that a page cannot do."""

from __future__ import annotations

import re

import exercise_pages
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document

from book.kit import notebooks, solutions

CHAPTERS = [path for path in notebooks.chapters() if solutions.exercises(path)]
UNTOUCHED = '<div class="rl-result rl-not-yet"><p>Not yet.</p></div>'


def a_stub(*outputs, source="half = ...\n\ncheck_half(half)"):
    cell = nodes.container(nb_element="cell_code", cell_index=0)
    cell += nodes.container("", nodes.literal_block("", source), nb_element="cell_code_source")
    cell += nodes.container("", *outputs, nb_element="cell_code_output")
    return cell


def test_only_what_the_untouched_check_answers_goes():
    alone = a_stub(nodes.raw("", UNTOUCHED))
    exercise_pages.drop_untouched(alone)
    assert len(alone) == 1
    printed = a_stub(nodes.literal_block("", "56 columns"), nodes.raw("", UNTOUCHED))
    exercise_pages.drop_untouched(printed)
    assert printed[1].astext() == "56 columns"
    right = a_stub(nodes.raw("", UNTOUCHED.replace("not-yet", "right")))
    exercise_pages.drop_untouched(right)
    assert "rl-right" in right[1].astext()


def test_the_stub_is_the_first_code_cell_after_the_mark():
    document = new_document("page")
    stub = a_stub(nodes.raw("", UNTOUCHED))
    document += [
        a_stub(nodes.raw("", "before")), nodes.raw("", "<!-- exercise: half -->"),
        nodes.paragraph("", "Halve it."), stub, a_stub(nodes.raw("", "after")),
    ]
    assert list(exercise_pages.stubs(document)) == [stub]


def test_hints_are_read_from_the_checks(tmp_path):
    checks = tmp_path / "stems" / "checks"
    checks.mkdir(parents=True)
    (checks / "half.py").write_text(
        '@exercise("Try an " "odd number.", "Count `n`.", right="Yes.")\n'
        "def check_half(n):\n    ...\n"
    )
    hints = exercise_pages.hints_of_checks.__wrapped__(tmp_path)
    assert hints == {"check_half": ("Try an odd number.", "Count `n`.")}
    fold = exercise_pages.folded(("One <b>.", "Count `n`."))
    assert "<summary>Hint 2 of 2</summary><p>Count <code>n</code>.</p>" in fold
    assert "One &lt;b&gt;." in fold


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_an_exercise_says_where_to_do_it_and_folds_the_rest(pages, path):
    soup = BeautifulSoup(pages[f"book/{path.stem}.html"], "html.parser")
    exercises = solutions.exercises(path)
    colab = soup.select_one("a.rl-colab")["href"]
    places = soup.select(".rl-place")
    assert len(places) == len(exercises)
    for exercise, place in zip(exercises, places, strict=True):
        assert place.select_one("a")["href"] == colab
        stub, hints, solution = place.find_next_siblings(True)[:3]
        assert exercise.check in stub.text, exercise.id
        assert not stub.select(".cell_output"), exercise.id
        assert (hints.name, hints.summary.text) == ("details", "Hints")
        assert len(hints.select("details > summary")) > 1
        assert (solution.name, solution.summary.text) == ("details", "Reference solution")
        for fold in [hints, *hints.select("details"), solution]:
            assert "open" not in fold.attrs, exercise.id


# A reader of a page has no cell to run, to change or to fill in.
NEEDS_A_KERNEL = re.compile(
    r"\b(?:re)?runs? (?:the|this|that) cell\b|\bnext cell\b.*\bchange\b|\bchange .{0,30}\bcell\b"
    r"|\bNot yet\. Replace\b", re.I)


def test_pages_do_not_ask_for_a_kernel_without_saying_so(pages):
    for address, text in pages.items():
        article = BeautifulSoup(text, "html.parser").select_one("article")
        found = NEEDS_A_KERNEL.findall(article.get_text(" ")) if article else []
        assert not found, f"{address}: {found}"
