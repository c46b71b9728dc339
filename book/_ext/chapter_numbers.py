"""Sphinx extension: a chapter's number before its title, as its file name has it.

A title is changed before Sphinx collects it, so the list of chapters, the links to the pages before
and after, the search and the page itself all show the number. Sphinx would count the pages that
there are; chapters that are only planned have numbers too.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

CHAPTER = re.compile(r"book/0*(\d+)_")
EARLY = 100  # before Sphinx's collectors, which come at 500


def number_title(app: Sphinx, doctree: nodes.document) -> None:
    """Put the number of a chapter before its title."""
    chapter = CHAPTER.match(app.env.docname)
    title = doctree.next_node(nodes.title)
    if chapter and title:
        number = nodes.inline("", chapter[1], classes=["rl-number"])
        title[:] = [number, nodes.Text(" "), *title.children]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("doctree-read", number_title, priority=EARLY)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
