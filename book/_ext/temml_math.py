"""Sphinx extension: formulas become MathML when the book is built, by Temml under node.

The page then needs no math script. One node process serves the whole build. A formula that
Temml cannot read stops the build, so that no page ever shows raw TeX.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from docutils import nodes
from node_lines import Node
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html import HTML5Translator

SERVER = Path(__file__).with_name("typeset.cjs")


class MathError(SphinxError):
    """A formula that cannot be typeset."""

    category = "Math error"


class Typesetter:
    """TeX to MathML through one node process that lives as long as the build."""

    def __init__(self) -> None:
        self._node = Node(SERVER)

    def mathml(self, tex: str, display: bool) -> str:
        """Return the `<math>` element for `tex`; raise `ValueError` where Temml cannot read it."""
        answer = self._node.ask({"tex": tex, "display": display})
        if "error" in answer:
            raise ValueError(answer["error"])
        return str(answer["mathml"])

    def close(self) -> None:
        """End the node process."""
        self._node.close()


@lru_cache(maxsize=1)
def typesetter() -> Typesetter:
    """Return the build's typesetter, started at the first formula."""
    return Typesetter()


def _mathml(node: nodes.Element, display: bool) -> str:
    tex = node.astext()
    try:
        return typesetter().mathml(tex, display)
    except ValueError as error:
        where = f"{node.source or 'a page'}:{node.line or '?'}"
        raise MathError(f"{where}: cannot typeset {tex!r}: {error}") from error


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    translator.body.append(f'<span class="math">{_mathml(node, display=False)}</span>')
    raise nodes.SkipNode


def visit_display(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a display formula, with its number if it has a label."""
    number = ""
    if node["number"]:
        number = f'<span class="eqno">({get_node_equation_number(translator, node)})</span>'
    opening = translator.starttag(node, "div", CLASS="math-display")
    translator.body.append(f"{opening}{_mathml(node, display=True)}{number}</div>\n")
    raise nodes.SkipNode


def close_typesetter(_app: Sphinx, _error: Exception | None) -> None:
    """End node when the build ends."""
    if typesetter.cache_info().currsize:
        typesetter().close()
        typesetter.cache_clear()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer `temml`."""
    app.add_html_math_renderer("temml", (visit_inline, None), (visit_display, None))
    app.connect("build-finished", close_typesetter)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
