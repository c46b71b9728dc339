"""The ledger as tables for the book."""

from book.claims.ledger import LEDGER, POSTS, Row, load, shown, values
from resnet_lab.tables import markdown_table

UNITS = {1: "", 10**6: " million", 10**9: " billion"}


FILES = {
    "Papers, libraries and their documentation": LEDGER,
    "Posts and guides": POSTS,
}


def markdown() -> str:
    """One line a claim: what is said, by whom, what comes out, and the verdict."""
    head = ["Claim", "Verdict", "Computed", "Source"]
    return "\n\n".join(
        f"## {title}\n\n{markdown_table(head, [_cells(row) for row in load(path)])}"
        for title, path in FILES.items()
    )


def _cells(row: Row) -> list[str]:
    source = f"[{row.source}]({row.link})" if row.link else row.source
    computed = values(row)
    several = len(computed) > 1
    readings = "<br>".join(
        f"{reading}{' (meant)' if several and reading == row.convention else ''}: "
        f"{shown(row, value)}{UNITS[row.unit]}"
        for reading, value in computed.items()
    )
    return [
        f"{row.claim}. <br>*{row.quantity}*",
        f"**{row.verdict}** <br>{row.note}",
        readings or "–",
        f"{source}, {row.place}",
    ]
