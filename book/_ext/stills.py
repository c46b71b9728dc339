"""Sphinx extension: the still picture of every figure that answers, drawn when pages are written.

A chapter's output holds a sentence and the state of the figure as JSON. Node draws the picture and
the table from the state with the figure's own modules, one process for the whole build, and they
take the place of the sentence. So a change of a module writes the pages again and executes nothing.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from docutils import nodes
from node_lines import Node
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

PROGRAM = Path(__file__).with_name("stills.mjs")
# As `resnet_lab.widgets.live.page_html` writes it; no text in the state can end the script.
FIGURE = re.compile(
    r'(<div class="rl-widget" data-module="([\w/-]+)">)<p>.*?</p>'
    r'(<script type="application/json">(.*?)</script></div>)',
    re.DOTALL,
)


class StillError(SphinxError):
    """A figure that cannot be drawn."""

    category = "Figure error"


@lru_cache(maxsize=1)
def artist(widgets: Path) -> Node:
    """Return the build's node process, started at the first figure."""
    return Node(PROGRAM, str(widgets))


def with_stills(html: str, widgets: Path) -> str:
    """Return `html` with a picture in each figure.

    `widgets` is the folder that holds the figures' folders. Raises `StillError` where one cannot
    be drawn.
    """

    def drawn(figure: re.Match[str]) -> str:
        opening, folder, rest, state = figure.groups()
        answer = artist(widgets).ask({"folder": folder, "state": json.loads(state)})
        if "error" in answer:
            raise StillError(f"the figure {folder!r} cannot be drawn: {answer['error']}")
        return f"{opening}{answer['html']}{rest}"

    return FIGURE.sub(drawn, html)


def draw_stills(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Draw the figures of a page that is about to be written."""
    for raw in doctree.findall(nodes.raw):
        if "html" in raw.get("format", "") and "rl-widget" in raw.astext():
            try:
                html = with_stills(raw.astext(), Path(app.srcdir) / "resnet_lab" / "widgets")
            except StillError as error:
                raise StillError(f"{page}: {error}") from error
            raw.children[:] = [nodes.Text(html)]


def close_artist(app: Sphinx, _error: Exception | None) -> None:
    """End node when the build ends."""
    if artist.cache_info().currsize:
        artist(Path(app.srcdir) / "resnet_lab" / "widgets").close()
        artist.cache_clear()


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("doctree-resolved", draw_stills)
    app.connect("build-finished", close_artist)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
