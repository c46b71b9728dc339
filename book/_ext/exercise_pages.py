"""Sphinx extension: an exercise on a page, where no cell runs.

The page says where to do it, folds the hints that its check gives in a notebook, and leaves out
what the untouched check answers. Nothing here changes the notebook.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from book_pages import colab_address
from docutils import nodes
from page_cells import code_cells, part_of
from sphinx.application import Sphinx
from sphinx.util import logging

# As `book/kit/solutions.py` describes an exercise.
MARK = re.compile(r"exercise: [\w-]+")
CHECK = re.compile(r"^(check_\w+)\(", re.MULTILINE)
UNTOUCHED = "rl-not-yet"
PLACE = """\
<p class="rl-place"><strong>Your turn.</strong> Do it <a href="{colab}">in Colab</a>, or
<a href="index.html#how-to-use-it">on your machine</a>: <code>make lab</code> opens the chapters.
Run the cells above this one first.</p>"""
log = logging.getLogger(__name__)


def set_exercises(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Say at each exercise of a page what a reader without a kernel can do."""
    for stub in stubs(doctree):
        check = CHECK.findall(stub.children[0].astext())[-1]
        hints = hints_of_checks(Path(app.srcdir) / "resnet_lab" / "exercises").get(check)
        if hints is None:
            log.warning("%s: no module of resnet_lab/exercises has %r with hints", page, check)
            continue
        drop_untouched(stub)
        place = PLACE.format(colab=escape(colab_address(app.config, page)))
        around = stub.parent
        around.insert(around.index(stub), nodes.raw("", place, format="html"))
        around.insert(around.index(stub) + 1, nodes.raw("", folded(hints), format="html"))


def stubs(doctree: nodes.document) -> Iterator[nodes.container]:
    """The cells to fill in: each the first code cell after the mark of its exercise."""
    for mark in list(doctree.findall(is_mark)):
        after = mark.parent[mark.parent.index(mark) :]
        cells = (cell for part in after for cell in code_cells(part))
        stub = next(cells, None)
        if stub is not None and CHECK.search(stub.children[0].astext()):
            yield stub


def is_mark(node: nodes.Node) -> bool:
    """Whether a node is the comment that names an exercise."""
    return isinstance(node, nodes.raw | nodes.comment) and bool(MARK.search(node.astext()))


def drop_untouched(stub: nodes.container) -> None:
    """Remove what the check says of an untouched answer, and the output where it is all."""
    output = part_of(stub, "output")
    if output is None:
        return
    for raw in list(output.findall(nodes.raw)):
        if UNTOUCHED in raw.astext():
            raw.parent.remove(raw)
    if not output.astext().strip():
        output.parent.remove(output)


@lru_cache(maxsize=1)
def hints_of_checks(exercises: Path) -> dict[str, tuple[str, ...]]:
    """The hints of every check, read from its decorator without importing anything."""
    found = {}
    for path in sorted(exercises.glob("*/checks/*.py")):
        parts = ast.parse(path.read_text(encoding="utf-8")).body
        for check in (part for part in parts if isinstance(part, ast.FunctionDef)):
            for call in check.decorator_list:
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "exercise":
                    found[check.name] = tuple(ast.literal_eval(hint) for hint in call.args)
    return found


def folded(hints: tuple[str, ...]) -> str:
    """A fold with a fold for each hint."""
    each = "".join(
        f"<details><summary>Hint {number} of {len(hints)}</summary><p>{inline(hint)}</p></details>"
        for number, hint in enumerate(hints, 1)
    )
    return f'<details class="rl-hints"><summary>Hints</summary>{each}</details>'


def inline(text: str) -> str:
    """Escape a text and set what stands between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("doctree-resolved", set_exercises)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
