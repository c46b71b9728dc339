"""The run with Colab's packages, but for the packages themselves: they are gigabytes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from book.kit import notebooks
from book.tools import colab

CHAPTERS = notebooks.chapters()


def test_the_list_is_dated_and_names_its_source():
    text = colab.LIST.read_text(encoding="utf-8")
    assert re.search(r"as they were on 20\d\d-\d\d-\d\d, with Python 3\.1[23]", text)
    assert "github.com/googlecolab/backend-info at " in text
    pins = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", pin) for pin in pins)


def test_colab_has_what_the_package_asks_for():
    """So that installing it moves nothing."""
    text = (colab.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    least = dict(re.findall(r'^    "([\w-]+)>=([\d.]+)"', text, re.M))
    has = dict(re.findall(r"^([\w-]+)==([\d.]+)$", colab.LIST.read_text(encoding="utf-8"), re.M))
    assert {"torch", "numpy", "anywidget"} <= set(least)
    for name, bound in least.items():
        assert numbers(has[name]) >= numbers(bound), name


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_installs_from_the_clone_and_is_otherwise_the_same(path):
    before, after = notebooks.load(path), colab.from_clone(notebooks.load(path), Path("/a/clone"))
    differing = [
        new["source"]
        for old, new in zip(before["cells"], after["cells"], strict=True)
        if old != new
    ]
    assert len(differing) == 1
    assert "%pip install -q git+file:///a/clone\n" in differing[0]


def test_a_chapter_that_installs_otherwise_is_refused():
    notebook = notebooks.load(CHAPTERS[0])
    notebooks.tagged(notebook, "install")[0]["source"] = "import resnet_lab"
    with pytest.raises(ValueError, match="must install from"):
        colab.from_clone(notebook, Path("/a/clone"))


def test_a_version_that_moved_is_named():
    before = {"torch": "2.11.0", "numpy": "2.1.3", "gone": "1"}
    after = {"torch": "2.12.0", "numpy": "2.1.3", "new": "2", "resnet-lab": "0.1.0"}
    assert list(colab.moved(before, after)) == [
        "gone was 1, is gone", "new was not there, is 2", "torch was 2.11.0, is 2.12.0"
    ]  # fmt: skip
    assert not list(colab.moved(before, {**before, "resnet-lab": "0.1.0"}))


def test_without_colab_s_python_it_says_what_is_needed(monkeypatch):
    monkeypatch.delenv("COLAB_PYTHON", raising=False)
    with pytest.raises(RuntimeError, match=r"^a Python 3\.13 or 3\.12 is needed.*COLAB_PYTHON"):
        colab.interpreter(find=lambda name: None)
    monkeypatch.setattr(colab, "_version", lambda python: "3.10")
    with pytest.raises(RuntimeError, match=r"^a Python 3\.13 or 3\.12 is needed"):
        colab.interpreter(find=lambda name: name)
    monkeypatch.setenv("COLAB_PYTHON", "/mine")
    monkeypatch.setattr(colab, "_version", lambda python: "3.12")
    assert colab.interpreter(find=lambda name: name) == "/mine"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("", []),
        ("open('left.txt', 'w').close()", ["left left.txt in the folder"]),
        ("raise SystemExit('a cell failed')", ["failed:\na cell failed\n"]),
    ],
)
def test_what_goes_wrong_in_a_chapter_is_told(monkeypatch, tmp_path, program, said):
    monkeypatch.setattr(colab, "EXECUTE", program)
    monkeypatch.setattr(colab, "_freeze", lambda python: {"torch": "2.11.0"})
    assert colab.run_chapter(Path(sys.executable), CHAPTERS[0], tmp_path) == said


def test_the_stub_is_what_a_kernel_of_colab_has(tmp_path):
    folder = tmp_path / "google" / "colab"
    folder.mkdir(parents=True)
    for name, text in colab.STUB.items():
        (folder / name).write_text(text)
    program = "from google.colab import output; output.enable_custom_widget_manager()"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
