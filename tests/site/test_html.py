"""The built pages, read as text."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from book.kit import reading

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted(path.stem for path in (ROOT / "book").glob("[0-9][0-9]_*.ipynb"))
LOADING = [
    *((tag, "src") for tag in ("script", "img", "iframe", "source")),
    *((tag, "href") for tag in ("link", "image")),
    ("image", "xlink:href"),
]


@pytest.fixture(scope="session")
def soups(pages: dict[str, str]) -> dict[str, BeautifulSoup]:
    return {address: BeautifulSoup(text, "html.parser") for address, text in pages.items()}


def test_chapters_are_short_and_say_how_long_they_take_to_read(pages):
    """Words change a little where a sentence is computed, so the record may be a little off."""
    kept = reading.recorded()
    for name in CHAPTERS:
        found = reading.count(pages[f"book/{name}.html"])
        assert found.words <= reading.MOST_WORDS, f"{name}: {found}"
        assert found.in_folds <= reading.MOST_IN_FOLDS, f"{name}: {found}"
        assert found.words == pytest.approx(kept[name].words, rel=0.02), f"make reading: {name}"
        assert f"About {kept[name].minutes} minutes to read." in pages[f"book/{name}.html"]


def test_every_chapter_has_a_page(pages):
    assert CHAPTERS
    missing = [name for name in CHAPTERS if f"book/{name}.html" not in pages]
    assert not missing, "written chapters missing from _toc.yml"


def test_nothing_is_loaded_from_another_host(html, soups):
    for address, soup in soups.items():
        for tag, attribute in LOADING:
            for element in soup.find_all(tag, attrs={attribute: True}):
                where = urlsplit(element[attribute])
                assert not where.netloc, f"{address}: {element}"
    sheets = list((html / "_static").rglob("*.css"))
    assert {"site.css", "widgets.css"} <= {sheet.name for sheet in sheets}
    for sheet in sheets:
        assert not re.search(r"url\(\s*[\"']?(https?:)?//", sheet.read_text()), sheet


def test_what_a_page_loads_exists(html, soups):
    for address, soup in soups.items():
        for tag, attribute in LOADING:
            for element in soup.find_all(tag, attrs={attribute: True}):
                path = unquote(urlsplit(element[attribute]).path)
                if path:
                    assert ((html / address).parent / path).exists(), f"{address}: {element}"


@pytest.mark.parametrize(
    "word", ["mathjax", "require.js", "all.min.js", "html-manager", "thebe", "unpkg", "jsdelivr"]
)
def test_heavy_stock_parts_are_gone(soups, word):
    for address, soup in soups.items():
        loaded = [str(tag) for tag in soup.find_all(["script", "link"])]
        assert not [tag for tag in loaded if word in tag.lower()], address


def test_strict_policy_and_nothing_inline(soups):
    for address, soup in soups.items():
        policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
        assert policy, address
        assert "default-src 'none'" in policy["content"]
        assert "unsafe" not in policy["content"]
        for script in soup.find_all("script"):
            assert script.get("src") or script.get("type") == "application/json", script
        assert not soup.find_all("style"), address
        assert not soup.find_all(style=True), address
        handlers = [t for t in soup.find_all(True) if any(a.startswith("on") for a in t.attrs)]
        assert not handlers, address


def test_ids_are_unique(soups):
    for address, soup in soups.items():
        ids = [tag["id"] for tag in soup.find_all(id=True)]
        assert len(ids) == len(set(ids)), address


def test_internal_links_lead_somewhere(html, soups):
    dead = []
    for address, soup in soups.items():
        for link in soup.find_all("a", href=True):
            where = urlsplit(link["href"])
            if where.scheme or where.netloc:
                continue
            path = (html / address).parent / unquote(where.path) if where.path else html / address
            target = soups.get(str(path.resolve().relative_to(html.resolve())))
            there = path.exists()
            if there and where.fragment:
                there = target is not None and target.find(id=unquote(where.fragment)) is not None
            if not there:
                dead.append((address, link["href"]))
    assert not dead


def test_formulas_are_mathml(soups):
    for name in CHAPTERS:
        source = (ROOT / f"book/{name}.ipynb").read_text()
        soup = soups[f"book/{name}.html"]
        if re.search(r"\$[^$\n]*\\\\[a-z]+", source):
            assert soup.find("math"), f"{name} writes TeX and its page has no formula"
    for address, soup in soups.items():
        code = ("code", "pre", "script")
        text = "".join(str(t) for t in soup.find_all(string=True) if not t.find_parent(code))
        raw = re.findall(r"\$[^$\n]{1,80}\$|\\(?:frac|lfloor|left|text|times|cdot)\b", text)
        assert not raw, address


def test_formulas_use_characters_of_the_font(soups):
    listed = (ROOT / "book/_site/vendor/fonts/unicodes.txt").read_text()
    covered: set[int] = set()
    for item in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", listed):
        first = int(item[0], 16)
        covered.update(range(first, int(item[1] or item[0], 16) + 1))
    for address, soup in soups.items():
        for formula in soup.find_all("math"):
            outside = {c for c in drawn_text(formula) if not c.isspace() and ord(c) not in covered}
            assert not outside, f"{address}: {outside} in {formula.get_text()}"


def drawn_text(formula):
    """The characters of a formula as they are drawn: a letter alone in its <mi> is italic."""
    italic = {
        chr(int(unicodedata.decomposition(chr(code)).split()[1], 16)): chr(code)
        for code in (*range(0x1D434, 0x1D455), *range(0x1D456, 0x1D468), *range(0x1D6E2, 0x1D71C))
    }
    for text in formula.find_all(string=True):
        letter = text.parent.name == "mi" and text.parent.get("mathvariant") != "normal"
        yield from italic.get(text, text) if letter else text


def test_every_icon_is_in_the_subset(soups):
    sheet = (ROOT / "book/_site/icons.css").read_text()
    known = set(re.findall(r"\.(fa-[a-z-]+)(?:::before)? ", sheet))
    for address, soup in soups.items():
        classes = {c for tag in soup.find_all(class_=True) for c in tag.get_attribute_list("class")}
        used = {c for c in classes if isinstance(c, str) and re.match(r"fa[bsr]?-|fa[bsr]?$", c)}
        assert used <= known, f"{address}: {used - known}"


def test_colab_link_names_the_notebook_in_the_repository(soups):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    repository = project["urls"]["Repository"].removeprefix("https://github.com/")
    for address, soup in soups.items():
        links = [a["href"] for a in soup.find_all("a", href=re.compile("colab.research.google"))]
        name = Path(address).stem
        if name in CHAPTERS:
            opened = f"github/{repository}/blob/main/book/{name}.ipynb"
            assert set(links) == {f"https://colab.research.google.com/{opened}"}
        else:
            assert not links, address


def test_widget_host_only_where_there_is_a_widget(soups):
    with_widget = {address for address, soup in soups.items() if soup.find(class_="rl-widget")}
    hosting = {
        address for address, soup in soups.items() if soup.find("script", src=re.compile("host.js"))
    }
    assert hosting == with_widget
    for address in with_widget:
        host = soups[address].find("script", src=re.compile("host.js"))
        assert host["type"] == "module"


def test_landing_page_lists_all_chapters(soups):
    article = soups["book/index.html"].find("article")
    items = article.select("ol > li")
    assert len(items) == 18
    for number, item in enumerate(items, start=1):
        written = [name for name in CHAPTERS if name.startswith(f"{number:02d}_")]
        links = [Path(urlsplit(a["href"]).path).stem for a in item.find_all("a")]
        assert links == written
        assert ("planned" in item.get_text()) == (not written)
