"""Recompute the ledger and compare each verdict with the row's: ``make claims``."""

import sys

from book.claims import ledger


def main() -> int:
    """Print one line a claim; the exit status is 1 where a verdict differs."""
    differ = 0
    for row in ledger.load():
        computed = ledger.values(row)
        found = ledger.decide(row, computed)
        agrees = found == row.verdict
        differ += not agrees
        readings = "; ".join(f"{name} {ledger.shown(row, v)}" for name, v in computed.items())
        print(f"{'ok  ' if agrees else 'DIFF'} {row.id}: {', '.join(row.stated)} {found}"
              f"{'' if agrees else f' (the ledger says {row.verdict})'} [{readings}]")
    print(f"{differ} verdicts differ" if differ else "Every verdict agrees.")
    return int(bool(differ))


if __name__ == "__main__":
    sys.exit(main())
