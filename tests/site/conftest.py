from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of the built site, built if need be."""
    build = subprocess.run(
        [sys.executable, "-m", "book.tools.build"], cwd=ROOT, capture_output=True, text=True
    )
    if build.returncode:
        pytest.fail(f"the book does not build:\n{build.stdout[-3000:]}\n{build.stderr[-3000:]}")
    return ROOT / "_build" / "html"


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
