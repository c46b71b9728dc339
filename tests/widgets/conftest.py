"""The calculator on a page of its own, served under the policy of the site."""

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from resnet_lab import widgets
from resnet_lab.widgets.state import State
from resnet_lab.widgets.still import still_html

SOURCES = Path(widgets.__file__).parent
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'"
)
START = State(224, 7, 2, 3, 1, False, 5, 7)
PAGE_CSS = """
body { margin: 16px; font-family: sans-serif; background: #fff; color: #222; }
html[data-theme="dark"] { color-scheme: dark; }
html[data-theme="dark"] body { background: #121212; color: #ddd; }
"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def start() -> State:
    """What the page starts with."""
    return START


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page that holds the still picture and brings it to life."""
    folder = tmp_path_factory.mktemp("page")
    for source in [*SOURCES.glob("*.js"), *SOURCES.glob("*.css")]:
        shutil.copy(source, folder)
    shutil.copy(Path(__file__).with_name("host.js"), folder)
    (folder / "page.css").write_text(PAGE_CSS, encoding="utf-8")
    (folder / "index.html").write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Calculator</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="page.css">'
        '<link rel="stylesheet" href="widgets.css"></head><body><main><h1>Calculator</h1>'
        f"{still_html('stride_calculator', START)}</main>"
        '<script type="module" src="host.js"></script></body></html>',
        encoding="utf-8",
    )
    server = ThreadingHTTPServer(("localhost", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def page(browser: Any, address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The live page; at the end it must have kept to itself and reported no error."""
    width = getattr(request, "param", 1280)
    context = browser.new_context(viewport={"width": width, "height": 900})
    opened = context.new_page()
    trouble: list[str] = []
    opened.on("console", lambda message: trouble.append(message.text))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on(
        "request",
        lambda sent: None if sent.url.startswith((address, "data:")) else trouble.append(sent.url),
    )
    opened.goto(address)
    opened.wait_for_selector(".rl-calculator")
    yield opened
    assert opened.evaluate("violations") == []
    assert trouble == []
    context.close()
