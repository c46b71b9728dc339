"""Folded code: which cells fold together, what their mark is called, where it stands."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import light_code
import pytest
import quiet_code
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from visits import visit

from book.kit import notebooks

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted(path.stem for path in (ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
NAMES = {
    "Installation and imports",
    "Code without output",
    *(f"Code of this {kind}" for kind in ("figure", "table", "text")),
}
# As many as the longest chapter needs; with Pygments' own marks it had 11,698.
ELEMENTS = 6000
TEXT = nodes.paragraph("", "It is so.")
OUTPUTS = {
    "text": TEXT,
    "table": nodes.table(),
    "figure": nodes.image(uri="a.png"),
}
PLACES = """(marks) => marks.map((mark) => {
    const cell = mark.closest(".cell").getBoundingClientRect();
    const output = mark.closest(".cell").querySelector(".cell_output").getBoundingClientRect();
    const first = mark.closest(".cell").querySelector(".cell_output :is(p, table, pre, svg, img)");
    const box = mark.getBoundingClientRect();
    return {
        wide: box.width, high: box.height, beside: box.left >= output.right,
        level: Math.abs(box.top - first.getBoundingClientRect().top) < 8,
        inside: box.right <= window.innerWidth,
    };
})"""


def cell(code: str, *outputs: nodes.Node, tags: tuple[str, ...] = ("hide-input",)):
    """A code cell as myst-nb leaves it before it folds any."""
    whole = nodes.container(nb_element="cell_code", cell_metadata={"tags": list(tags)})
    if "hide-input" in tags:
        whole["hide_mode"] = "input"
    source = nodes.container(nb_element="cell_code_source")
    source += nodes.literal_block(code, code)
    whole += source
    if outputs:
        whole += nodes.container("", *outputs, nb_element="cell_code_output")
    return whole


def folded(*parts: nodes.Node) -> list[tuple[str, list[str], bool]]:
    """The marks of a page: name, the code under it, and whether an output stands beside."""
    document = new_document("page")
    section = nodes.section("", *(part.deepcopy() for part in parts))
    document += section
    quiet_code.FoldCode(document).run()
    assert not [each for each in document.findall(nodes.container) if each.get("hide_mode")]
    return [
        (mark["name"], [code.astext() for code in mark.findall(nodes.literal_block)],
         mark["beside"])
        for mark in document.findall(quiet_code.Fold)
    ]  # fmt: skip


@pytest.mark.parametrize("kind", OUTPUTS)
def test_a_mark_says_what_the_code_made(kind):
    assert folded(cell("say()", OUTPUTS[kind])) == [(f"Code of this {kind}", ["say()"], True)]
    mixed = folded(cell("say()", TEXT, OUTPUTS[kind]))
    assert mixed == [(f"Code of this {kind}", ["say()"], True)]


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<table><tr><td>1</td></tr></table>", "table"),
        ('<div class="rl-figure"><svg></svg></div>', "figure"),
        ('<div class="rl-widget" data-module="race">{"html": "<table>"}</div>', "figure"),
        ("<b>7</b>", "text"),
    ],
)
def test_a_mark_knows_html(html, kind):
    (mark,) = folded(cell("say()", nodes.raw("", html, format="html")))
    assert mark[0] == f"Code of this {kind}"


def test_what_a_cell_defines_goes_with_the_output_that_follows():
    helper, table = cell("def row(): ..."), cell("rows()", OUTPUTS["table"])
    assert folded(helper, table, cell("say()", TEXT)) == [
        ("Code of this table", ["def row(): ...", "rows()"], True),
        ("Code of this text", ["say()"], True),
    ]
    assert folded(helper, nodes.paragraph("", "Between."), table) == [
        ("Code without output", ["def row(): ..."], False),
        ("Code of this table", ["rows()"], True),
    ]


def test_installation_and_imports_fold_to_one_mark():
    install = cell("try: ...\n%pip install x", tags=("install",))
    imports = [cell("import a", tags=()), cell("from b import (\n    c,\n)", tags=())]
    (mark,) = folded(install, *imports)
    assert mark[0] == "Installation and imports"
    assert len(mark[1]) == 3
    assert not mark[2]
    assert [mark[0] for mark in folded(*imports)] == ["Imports"]
    assert [mark[0] for mark in folded(install, cell("say()", TEXT))] == [
        "Installation", "Code of this text",
    ]  # fmt: skip


def test_code_that_readers_should_see_stays():
    seen = [cell("import a\na.run()", tags=()), cell("import a", TEXT, tags=()),
            cell("%run x", tags=())]  # fmt: skip
    assert folded(*seen) == []


def test_code_loses_marks_and_no_character():
    code = 'def f(x, *, y=1.0):  # so\n    """Two\n    lines."""\n    return f"{x:.2f}" + str(y)\n'
    light_code.LightFormatter.classes = light_code.looks(["a11y-high-contrast-light"])
    pages = [
        BeautifulSoup(highlight(code, PythonLexer(), formatter), "html.parser")
        for formatter in (HtmlFormatter(), light_code.LightFormatter())
    ]
    assert [page.get_text() for page in pages] == [code + "\n"] * 2
    stock, light = ([span.get_text() for span in page.select("pre span")] for page in pages)
    assert len(light) < len(stock) / 2
    assert {"def", "# so", "1.0"} <= set(light)
    assert not {"x", "(", "=", "+", "", " "} & set(light[1:])


def test_kinds_that_look_alike_share_a_class():
    styles = ["a11y-high-contrast-light", "a11y-high-contrast-dark"]
    sheets = [light_code.get_style_by_name(style) for style in styles]
    of_class = {}
    for kind, name in light_code.looks(styles).items():
        if name:
            look = [sheet.style_for_token(kind) for sheet in sheets]
            assert of_class.setdefault(name, look) == look, kind
    assert 5 < len(of_class) < len(light_code.STANDARD_TYPES) / 3


def test_every_fold_has_a_name_and_every_hidden_cell_a_fold(pages):
    for name in CHAPTERS:
        soup = BeautifulSoup(pages[f"book/{name}.html"], "html.parser")
        summaries = [mark.get_text() for mark in soup.select(".rl-code > summary")]
        assert set(summaries) <= NAMES, name
        assert summaries.count("Installation and imports") == 1
        book = notebooks.load(ROOT / f"book/{name}.ipynb")
        cells = [each for each in book["cells"] if each["cell_type"] == "code"]
        assert len(soup.select(".rl-code .cell_input")) == sum(map(is_folded, cells)), name
        assert "Toggle hidden content" not in str(soup)


def is_folded(cell) -> bool:
    """Whether the page should fold a notebook's cell."""
    tags = set(notebooks.tags(cell))
    if "remove-cell" in tags:
        return False
    if {"hide-input", "install"} & tags:
        return True
    try:
        statements = ast.parse(cell["source"]).body
    except SyntaxError:
        return False
    return {type(each) for each in statements} <= {ast.Import, ast.ImportFrom}


def test_pages_have_few_elements(pages):
    counts = {
        address: len(BeautifulSoup(text, "html.parser").find_all(True))
        for address, text in pages.items()
    }
    assert max(counts.values()) < ELEMENTS, json.dumps(counts, indent=1)


@pytest.mark.everything
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_a_mark_stands_beside_what_its_code_made(browser, site, width):
    for name in CHAPTERS:
        with visit(browser, site, f"book/{name}.html", width=width) as opened:
            places = opened.page.locator(".rl-beside > summary").evaluate_all(PLACES)
            assert places
            for place in places:
                assert place["wide"] >= 24, (name, place)
                assert place["high"] >= 24, (name, place)
                for where in ("beside", "level", "inside"):
                    assert place[where], (name, place)


# On the page, wherever the window has scrolled to.
PLACE = """(mark) => {
    const { x, y, width, height } = mark.getBoundingClientRect();
    return [x + scrollX, y + scrollY, width, height];
}"""


@pytest.mark.everything
@pytest.mark.parametrize("script", [True, False])
def test_a_mark_opens_by_keyboard_and_by_touch(browser, site, script):
    address = "book/01_degradation.html"
    options = {"java_script_enabled": script, "has_touch": True}
    with visit(browser, site, "book/index.html", width=390, **options) as opened:
        page = opened.page
        page.goto(site + address)
        fold = page.locator(".rl-beside").first
        code = fold.locator("pre").first
        mark = page.get_by_text("Code of this table", exact=True).first.locator("..")
        assert not code.is_visible()
        mark.focus()
        assert mark.evaluate("(mark) => getComputedStyle(mark).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        assert code.is_visible()
        place = mark.evaluate(PLACE)
        mark.tap()
        assert not code.is_visible()
        assert mark.evaluate(PLACE) == place


@pytest.mark.everything
def test_a_mark_has_a_name_for_screen_readers(browser, site):
    with visit(browser, site, "book/01_degradation.html") as opened:
        tree = opened.page.locator("article").aria_snapshot()
        assert "Code of this table" in tree
        assert "</>" not in tree
