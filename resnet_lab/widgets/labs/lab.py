"""What the panels have in common: controls where there is a kernel, a still elsewhere."""

from html import escape
from typing import Any

from ipywidgets import HTML, Dropdown, VBox

from resnet_lab.widgets.live import for_a_page

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
        """The panel for a live front end, and the still for a page."""
        data: dict[str, Any] = {"text/plain": repr(self)}
        if self.comm is not None:
            data[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return data | for_a_page(self._page_html())


def choice(words: str, options: Any, value: Any, tip: str) -> Dropdown:
    """A choice, as wide as its longest option; ``options`` are values, or pairs of text and value.

    A value of None would stand for no choice.
    """
    named: dict[str, Any] = {"description": words, TOOLTIP: tip, "layout": {"width": "max-content"}}
    return Dropdown(options=options, value=value, **named, **WIDE)
