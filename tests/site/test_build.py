"""The parts that build and serve the site, each alone."""

from __future__ import annotations

import base64
import gzip
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import strict_pages
import temml_math

from book.tools import build, serve

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
    package = ["resnet_lab/a.py", "resnet_lab/records/a.parquet"]
    site = [
        "book/_ext/a.py", "book/_site/site.css", "_toc.yml", "_config.yml",
        "resnet_lab/widgets/small/live.js", "resnet_lab/widgets/js/a.css",
    ]  # fmt: skip
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


BUILDER = """
import sys
from pathlib import Path
from book.tools import build

build.BUILD = Path(sys.argv[1])
build.build = lambda: print((build.BUILD / "pages").read_text())
build.main()
"""


def test_builds_wait_for_one_under_way(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "BUILD", tmp_path)
    pages = tmp_path / "pages"
    pages.write_text("half")
    program = [sys.executable, "-c", BUILDER, tmp_path]
    with build.alone():
        waiting = []
        for _ in range(2):  # while the second begins, the first would have time to go on
            waiting.append(subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True))
            assert "waiting for its end" in waiting[-1].stdout.readline()
        pages.write_text("whole")
    assert [builder.communicate()[0] for builder in waiting] == ["whole\n"] * 2


def test_a_build_that_was_killed_keeps_no_other_waiting(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build, "BUILD", tmp_path)
    killed = BUILDER.replace('print((build.BUILD / "pages").read_text())', "os._exit(9)")
    first = subprocess.run([sys.executable, "-c", f"import os{killed}", tmp_path], cwd=ROOT)
    assert first.returncode == 9
    with build.alone():
        assert not capsys.readouterr().out


@pytest.fixture
def served(tmp_path, monkeypatch):
    """The address of a small site, served."""
    monkeypatch.setattr(serve, "HTML", tmp_path)
    (tmp_path / "index.html").write_text(PAGE.format(head="", body="<p>front</p>"))
    (tmp_path / "font.woff2").write_bytes(bytes(range(200)))
    with serve.server(0) as book:
        threading.Thread(target=book.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{book.server_port}"
        book.shutdown()


def get(address: str, encodings: str = "gzip") -> tuple[dict[str, str], bytes]:
    """What a browser that takes these encodings is given."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": encodings})
    with urllib.request.urlopen(request) as answer:
        return dict(answer.headers), answer.read()


def test_server_compresses_text(served, tmp_path):
    headers, body = get(f"{served}/index.html")
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Content-Length"] == str(len(body))
    assert headers["Vary"] == "Accept-Encoding"
    page = (tmp_path / "index.html").read_bytes()
    assert gzip.decompress(body) == page
    assert get(f"{served}/index.html", "identity")[1] == page
    headers, body = get(f"{served}/font.woff2")
    assert "Content-Encoding" not in headers
    assert body == (tmp_path / "font.woff2").read_bytes()


@pytest.mark.parametrize("folder", ["", "book/"])
def test_server_compresses_the_front_page_of_a_folder(served, tmp_path, folder):
    (tmp_path / "book").mkdir()
    (tmp_path / "book/index.html").write_text("<p>front of the book</p>")
    page = (tmp_path / folder / "index.html").read_bytes()
    headers, body = get(f"{served}/{folder}")
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Content-Type"] == "text/html"
    assert gzip.decompress(body) == page
    assert get(f"{served}/{folder}", "identity")[1] == page


def test_server_hands_out_what_was_built_since(served, tmp_path):
    assert get(f"{served}/index.html")[0]["Cache-Control"] == "no-cache"
    (tmp_path / "index.html").write_text("new")
    assert gzip.decompress(get(f"{served}/index.html")[1]) == b"new"


@pytest.mark.parametrize("encodings", ["gzip", "identity"])
@pytest.mark.parametrize(
    "name", ["nothing.html", "%00", "a%00.html", "%ED%A0%80.html", "index.html/"]
)
def test_server_says_that_there_is_no_such_page(served, name, encodings):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(f"{served}/{name}", encodings)


def test_server_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(serve, "HTML", tmp_path)
    with pytest.raises(SystemExit):
        serve.main(["0"])
    assert "make book" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["x", "65536", "-1", "80.5", ""])
def test_server_says_what_a_port_is_before_anything_else(tmp_path, monkeypatch, capsys, port):
    monkeypatch.setattr(serve, "HTML", tmp_path)  # where no book is
    with pytest.raises(SystemExit):
        serve.main([port])
    said = capsys.readouterr().err
    assert "usage: python -m book.tools.serve" in said
    assert f"argument port: must be a number from 0 (any free one) to 65535, got {port!r}" in said


def test_server_names_a_port_that_is_taken(served, capsys):
    port = served.rpartition(":")[2]
    with pytest.raises(SystemExit):
        serve.main([port])
    assert f"argument port: must be one that can be opened, got {port}: " in capsys.readouterr().err


def small_book(folder: Path, cell: str) -> None:
    """Write a book of one chapter with the site's own configuration."""
    for name in ("book/_ext", "book/_site", "book/tools"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("_config.yml", "requirements.txt"):
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
        [sys.executable, "-m", "book.tools.build"], cwd=folder, capture_output=True, text=True
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


FIGURE = (
    "from IPython.display import HTML\n"
    "HTML('<div class=\"rl-widget\" data-module=\"small\"><p>Here is a figure.</p>"
    "<script type=\"application/json\">{\"size\":7}</script></div>')"
)


def draws(folder: Path, words: str) -> None:
    """Write the module that draws the figure of the small book."""
    still = f"export const still = ({{ size }}) => ['figure', {{}}, [`{words} ${{size}}`]];\n"
    (folder / "resnet_lab/widgets/small/still.js").write_text(still)


@pytest.mark.everything
def test_a_change_in_the_package_executes_chapters_and_one_of_a_module_writes_pages(tmp_path):
    """The picture is drawn when pages are written, from what the chapter left there."""
    counter = tmp_path / "runs"
    small_book(tmp_path, f"open({str(counter)!r}, 'a').write('x')\n{FIGURE}")
    (tmp_path / "resnet_lab/widgets/small").mkdir()
    shutil.copytree(ROOT / "resnet_lab/widgets/js", tmp_path / "resnet_lab/widgets/js")
    draws(tmp_path, "First")
    page, copy = (tmp_path / "_build/html" / name for name in
                  ("book/01_small.html", "_static/rl/small/still.js"))  # fmt: skip

    def build_shows(words: str, runs: str) -> None:
        done = run_build(tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"<figure>{words} 7</figure>" in page.read_text()
        assert "<p>Here is a figure.</p>" not in page.read_text()
        assert words in copy.read_text()
        assert counter.read_text() == runs

    build_shows("First", "x")
    build_shows("First", "x")
    draws(tmp_path, "Second")
    build_shows("Second", "x")
    (tmp_path / "resnet_lab/new.py").write_text("")
    build_shows("Second", "xx")


@pytest.mark.everything
def test_a_figure_that_cannot_be_drawn_fails_the_build_and_is_named(tmp_path):
    small_book(tmp_path, FIGURE)
    done = run_build(tmp_path)
    assert done.returncode != 0
    assert "the figure 'small' cannot be drawn" in done.stdout + done.stderr
