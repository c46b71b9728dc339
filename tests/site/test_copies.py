"""What is made once, and left alone while others look at it."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import book_pages
import pytest
from once import once


def test_of_several_processes_one_does_the_work(tmp_path):
    calls = []

    def fail() -> None:
        calls.append("failed")
        raise RuntimeError("no book")

    with pytest.raises(RuntimeError, match="no book"):
        once(tmp_path, fail)
    for name in ("first", "second"):
        once(tmp_path, lambda name=name: calls.append(name))
    assert calls == ["failed", "first"]


def test_modules_of_the_figures_are_copied_where_they_changed(tmp_path):
    """What is there already and right is not touched: a page that is open loads it."""
    source, target = tmp_path / "resnet_lab/widgets", tmp_path / "out/_static/rl"
    for name in ("js/shared.js", "js/widgets.css", "race/live.js", "race/data.py", "old/live.js"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    app = SimpleNamespace(srcdir=tmp_path, outdir=tmp_path / "out")
    book_pages.copy_widgets(app)
    copies = {"js/shared.js", "js/widgets.css", "race/live.js", "old/live.js"}
    assert files(target) == {name: name for name in copies}

    (source / "js/shared.js").write_text("js/SHARED.js")
    (source / "old/live.js").unlink()
    for name in copies:
        os.utime(target / name, (1, 1))
    os.utime(source / "js/shared.js", (1, 1))
    book_pages.copy_widgets(app)
    for name in ("js/widgets.css", "race/live.js"):
        assert (target / name).stat().st_mtime == 1, "it was written again"
    assert files(target) == {
        "js/shared.js": "js/SHARED.js", "js/widgets.css": "js/widgets.css",
        "race/live.js": "race/live.js",
    }  # fmt: skip


def files(folder: Path) -> dict[str, str]:
    """What is in a folder: name -> text."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }
