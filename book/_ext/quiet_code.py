"""Sphinx extension: code that only makes a sentence, a table or a figure folds to a small mark.

The mark stands at the edge of what the code computed and says what that is. Cells of imports and
the installation fold together. A notebook shows its cells as before, and a page needs no script.
"""

from __future__ import annotations

import ast
from itertools import groupby, pairwise
from typing import Any

from docutils import nodes
from page_cells import part_of
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html import HTML5Translator

FIGURES = ("<svg", "<img", 'class="rl-widget"')


class Fold(nodes.Element):
    """Code of one or several cells under a mark; `name` says what it is the code of.

    `beside` is true where the mark stands beside an output.
    """


class FoldCode(SphinxPostTransform):
    """Fold the cells tagged `hide-input`, those of imports and the installation."""

    default_priority = 198  # myst-nb has chosen outputs, and folds its own way at 199
    formats = ("html",)

    def run(self, **_kwargs: Any) -> None:
        """Fold them, wherever on the page they stand."""
        cells = filter(folds, self.document.findall(nodes.container))
        for parent in dict.fromkeys(cell.parent for cell in cells):
            for run in runs_of_cells(parent):
                for setting_up, alike in groupby(run, is_setup):
                    fold_cells = fold_setup if setting_up else fold_hidden
                    fold_cells([*alike])


def runs_of_cells(parent: nodes.Element) -> list[list[nodes.container]]:
    """Return the children that fold, those without anything between in one list."""
    runs: list[list[nodes.container]] = []
    for before, cell in pairwise([None, *parent.children]):
        if not folds(cell):
            continue
        if before is not None and folds(before):
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return runs


def folds(node: nodes.Node) -> bool:
    """Whether a node is a code cell whose code is to be folded."""
    if not isinstance(node, nodes.container) or not part_of(node, "source"):
        return False
    return node.get("hide_mode") == "input" or is_setup(node)


def tags(cell: nodes.container) -> list[str]:
    """Return the tags of a code cell."""
    found: list[str] = cell["cell_metadata"].get("tags", [])
    return found


def is_setup(cell: nodes.container) -> bool:
    """Whether a cell installs or imports, and shows nothing."""
    if part_of(cell, "output"):
        return False
    return "install" in tags(cell) or only_imports(cell.astext())


def only_imports(code: str) -> bool:
    """Whether code consists of imports."""
    try:
        statements = ast.parse(code).body
    except SyntaxError:  # a magic
        return False
    return all(isinstance(each, ast.Import | ast.ImportFrom) for each in statements)


def fold_setup(cells: list[nodes.container]) -> None:
    """Put cells of imports and the installation under one mark."""
    installing = any("install" in tags(cell) for cell in cells)
    importing = any("install" not in tags(cell) for cell in cells)
    name = " and ".join(["Installation"] * installing + ["imports"] * importing)
    fold(cells, name[0].upper() + name[1:], beside=False)


def fold_hidden(cells: list[nodes.container]) -> None:
    """Put hidden code under marks: what a cell only defines goes with the output that uses it."""
    waiting: list[nodes.container] = []
    for cell in cells:
        waiting.append(cell)
        if output := part_of(cell, "output"):
            fold(waiting, f"Code of this {kind_of(output)}", beside=True)
            waiting = []
    if waiting:
        fold(waiting, "Code without output", beside=False)


def kind_of(output: nodes.container) -> str:
    """Return what an output is, in a reader's word."""
    html = "".join(raw.astext() for raw in output.findall(nodes.raw))
    if any(output.findall(nodes.image)) or any(sign in html for sign in FIGURES):
        return "figure"
    if any(output.findall(nodes.table)) or "<table" in html:
        return "table"
    return "text"


def fold(cells: list[nodes.container], name: str, *, beside: bool) -> None:
    """Move the code of all cells under one mark in the last one; the others, now empty, go."""
    *others, last = cells
    mark = Fold(name=name, beside=beside)
    for cell in cells:
        if source := part_of(cell, "source"):
            cell.remove(source)
            mark.append(source)
        cell.attributes.pop("hide_mode", None)
    last.insert(0, mark)
    last["classes"].append("rl-quiet")
    for cell in others:
        cell.parent.remove(cell)


def visit_fold(translator: HTML5Translator, node: Fold) -> None:
    """Open the fold; a mark beside an output has its name as a tooltip and for screen readers."""
    name = translator.encode(node["name"])
    kind, title, hidden = "", "", ""
    if node["beside"]:
        kind, title, hidden = " rl-beside", f' title="{name}"', ' class="visually-hidden"'
    translator.body.append(
        f'<details class="rl-code{kind}"><summary{title}><span{hidden}>{name}</span></summary>\n'
    )


def depart_fold(translator: HTML5Translator, _node: Fold) -> None:
    """Close the fold."""
    translator.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.add_node(Fold, html=(visit_fold, depart_fold))
    app.add_post_transform(FoldCode)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
