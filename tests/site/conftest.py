from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from once import once

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def html(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the built site, built if need be.

    Of the processes of pytest-xdist one builds it: even a build that finds nothing to do writes
    files, which another process may be looking at.
    """
    if worker_id == "master":
        build()
    else:
        once(tmp_path_factory.getbasetemp().parent, build)
    return ROOT / "_build" / "html"


def build() -> None:
    """Build the book, or fail."""
    done = subprocess.run(
        [sys.executable, "-m", "book.tools.build"], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        pytest.fail(f"the book does not build:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


@pytest.fixture(scope="session")
def pages(html: Path) -> dict[str, str]:
    """Every page of the site: its address and its text."""
    return {
        str(path.relative_to(html)): path.read_text(encoding="utf-8")
        for path in sorted(html.rglob("*.html"))
        if "_static" not in path.parts and path != html / "index.html"
    }


@pytest.fixture(scope="session")
def site(html: Path) -> Iterator[str]:
    """The address of the built site, served."""
    from book.tools.serve import server

    book = server(0)
    threading.Thread(target=book.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{book.server_port}/"
    book.shutdown()
    book.server_close()
