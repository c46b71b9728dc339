"""What the widgets of the package have in common."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

HERE = Path(__file__).parent


class SettingError(traitlets.TraitError, ValueError):
    """A setting that cannot be; the message begins with its name."""


class LiveFigure(anywidget.AnyWidget):
    """A widget that has a still picture for the site, for print and for viewers without widgets."""

    _css = (HERE / "widgets.css").read_text(encoding="utf-8")

    def _page_html(self) -> str:
        """The still picture with the state, as the site wants it."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget for a live front end, and the still picture with its state for a page."""
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, "text/plain": repr(self), "text/html": self._page_html()}, metadata
