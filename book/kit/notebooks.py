"""Where the chapters are, and how they are read and written."""

import json
import re
from pathlib import Path
from typing import Any

Cell = dict[str, Any]
Notebook = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"


def chapters(book: Path = BOOK) -> list[Path]:
    """Paths of the chapters, in order of their number."""
    return sorted(book.glob("[0-9][0-9]_*.ipynb"))


def load(path: Path) -> Notebook:
    """Read a notebook; every cell's source comes as one string."""
    notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if isinstance(cell["source"], list):
            cell["source"] = "".join(cell["source"])
    return notebook


def dump(notebook: Notebook) -> str:
    """A notebook as nbformat writes it, so that tools leave no differences of their own."""
    cells = [{**cell, "source": cell["source"].splitlines(True)} for cell in notebook["cells"]]
    text = json.dumps({**notebook, "cells": cells}, indent=1, sort_keys=True, ensure_ascii=False)
    return text + "\n"


def plain_python(source: str) -> str:
    """Source of a code cell with IPython's ``%`` and ``!`` lines replaced by ``pass``."""
    return re.sub(r"^([ \t]*)[%!].*$", r"\1pass", source, flags=re.M)


def is_text(cell: Cell) -> bool:
    """Whether a cell is Markdown."""
    return bool(cell["cell_type"] == "markdown")


def tags(cell: Cell) -> list[str]:
    """Tags of a cell."""
    return list(cell.get("metadata", {}).get("tags", []))


def tagged(notebook: Notebook, tag: str) -> list[Cell]:
    """Cells that carry a tag."""
    return [cell for cell in notebook["cells"] if tag in tags(cell)]
