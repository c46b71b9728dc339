"""The ledger as a table for the book."""

from book.claims.ledger import Row, load, shown, values


def markdown() -> str:
    """One line a claim: what is said, by whom, what comes out, and the verdict."""
    lines = ["| Claim | Verdict | Computed | Source |", "|---|---|---|---|"]
    return "\n".join(lines + [_line(row) for row in load()])


def _line(row: Row) -> str:
    source = f"[{row.source}]({row.link})" if row.link else row.source
    unit = {1: "", 10**6: " million", 10**9: " billion"}[row.unit]
    computed = "<br>".join(
        f"{convention}: {shown(row, value)}{unit}" for convention, value in values(row).items()
    )
    cells = (
        f"{row.claim}. <br>*{row.quantity}*", f"**{row.verdict}** <br>{row.note}",
        computed or "–", f"{source}, {row.place}",
    )
    return f"| {' | '.join(cells)} |"
