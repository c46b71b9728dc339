"""What the figures that answer have in common.

Everything that a reader sees of one is drawn and worded by the modules in its folder: ``live.js``
brings it to life wherever there are scripts, ``still.js`` draws what stands on a page before that.
Python checks and prepares what they draw.
"""

import json
import sys
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from resnet_lab.widgets.bundle import bundle

HERE = Path(__file__).parent
WHERE = (
    "To see the figure, run the cell in a front end with widgets, such as JupyterLab, Colab or "
    "VS Code, or open the chapter on the site of the book."
)


class SettingError(traitlets.TraitError, ValueError):
    """A setting that cannot be; the message begins with its name."""


class LiveFigure(anywidget.AnyWidget):
    """A widget that leaves its state on a page: the site draws it from there."""

    _css = (HERE / "js/widgets.css").read_text(encoding="utf-8")

    def _page_html(self) -> str:
        """What a page without a kernel gets, as :func:`page_html` has it."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget for a live front end, and its state for a page."""
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, "text/plain": repr(self), **for_a_page(self._page_html())}, metadata


def for_a_page(html: str) -> dict[str, str]:
    """The part of an output for pages; JupyterLab and VS Code prefer the widget beside it.

    Which of the two Colab prefers is not documented, so there the widget is alone.
    """
    return {} if "google.colab" in sys.modules else {"text/html": html}


def live_module(folder: str) -> str:
    """The live module of a figure with all that it imports, as a notebook loads it."""
    return bundle(HERE / folder / "live.js")


def page_html(folder: str, what: str, state: Mapping[str, object], where: str = WHERE) -> str:
    """A figure on a page: what it is and where to see it, in two sentences, and its state.

    The site puts the picture that ``FOLDER/still.js`` draws from the state in the place of the
    sentences. They are read where nothing does, as on GitHub.
    """
    return (
        f'<div class="rl-widget" data-module="{escape(folder)}">'
        f"<p>{escape(what)} {escape(where)}</p>{state_script(state)}</div>"
    )


def state_script(values: Mapping[str, object]) -> str:
    """Values as JSON inside a script element, which no text in them can end."""
    written = json.dumps(dict(values), separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json">{written}</script>'
