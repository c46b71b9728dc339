"""Figures that papers print in their tables, as data: measured by their authors, not here."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from resnet_lab.checks import check_choice, check_integer
from resnet_lab.tables import markdown_table

FILE = Path(__file__).with_name("papers.json")
FAILED = "failed"
"""What stands in place of a figure where the authors' run came to nothing."""


@dataclass(frozen=True)
class Column:
    """What a column of a table holds: the quantity, and its unit (``"%"``, ``"million"``)."""

    quantity: str
    unit: str


@dataclass(frozen=True, repr=False)
class PaperTable:
    """Rows of one table of a paper; not always all of them.

    Attributes:
        authors: who measured, with the year.
        link: address of the paper.
        number: which table it is, or which figure where the paper has no table of this.
        place: the same in words, such as ``"table 6"``.
        row: what a row stands for, such as ``"network"``.
        about: what the table compares.
        convention: how its figures came about, such as ``"median of 5 runs"``.
        columns: by name.
        rows: name of the row -> name of the column -> the figure as printed.
    """

    authors: str
    link: str
    number: int
    place: str
    row: str
    about: str
    convention: str
    columns: dict[str, Column]
    rows: dict[str, dict[str, str]]

    def printed(self, row: str, column: str) -> str:
        """A figure with the digits that the paper prints; "failed" for a failed run.

        Raises:
            KeyError: the table has no such row or column; the message lists what it has.
        """
        for kind, name, known in (("row", row, self.rows), ("column", column, self.columns)):
            if name not in known:
                raise KeyError(f"{kind} must be one of {list(known)}, got {name!r}")
        return self.rows[row][column]

    def value(self, row: str, column: str) -> float:
        """A figure as a number, in the unit of its column.

        Raises:
            KeyError: as :meth:`printed`.
            ValueError: the run failed, so there is no figure.
        """
        text = self.printed(row, column)
        if text == FAILED:
            raise ValueError(f"row must be one that did not fail, got {row!r}")
        return float(text)

    def __repr__(self) -> str:
        """The table in Markdown, and above it what it is and where it is from."""
        units = {column.unit for column in self.columns.values()}
        heads = [
            name if len(units) == 1 else f"{name} ({column.unit})"
            for name, column in self.columns.items()
        ]
        about = f"{self.about}, in {units.pop()}" if len(units) == 1 else self.about
        source = f"[{self.authors}, {self.place}]({self.link})"
        rows = [[row, *cells.values()] for row, cells in self.rows.items()]
        table = markdown_table([self.row, *heads], rows, right=range(1, 1 + len(heads)))
        words = f"**{_sentence(about)}** From {source}. {_sentence(self.convention)}"
        return f"{words}\n\n{table}"

    def _repr_markdown_(self) -> str:
        return repr(self)


def paper(source: str, table: int) -> PaperTable:
    """Look up a table of a paper.

    Args:
        source: ``"he2015"`` (arXiv:1512.03385), ``"he2016"`` (arXiv:1603.05027),
            ``"huang2016"`` (arXiv:1603.09382) or ``"bag_of_tricks"`` (arXiv:1812.01187).
        table: its number in the paper, or that of a figure.

    Raises:
        ValueError: nothing is recorded of this paper or table; the message says what is.
        TypeError: ``table`` is no integer.

    Example:
        >>> paper("he2016", 2).printed("BN after addition", "ResNet-164")
        '6.50'
    """
    papers = _papers()
    check_choice("source", source, papers)
    check_integer("table", table, least=1)
    if str(table) not in (tables := papers[source]["tables"]):
        raise ValueError(f"table must be one of {', '.join(tables)} of {source!r}, got {table}")
    entry = tables[str(table)]
    columns = {name: Column(**column) for name, column in entry["columns"].items()}
    return PaperTable(
        authors=papers[source]["authors"],
        link=papers[source]["link"],
        number=table,
        place=entry.get("place", f"table {table}"),
        row=entry["row"],
        about=entry["about"],
        convention=entry["convention"],
        columns=columns,
        rows={
            name: dict(zip(columns, figures, strict=True))
            for name, figures in entry["rows"].items()
        },
    )


@cache
def _papers() -> dict[str, Any]:
    papers: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return papers


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
