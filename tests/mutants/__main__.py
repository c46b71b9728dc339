"""Small deliberate faults, each of which a test must find: ``python -m tests.mutants``.

The lists beside this file, one for each room of the package and one for the book, say what is
changed where and which tests fail then. Each fault is put into a copy of the project and its
tests run there; what they do not find survives. Before that the same tests have to pass without
it.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.judge import Verdict, judge
from tests.mutants.lists import Mutant, read_lists
from tests.mutants.workshop import Workshop

ROOT = Path(__file__).resolve().parents[2]
LISTS = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants that are asked for, all of them by default; 0 if each is killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("wanted", nargs="*", metavar="room or file", help="all by default")
    parser.add_argument("--at-a-time", type=int, default=2, help="processes (default: 2)")
    options = parser.parse_args(arguments)
    mutants = chosen(read_lists(LISTS), options.wanted)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        workshop = Workshop(ROOT, Path(folder), options.at_a_time)
        verdicts = []
        for verdict in judge(mutants, workshop):
            verdicts.append(verdict)
            print(f"[{len(verdicts)}/{len(mutants)}] {verdict}", flush=True)
    return summary(verdicts)


def chosen(mutants: list[Mutant], wanted: Sequence[str]) -> list[Mutant]:
    """Those of a room (``models``) or of a changed file (``resnet_lab/arithmetic.py``)."""
    for name in wanted:
        if not any(name in (mutant.room, mutant.file) for mutant in mutants):
            rooms = ", ".join(sorted({mutant.room for mutant in mutants}))
            raise SystemExit(f"no mutant is in {name!r}; rooms: {rooms}, or a file they change")
    return [m for m in mutants if not wanted or m.room in wanted or m.file in wanted]


def summary(verdicts: list[Verdict]) -> int:
    """Say how many there are of each kind, and name those that were not killed."""
    kinds = [verdict.kind for verdict in verdicts]
    print(", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "none")
    bad = [verdict for verdict in verdicts if verdict.kind in ("survived", "refused")]
    for verdict in bad:
        print(f"  {verdict}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
