"""Ids of questions are for good: ``book/quizzes/ids.txt`` lists all that the book ever had.

The order of the options is drawn from the id, and objectives and pages name it. So an id stays
when a question is worded anew or moves to another chapter. ``make sync`` adds new ids to the list.
Whoever takes a question out of the book writes ``withdrawn`` after its id in the list.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from book.kit import quizzes
from book.kit.notebooks import BOOK

WITHDRAWN = "withdrawn"


def listing(book: Path = BOOK) -> Path:
    """The committed list, a line an id."""
    return book / "quizzes" / "ids.txt"


def expected(book: Path = BOOK) -> str:
    """The list with the ids that are new."""
    listed = _listed(book)
    lines = {id_: f"{id_} {WITHDRAWN}" if gone else id_ for id_, gone in listed.items()}
    lines |= {id_: id_ for id_ in _used(book) if id_ not in listed}
    return "".join(f"{lines[id_]}\n" for id_ in sorted(lines))


def faults(book: Path = BOOK) -> Iterator[tuple[str, str]]:
    """Ids that are gone, used again or used twice: each with what to do."""
    listed, used = _listed(book), _used(book)
    for id_, count in used.items():
        if count > 1:
            yield id_, f"is the id of {count} questions. Each needs one of its own."
        if listed.get(id_):
            yield id_, "was withdrawn, and an id is not used again. Take another one."
    for id_, gone in listed.items():
        if not gone and id_ not in used:
            yield id_, (
                "is the id of no question any more. Ids never change: give it back, or write "
                f"'{id_} {WITHDRAWN}' where the question has left the book."
            )


def _listed(book: Path) -> dict[str, bool]:
    """Each id of the list, and whether it is withdrawn."""
    path, found = listing(book), {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        id_, _, mark = line.partition(" ")
        if mark not in ("", WITHDRAWN):
            wanted = f"a line must be an id, or an id and {WITHDRAWN!r}"
            raise ValueError(f"{path.name}: {wanted}, got {line!r}")
        found[id_] = bool(mark)
    return found


def _used(book: Path) -> Counter[str]:
    """How many questions have each id."""
    files = [quizzes.load(path) for path in sorted((book / "quizzes").glob("*.yml"))]
    return Counter(item.id for each in files for item in each.predictions + each.quiz)
