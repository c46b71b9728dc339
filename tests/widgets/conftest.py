"""Each figure on a page of its own, served under the policy of the site."""

import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from javascript import SOURCES
from races import STEPS, runs
from stills import with_stills
from strict_pages import POLICY
from visits import visit

from resnet_lab.widgets import Race, StrideCalculator
from resnet_lab.widgets.live import LiveFigure, page_html
from resnet_lab.widgets.race.data import EMPTY
from resnet_lab.widgets.race.view import View
from resnet_lab.widgets.stride.state import State

HOST = Path(__file__).resolve().parents[2] / "book/_site/host.js"
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


@pytest.fixture(scope="session")
def race() -> Race:
    """What the page of the race starts with."""
    return Race(runs(), step=STEPS[6], title="Depth", data="made-up numbers, small size")


def write_page(folder: Path, name: str, *figures: str) -> None:
    """Write a page with these figures, still as the site has them."""
    (folder / name).write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Figures</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="page.css">'
        '<link rel="stylesheet" href="rl/js/widgets.css"></head><body><main><h1>Figures</h1>'
        f'{"".join(figures)}</main><script type="module" src="host.js"></script></body></html>',
        encoding="utf-8",
    )


def on_the_site(figure: LiveFigure) -> str:
    """A figure with its still, as the site shows it."""
    return with_stills(figure._page_html(), SOURCES)


def watched(figure: str) -> str:
    """The same, with a module that hands its model to the test."""
    return re.sub(r'data-module="\w+"', 'data-module="probe"', figure, count=1)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Serves pages that bring figures to life as the site does, and returns their address.

    It takes the folder of the modules, and the figures of each page as HTML.
    """
    servers: list[ThreadingHTTPServer] = []

    def serve(sources: Path, pages: Mapping[str, list[str]]) -> str:
        folder = tmp_path_factory.mktemp("page")
        kept = shutil.ignore_patterns("*.py", "__pycache__")
        shutil.copytree(sources, folder / "rl", ignore=kept)
        (folder / "rl/probe").mkdir()
        shutil.copy(Path(__file__).with_name("probe.js"), folder / "rl/probe/live.js")
        shutil.copy(HOST, folder)
        (folder / "page.css").write_text(PAGE_CSS, encoding="utf-8")
        for name, figures in pages.items():
            write_page(folder, name, *figures)
        server = ThreadingHTTPServer(("localhost", 0), partial(Quiet, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://localhost:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def address(served: Callable[..., str], race: Race) -> str:
    """Pages that hold still pictures, one or two each."""
    large, small = (
        on_the_site(StrideCalculator(**state._asdict()))
        for state in (START, START._replace(size=32, kernel=3))
    )
    one = on_the_site(race)
    state = {"race": EMPTY, **View("error", "train", (), None, 0)._asdict()}
    empty = page_html("race", "Here is nothing yet.", state)
    return served(SOURCES, {
        "index.html": [watched(large)], "two.html": [large, small], "race.html": [watched(one)],
        "races.html": [one, one], "growing.html": [watched(empty)],
    })  # fmt: skip


@pytest.fixture
def page(browser: Any, address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The live page; at the end it must have kept to itself and reported no error."""
    with visit(browser, address, "", width=getattr(request, "param", 1280)) as opened:
        opened.page.evaluate("(keys) => { window.keys = keys; }", list(State._fields))
        opened.page.wait_for_selector(".rl-widget[data-awake]")
        yield opened.page
        assert not opened.trouble()


@pytest.fixture
def race_page(browser: Any, address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The live page of the race; at the end it must have reported no error."""
    options = {"width": 1280, **getattr(request, "param", {})}
    with visit(browser, address, "race.html", **options) as opened:
        opened.page.evaluate("(keys) => { window.keys = keys; }", list(View._fields))
        opened.page.wait_for_selector(".rl-widget[data-awake]")
        yield opened.page
        assert not opened.trouble()
