"""Sphinx extension: colored code with as few elements as its colors need.

Pygments marks every word by its kind, and most kinds look like plain text or like another kind.
Here a kind is marked by the first one of its look in both of the theme's styles, and plain text
not at all; signs such as = are plain text. Two thirds of a chapter's elements were such marks.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pygments.formatters import HtmlFormatter
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Generic, Operator, Text, Token, Whitespace, _TokenType
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.highlighting import PygmentsBridge

STYLES = ("pygments_light_style", "pygments_dark_style")
PLAIN = {Token, Whitespace, Operator}


def looks(styles: list[str]) -> dict[_TokenType, str]:
    """Return a class for each kind of token, the same for those that look alike in all `styles`."""
    sheets = [get_style_by_name(style) for style in styles]

    def look(kind: _TokenType) -> str:
        return repr([sheet.style_for_token(kind) for sheet in sheets])

    first = {look(Text): ""}
    found = {}
    for kind, name in STANDARD_TYPES.items():
        if kind in PLAIN:
            found[kind] = ""
        elif kind in Generic:  # prompts and outputs, which the copy button tells apart
            found[kind] = name
        else:
            found[kind] = first.setdefault(look(kind), name)
    return found


class LightFormatter(HtmlFormatter):
    """Pygments' own, with the classes of `looks`."""

    classes: ClassVar[dict[_TokenType, str]] = {}

    def _get_css_classes(self, ttype: _TokenType) -> str:
        while ttype not in self.classes:
            ttype = ttype.parent
        return self.classes[ttype]


def use_light_code(_app: Sphinx, config: Config) -> None:
    """Write code with the light formatter."""
    options: dict[str, Any] = config.html_theme_options
    LightFormatter.classes = looks([options[style] for style in STYLES])
    PygmentsBridge.html_formatter = LightFormatter


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("config-inited", use_light_code)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
