"""What the panels have in common: plain ipywidgets where there is a kernel, a still elsewhere."""

import sys
from collections.abc import Sequence
from html import escape
from typing import Any

from ipywidgets import HTML, Dropdown, VBox

VIEW = "application/vnd.jupyter.widget-view+json"
TOOLTIP = "tooltip" if "tooltip" in Dropdown.class_trait_names() else "description_tooltip"
"""What ipywidgets 8, and 7 in Colab, call a tooltip."""

WIDE: dict[str, Any] = {"style": {"description_width": "initial"}}
ROW: dict[str, Any] = {"layout": {"flex_flow": "row wrap"}}


class Lab(VBox):
    """A panel that needs a kernel, with a still picture for pages that have none.

    Attributes:
        text: the line that says how it goes.
        error: what went wrong last; None where nothing did.
    """

    _ipython_display_ = None  # with it, ipywidgets 7 would show the view and nothing else
    error: Exception | None = None

    def __init__(self) -> None:
        super().__init__()
        self.text = HTML()

    def say(self, words: str) -> None:
        """Show a line of text."""
        self.text.value = f"<p>{escape(words)}</p>"

    def fail(self, error: Exception, before: str, after: str = "") -> None:
        """Show what went wrong, between what is said before and after it, and keep it."""
        self.error = error
        expected = isinstance(error, OSError | ValueError) and str(error)
        words = str(error) if expected else f"{type(error).__name__}: {error}"
        self.say(f"{before}: {words.rstrip('.')}.{after}")

    def _page_html(self) -> str:
        """What a page without a kernel shows."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """The panel for a live front end, and the still for a page.

        JupyterLab and VS Code prefer the panel. Which of the two Colab prefers is not
        documented, so it gets the panel alone.
        """
        data: dict[str, Any] = {"text/plain": repr(self)}
        if self.comm is not None:
            data[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        if "google.colab" not in sys.modules:
            data["text/html"] = self._page_html()
        return data


def choice(words: str, options: Any, value: Any, tip: str) -> Dropdown:
    """A choice, as wide as its longest option; ``options`` are values, or pairs of text and value.

    A value of None would stand for no choice.
    """
    named: dict[str, Any] = {"description": words, TOOLTIP: tip, "layout": {"width": "max-content"}}
    return Dropdown(options=options, value=value, **named, **WIDE)


def one_of(name: str, value: Any, accepted: Sequence[Any]) -> Any:
    """Return a value that is accepted.

    Raises:
        ValueError: it is not; the message names the argument and what is accepted.
    """
    if isinstance(value, bool) or value not in accepted:
        listed = ", ".join(map(repr, accepted))
        raise ValueError(f"{name} must be one of {listed}, got {value!r}")
    return value
