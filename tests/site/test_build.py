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
from types import SimpleNamespace

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


def test_moved_files_that_no_page_names_are_removed(tmp_path):
    moved = tmp_path / "_static/moved"
    moved.mkdir(parents=True)
    for name in ("old.css", "used.css"):
        (moved / name).write_text("p {}")
    (tmp_path / "a.html").write_text('<link href="_static/moved/used.css">')
    strict_pages.drop_unused(SimpleNamespace(outdir=tmp_path), RuntimeError("failed"))
    assert len(list(moved.iterdir())) == 2
    strict_pages.drop_unused(SimpleNamespace(outdir=tmp_path), None)
    assert [path.name for path in moved.iterdir()] == ["used.css"]


def test_strict_refuses_an_event_attribute(tmp_path):
    html = PAGE.format(head="", body='<button onclick="go()">go</button>')
    with pytest.raises(strict_pages.PolicyError, match="onclick"):
        strict_pages.strict("page", html, tmp_path, "")


def test_fingerprints_follow_the_package_and_the_site(tmp_path, monkeypatch):
    package = ["resnet_lab/a.py", "resnet_lab/widgets/a.js", "resnet_lab/records/a.parquet"]
    site = ["book/_ext/a.py", "book/_site/site.css", "_toc.yml", "_config.yml"]
    for name in [*package, *site, "requirements.txt"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    before = build.fingerprints()
    assert build.fingerprints() == before
    for name in [*package, *site, "requirements.txt"]:
        (tmp_path / name).write_text("2")
        after = build.fingerprints()
        assert (after["chapters"] != before["chapters"]) == (name not in site), name
        assert (after["pages"] != before["pages"]) == (name not in package), name
        before = after
    (tmp_path / "resnet_lab/__pycache__").mkdir()
    (tmp_path / "resnet_lab/__pycache__/a.pyc").write_text("1")
    assert build.fingerprints() == before


NOW = {"chapters": "1", "pages": "1"}


@pytest.mark.parametrize(
    ("stamp", "kept", "reason"),
    [
        (None, [], "No earlier build"),
        ("", [], "No earlier build"),
        ('{"chapters": "1", "pa', [], "No earlier build"),
        ('["chapters"]', [], "No earlier build"),
        ('{"chapters": "0", "pages": "0"}', [], "resnet_lab, the requirements or Python"),
        ('{"chapters": "0"}', [], "resnet_lab, the requirements or Python"),
        ('{"chapters": "1"}', [build.EXECUTED], "did not finish"),
        ('{"chapters": "1", "pages": "0"}', [build.EXECUTED], "site's own files"),
        ('{"chapters": "1", "pages": "1"}', [build.EXECUTED, build.PARSED, build.WRITTEN], ""),
    ],
)
def test_what_is_dropped_and_why(tmp_path, monkeypatch, capsys, stamp, kept, reason):
    monkeypatch.setattr(build, "BUILD", tmp_path)
    monkeypatch.setattr(build, "STAMP", tmp_path / "fingerprints.json")
    for name in (build.EXECUTED, build.PARSED, build.WRITTEN):
        (tmp_path / name).mkdir()
    if stamp is not None:
        build.STAMP.write_text(stamp)
    build.drop_outdated(build.read_stamp(), NOW)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == sorted(kept)
    said = capsys.readouterr().out
    assert reason in said
    assert said.count("\n") == bool(reason)
    build.write_stamp(NOW)
    assert build.read_stamp() == NOW


def test_a_build_waits_for_another(html):
    program = [sys.executable, "-u", str(ROOT / "book/tools/build.py")]
    with build.alone():
        second = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
        assert second.stdout.readline() == "Another build is at work: waiting for its end.\n"
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(0.5)
    out, _ = second.communicate(timeout=300)
    assert second.returncode == 0, out


def test_server_compresses(html):
    book = serve.server(0)
    threading.Thread(target=book.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{book.server_port}/book/index.html"
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Vary"] == "Accept-Encoding"
        compressed = answer.read()
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == gzip.decompress(compressed)
    for name in ("nothing.html", "%00", "a%00.html", "%ED%A0%80.html", "book/index.html/"):
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            address = f"http://127.0.0.1:{book.server_port}/{name}"
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(urllib.request.Request(address, headers=headers))
    book.shutdown()
    book.server_close()


def test_server_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(serve, "HTML", tmp_path)
    assert serve.main(["0"]) == 1
    assert "make book" in capsys.readouterr().err
    assert serve.main(["x"]) == 2


def small_book(folder: Path, cell: str) -> None:
    """Write a book of one chapter with the site's own configuration."""
    for name in ("book/_ext", "book/_site"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "book/tools").mkdir()
    for name in ("_config.yml", "requirements.txt", "book/tools/build.py"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "resnet_lab/widgets").mkdir(parents=True)
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n  - file: book/01_small\n"
    )
    (folder / "book/index.md").write_text("# Small\n\nText.\n")
    small_chapter(folder, cell)


def small_chapter(folder: Path, cell: str) -> None:
    """Write the first chapter of the small book."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# One"), nbformat.v4.new_code_cell(cell)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, folder / "book/01_small.ipynb")


def run_build(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "book/tools/build.py")], capture_output=True, text=True
    )


@pytest.mark.everything
@pytest.mark.parametrize("fault", ["1 / 0", r"from IPython.display import *; Math('\\frac{1')"])
def test_a_failing_chapter_fails_every_time(tmp_path, fault):
    small_book(tmp_path, fault)
    for _ in range(2):
        assert run_build(tmp_path).returncode != 0


@pytest.mark.everything
def test_a_failed_build_keeps_the_chapters_it_executed(tmp_path):
    counter, faulty = tmp_path / "runs", tmp_path / "book/02_faulty.ipynb"
    small_book(tmp_path, "1 / 0")
    (tmp_path / "book/01_small.ipynb").rename(faulty)
    small_chapter(tmp_path, f"open({str(counter)!r}, 'a').write('x')")
    toc = tmp_path / "_toc.yml"
    toc.write_text(toc.read_text() + "  - file: book/02_faulty\n")
    for _ in range(2):
        assert run_build(tmp_path).returncode != 0
        assert counter.read_text() == "x"
    faulty.write_text(faulty.read_text().replace("1 / 0", "1 / 1"))
    build = run_build(tmp_path)
    assert build.returncode == 0
    assert "did not finish" in build.stdout
    assert counter.read_text() == "x"


@pytest.mark.everything
def test_a_change_in_the_package_executes_the_chapters_again(tmp_path):
    counter = tmp_path / "runs"
    small_book(tmp_path, f"open({str(counter)!r}, 'a').write('x')")
    for runs, change in [("x", None), ("x", None), ("xx", "resnet_lab/widgets/new.js")]:
        if change:
            (tmp_path / change).write_text("1")
        assert run_build(tmp_path).returncode == 0
        assert counter.read_text() == runs
