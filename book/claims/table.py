"""The ledger as a table for the book."""

from book.claims.ledger import Row, load, shown, values
from resnet_lab.tables import markdown_table

UNITS = {1: "", 10**6: " million", 10**9: " billion"}


def markdown() -> str:
    """One line a claim: what is said, by whom, what comes out, and the verdict."""
    return markdown_table(["Claim", "Verdict", "Computed", "Source"], [_cells(r) for r in load()])


def _cells(row: Row) -> list[str]:
    source = f"[{row.source}]({row.link})" if row.link else row.source
    computed = "<br>".join(
        f"{convention}: {shown(row, value)}{UNITS[row.unit]}"
        for convention, value in values(row).items()
    )
    return [
        f"{row.claim}. <br>*{row.quantity}*",
        f"**{row.verdict}** <br>{row.note}",
        computed or "–",
        f"{source}, {row.place}",
    ]
