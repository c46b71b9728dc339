"""Each figure on a page of its own, served under the policy of the site."""

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from races import STEPS, runs
from strict_pages import POLICY
from visits import visit

from resnet_lab import widgets
from resnet_lab.widgets import Race
from resnet_lab.widgets.race_numbers import View
from resnet_lab.widgets.state import State
from resnet_lab.widgets.still import still_html

SOURCES = Path(widgets.__file__).parent
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
    """Write a page with these figures, still as the package writes them."""
    (folder / name).write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Figures</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="page.css">'
        '<link rel="stylesheet" href="rl/widgets.css"></head><body><main><h1>Figures</h1>'
        f'{"".join(figures)}</main><script type="module" src="host.js"></script></body></html>',
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, race: Race) -> Iterator[str]:
    """Pages that hold still pictures and bring them to life as the site does."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "rl").mkdir()
    for source in [*SOURCES.glob("*.js"), *SOURCES.glob("*.css")]:
        shutil.copy(source, folder / "rl")
    shutil.copy(Path(__file__).with_name("probe.js"), folder / "rl")
    shutil.copy(HOST, folder)
    (folder / "page.css").write_text(PAGE_CSS, encoding="utf-8")
    small = START._replace(size=32, kernel=3)
    write_page(folder, "index.html", still_html("probe", START))
    write_page(
        folder, "two.html", *(still_html("stride_calculator", state) for state in (START, small))
    )
    one = race._page_html()
    write_page(folder, "race.html", one.replace('data-module="race"', 'data-module="probe"', 1))
    write_page(folder, "races.html", one, one)
    server = ThreadingHTTPServer(("localhost", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()


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
