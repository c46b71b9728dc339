"""Sphinx extension: what answers a prediction is covered until the reader has chosen.

The options of a prediction name the cell whose output answers it. From that output to the next
heading, or to the next prediction, the page gets a cover; `covers.css` closes it before the first
paint where there is a script, and `covers.js` opens it. Nothing here changes the notebook.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from page_cells import code_cells, part_of
from sphinx.application import Sphinx
from sphinx.util import logging

# As `book.kit.cells` writes the options of a prediction.
OPTION = re.compile(r'class="rl-option" data-item="([\w-]+)" data-result="([\w-]+)"')
COVER = """\
<div class="rl-cover" data-item="{item}">
<div class="rl-cover-note needs-script">
<p><strong>The result is covered.</strong> Open an answer.</p>
<button type="button" class="rl-uncover">Show the result without guessing</button>
</div>
<div class="rl-covered" id="result-{item}" role="group" aria-label="Result" tabindex="-1">"""
END = "</div></div>"
log = logging.getLogger(__name__)


def cover_results(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Cover the results of a page that is about to be written."""
    predictions = asked(doctree)
    if not predictions:
        return
    cells = cells_by_id(doctree, Path(app.env.doc2path(page)))
    for item, result in predictions.items():
        cell = cells.get(result)
        output = None if cell is None else part_of(cell, "output")
        if cell is None or output is None:
            log.warning("%s: the cell %r, which answers %r, shows no output", page, result, item)
        else:
            cover(cell, output, item)


def asked(doctree: nodes.document) -> dict[str, str]:
    """The predictions of a page: the cell that answers each."""
    found = (OPTION.search(raw.astext()) for raw in doctree.findall(nodes.raw))
    return {match[1]: match[2] for match in found if match}


def cells_by_id(doctree: nodes.document, notebook: Path) -> dict[str, nodes.container]:
    """The code cells of a page under the ids that they have in its notebook."""
    ids = [cell["id"] for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]]
    return {ids[cell["cell_index"]]: cell for cell in code_cells(doctree)}


def cover(cell: nodes.container, output: nodes.Element, item: str) -> None:
    """Put a cover over the output of a cell and what follows, up to the next heading."""
    around = cell.parent
    if "tag_hide-input" in cell["classes"]:  # folded code belongs to what it computed
        start = around.index(cell)
    else:
        alone = cell.copy()
        output.parent.remove(output)
        alone += output
        start = around.index(cell) + 1
        around.insert(start, alone)
    end = start
    while end < len(around) and not ends_cover(around, end):
        end += 1
    around.insert(end, nodes.raw("", END, format="html"))
    around.insert(start, nodes.raw("", COVER.format(item=item), format="html"))


def ends_cover(around: nodes.Element, place: int) -> bool:
    """Whether a heading or the question of another prediction stands at a place."""
    after = around[place + 1 : place + 2]
    asks = bool(after) and isinstance(after[0], nodes.raw) and OPTION.search(after[0].astext())
    return isinstance(around[place], nodes.section) or bool(asks)


def load_script(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None
) -> None:
    """Load what closes and opens covers where there is one."""
    if 'class="rl-cover"' in context.get("body", ""):
        app.add_css_file("covers.css")
        app.add_js_file("covers.js")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("doctree-resolved", cover_results)
    app.connect("html-page-context", load_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
