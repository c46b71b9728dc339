"""Rows of text as a table: for a terminal, for a notebook, and in Markdown."""

from collections.abc import Collection, Sequence
from html import escape


def text_table(columns: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """Columns aligned with spaces; those that hold only numbers to the right."""
    lines = [columns, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    numeric = [is_numeric(rows, i) for i in range(len(columns))]

    def align(line: Sequence[str]) -> str:
        cells = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        )
        return "  ".join(cells).rstrip()

    rule = "-" * len("  ".join("-" * width for width in widths))
    return "\n".join([caption, rule, align(columns), rule, *map(align, rows), rule])


def html_table(columns: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """The same as an HTML table with a caption and column headers."""
    kinds = ["number" if is_numeric(rows, i) else "text" for i in range(len(columns))]
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="rl-{kind}">{escape(cell)}</td>'
            for cell, kind in zip(row, kinds, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<table class="rl-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def markdown_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()
) -> str:
    r"""The same in Markdown; the columns whose positions are in ``right`` end at the right.

    Cells are Markdown themselves, so a bar in one has to be escaped as ``\|``.
    """
    rule = ["---:" if i in right else "---" for i in range(len(columns))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (columns, rule, *rows))


def is_numeric(rows: Sequence[Sequence[str]], index: int) -> bool:
    """True where a column holds numbers and nothing else."""
    cells = [row[index] for row in rows if row[index]]
    return bool(cells) and all(cell.replace(",", "").isdigit() for cell in cells)
