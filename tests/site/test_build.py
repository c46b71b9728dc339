"""The parts that build and serve the site, each alone."""

from __future__ import annotations

import base64
import gzip
import shutil
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import build
import nbformat
import pytest
import serve
import strict_pages
import temml_math

ROOT = Path(__file__).resolve().parents[2]
PAGE = "<!DOCTYPE html><html><head><meta charset='utf-8'/>{head}</head><body>{body}</body></html>"


@pytest.fixture(scope="module")
def typesetter():
    setter = temml_math.Typesetter()
    yield setter
    setter.close()


def test_formula_becomes_mathml(typesetter):
    formula = typesetter.mathml(r"\left\lfloor \frac{a}{b} \right\rfloor", display=True)
    assert formula.startswith("<math")
    assert "<mfrac>" in formula
    assert "⌊" in formula


@pytest.mark.parametrize("tex", [r"\frac{1", r"\nosuch x", "x_{", r"\begin{nothing}\end{nothing}"])
def test_bad_formula_is_refused_and_the_next_one_works(typesetter, tex):
    with pytest.raises(ValueError, match=r"\S"):
        typesetter.mathml(tex, display=False)
    assert "<math" in typesetter.mathml("x^2", display=False)


def test_strict_moves_what_is_inline(tmp_path):
    html = PAGE.format(
        head="<style>p { margin: 0 }</style><script>let a = 1;</script>",
        body='<p class="x" style="color: red">text</p>'
        '<script type="application/json">{"a": 1}</script>',
    )
    strict = strict_pages.strict("page", html, tmp_path, "../")
    assert "style=" not in strict
    assert "let a" not in strict
    assert '{"a": 1}' in strict
    moved = "".join(path.read_text() for path in (tmp_path / "moved").iterdir())
    assert "let a = 1;" in moved
    assert "p { margin: 0 }" in moved
    assert "color: red" in moved


def test_strict_gives_embedded_pictures_files(tmp_path):
    picture = bytes(range(200))
    data = "data:image/png;base64," + base64.b64encode(picture).decode()
    body = f'<img src="{data}"/><svg><image xlink:href="{data}"/></svg>'
    strict = strict_pages.strict("page", PAGE.format(head="", body=body), tmp_path, "../")
    assert "base64" not in strict
    (kept,) = (tmp_path / "moved").iterdir()
    assert kept.read_bytes() == picture
    assert strict.count(f'"../_static/moved/{kept.name}"') == 2


def test_strict_refuses_an_event_attribute(tmp_path):
    html = PAGE.format(head="", body='<button onclick="go()">go</button>')
    with pytest.raises(strict_pages.PolicyError, match="onclick"):
        strict_pages.strict("page", html, tmp_path, "")


def test_fingerprints_follow_the_package_and_the_site(tmp_path, monkeypatch):
    for name in ("resnet_lab/a.py", "resnet_lab/widgets/a.js", "book/_ext/a.py", "_toc.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    for name in ("_config.yml", "requirements.txt"):
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    first = build.fingerprints()
    assert build.fingerprints() == first
    (tmp_path / "resnet_lab/widgets/a.js").write_text("2")
    second = build.fingerprints()
    assert second["chapters"] != first["chapters"]
    assert second["pages"] == first["pages"]
    (tmp_path / "book/_ext/a.py").write_text("2")
    third = build.fingerprints()
    assert third["pages"] != second["pages"]
    assert third["chapters"] == second["chapters"]


def test_server_compresses(html):
    book = serve.server(0)
    threading.Thread(target=book.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{book.server_port}/book/index.html"
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        compressed = answer.read()
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == gzip.decompress(compressed)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://127.0.0.1:{book.server_port}/nothing.html")
    book.shutdown()
    book.server_close()


def test_server_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(serve, "HTML", tmp_path)
    assert serve.main(["0"]) == 1
    assert "make book" in capsys.readouterr().err
    assert serve.main(["x"]) == 2


def small_book(folder: Path, cell: str) -> None:
    """Write a book of one chapter with the site's own configuration."""
    shutil.copytree(ROOT / "book/_ext", folder / "book/_ext")
    shutil.copytree(ROOT / "book/_site", folder / "book/_site")
    for name in ("_config.yml", "requirements.txt", "book/build.py"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "resnet_lab/widgets").mkdir(parents=True)
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n  - file: book/01_small\n"
    )
    (folder / "book/index.md").write_text("# Small\n\nText.\n")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# One"), nbformat.v4.new_code_cell(cell)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, folder / "book/01_small.ipynb")


def run_build(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "book/build.py")], capture_output=True, text=True
    )


@pytest.mark.everything
@pytest.mark.parametrize("fault", ["1 / 0", r"from IPython.display import *; Math('\\frac{1')"])
def test_a_failing_chapter_fails_every_time(tmp_path, fault):
    small_book(tmp_path, fault)
    for _ in range(2):
        assert run_build(tmp_path).returncode != 0


@pytest.mark.everything
def test_a_change_in_the_package_executes_the_chapters_again(tmp_path):
    counter = tmp_path / "runs"
    small_book(tmp_path, f"open({str(counter)!r}, 'a').write('x')")
    for runs, change in [("x", None), ("x", None), ("xx", "resnet_lab/widgets/new.js")]:
        if change:
            (tmp_path / change).write_text("1")
        assert run_build(tmp_path).returncode == 0
        assert counter.read_text() == runs
