"""Where myst-nb puts the cells of a notebook on a page."""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes


def code_cells(part: nodes.Element) -> Iterator[nodes.container]:
    """Yield the code cells in a part of a page, in order."""
    for box in part.findall(nodes.container):
        if box.get("nb_element") == "cell_code":
            yield box


def part_of(cell: nodes.Node, name: str) -> nodes.container | None:
    """Return the `source` or the `output` of a code cell; none where it has no such part."""
    return next((p for p in cell.children if p.get("nb_element") == f"cell_code_{name}"), None)
