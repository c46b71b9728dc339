"""Write the generated cells of the chapters from their sources: ``make sync``.

Cells are found by tag: ``install`` (the first code cell), ``chapter-header``,
``prediction`` (with cell metadata ``{"resnet_lab": {"item": id}}``) and ``quiz``. The table
of the claims page lies between two comments in ``book/appendix/claims.md``. New ids
of questions are added to ``book/quizzes/ids.txt``.
With ``--check`` nothing is written; differences are printed and the exit status is 1.
"""

import difflib
import json
import sys
from pathlib import Path
from typing import Any

from book.claims import table
from book.kit import cells, ids, metadata, notebooks, quizzes, reading

CLAIMS_BEGIN, CLAIMS_END = "<!-- generated: claims -->", "<!-- end of generated -->"


def synced(
    path: Path, minutes: dict[str, Any], counts: dict[str, reading.Reading]
) -> notebooks.Notebook:
    """The notebook with every generated cell as its source says.

    Raises:
        ValueError: the metadata, the questions or a cell's item id is not as it should be.
    """
    notebook = notebooks.load(path)
    chapter = metadata.read(notebook)
    questions = quizzes.load(path.parent / "quizzes" / f"{path.stem}.yml")
    for cell in notebook["cells"]:
        for tag in notebooks.tags(cell):
            if tag == "install":
                cell["source"] = cells.install()
            elif tag == "chapter-header":
                cell["source"] = cells.header(
                    chapter, minutes.get(path.stem), counts.get(path.stem)
                )
            elif tag == "prediction":
                item = cell["metadata"].get("resnet_lab", {}).get("item", "")
                cell["source"] = cells.prediction(questions.prediction(item))
            elif tag == "quiz":
                cell["source"] = cells.quiz(questions.quiz, chapter.number)
    return notebook


def expected(book: Path = notebooks.BOOK) -> dict[Path, str]:
    """What each file with generated parts should hold."""
    timed = book / "minutes.json"
    minutes = json.loads(timed.read_text(encoding="utf-8")) if timed.exists() else {}
    counts = reading.recorded(book / "reading.json")
    texts = {
        path: notebooks.dump(synced(path, minutes, counts)) for path in notebooks.chapters(book)
    }
    page = book / "appendix" / "claims.md"
    if page.exists():
        texts[page] = _between(page.read_text(encoding="utf-8"), table.markdown())
    texts[ids.listing(book)] = ids.expected(book)
    return texts


def differences(texts: dict[Path, str]) -> list[str]:
    """Lines of a unified difference between the files and what they should hold."""
    lines: list[str] = []
    for path, text in texts.items():
        now = _now(path).splitlines()
        lines += difflib.unified_diff(now, text.splitlines(), str(path), "generated", lineterm="")
    return lines


def _now(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _between(page: str, text: str) -> str:
    before, begin, rest = page.partition(CLAIMS_BEGIN)
    _, end, after = rest.partition(CLAIMS_END)
    if not begin or not end:
        raise ValueError(f"claims.md must hold {CLAIMS_BEGIN!r} and {CLAIMS_END!r}")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def main(arguments: list[str]) -> int:
    """Write, or with ``--check`` compare."""
    texts = expected()
    if "--check" in arguments:
        lines = differences(texts)
        print("\n".join([*lines, "Run `make sync`."] if lines else ["Generated cells agree."]))
        return int(bool(lines))
    for path, text in texts.items():
        if _now(path) != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(notebooks.ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
