"""Hold the chapters to their form: ``python -m book.kit.lint`` (part of ``make lint``).

Every finding names the notebook, the cell, the line, what was found and what to do. Rules for
what the text says are in ``prose.py``.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from book.kit import cells, ids, metadata, notebooks, numerals, proofs, prose, quizzes
from book.kit.notebooks import Notebook

MOST_LINES = 15
MOST_COLUMNS = 78  # of code that the page shows without scrolling
NO_OUTPUT = {"install", "remove-cell", "remove-output", "hide-output"}


@dataclass(frozen=True)
class Finding:
    """One fault."""

    notebook: str
    cell: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.notebook}: cell {self.cell}, line {self.line}: {self.text}"


Rule = Callable[[Notebook, Path], Iterator[tuple[str, int, str]]]


def check(path: Path) -> list[Finding]:
    """All faults of a chapter."""
    notebook = notebooks.load(path)
    found = [Finding(path.name, *place) for rule in RULES for place in rule(notebook, path)]
    return sorted(found, key=lambda finding: (finding.cell, finding.line))


def quiz_numerals(notebook: Notebook, path: Path) -> Iterator[tuple[str, int, str]]:
    """Proofs that are missing or unused; numerals in what a proof has to prove, but not in it."""
    try:
        questions = quizzes.load(_questions(path))
    except (ValueError, FileNotFoundError) as error:
        yield "quiz", 0, f"{error}. The format is described in book/kit/quizzes.py."
        return
    try:
        computed = proofs.numbers(proofs.beside(_questions(path)))
    except (ValueError, FileNotFoundError) as error:
        yield "quiz", 0, f"{error}. Proofs are described in book/kit/proofs.py."
        return
    named = {item.proof for item in questions.predictions + questions.quiz}
    for name in sorted(named ^ set(computed)):
        yield "quiz", 0, f"the proof {name!r} is {'not written' if name in named else 'not used'}."
    for item in questions.predictions + questions.quiz:
        proved = computed.get(item.proof, set()) | numerals.numbers(item.question)
        proved |= set(metadata.given(notebook))
        for option in item.options:
            own = set() if option.right else numerals.numbers(option.text)
            for text in (option.feedback, option.text if option.right else ""):
                for _, numeral in numerals.typed(text, proved | own):
                    yield f"quiz item {item.id}", 0, (
                        f"{numeral!r} is in neither the proof nor the question. "
                        f"Extend the proof until it computes it."
                    )


def metadata_form(notebook: Notebook, path: Path) -> Iterator[tuple[str, int, str]]:
    """Metadata as ``metadata.py`` describes it; objectives checked by items that exist."""
    try:
        chapter = metadata.read(notebook)
    except ValueError as error:
        yield "metadata", 0, f"{error}."
        return
    if not path.name.startswith(f"{chapter.number:02d}_"):
        yield "metadata", 0, f"chapter is {chapter.number}, but the file's name begins otherwise."
    known = set(re.findall(r"<!-- exercise: ([\w-]+) -->", _prose(notebook)))
    if questions := _readable_questions(path):
        known |= {item.id for item in questions.predictions + questions.quiz}
    for objective in chapter.objectives:
        for id_ in objective.checked_by:
            if id_ not in known:
                yield "metadata", 0, (
                    f"objective {objective.id!r} is checked by {id_!r}, which is no exercise "
                    f"or question of the chapter; there are {sorted(known)}."
                )


def errors_allowed(notebook: Notebook, path: Path) -> Iterator[tuple[str, int, str]]:
    """Metadata under which a failing cell would pass."""
    if re.search(r"allow_errors|raises-exception", str(notebook.get("metadata"))):
        yield "metadata", 0, "errors are allowed. Remove it; catch the error in the cell."
    for cell in notebook["cells"]:
        if re.search(r"allow_errors|raises-exception|skip-execution", str(cell.get("metadata"))):
            yield cell["id"], 0, "errors are allowed. Remove it; catch the error in the cell."


def generated_cells(notebook: Notebook, path: Path) -> Iterator[tuple[str, int, str]]:
    """One header and one quiz; every prediction once; the install cell first and as written."""
    for tag in ("chapter-header", "quiz"):
        if (count := len(notebooks.tagged(notebook, tag))) != 1:
            yield "notebook", 0, f"must have one cell tagged {tag!r}, got {count}."
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    if not code or code[0]["source"] != cells.install() or "install" not in notebooks.tags(code[0]):
        yield code[0]["id"] if code else "notebook", 1, (
            "the first code cell must be tagged 'install' and hold its text. Run `make sync`."
        )
    if questions := _readable_questions(path):
        placed = [cell["metadata"].get("resnet_lab", {}).get("item")
                  for cell in notebooks.tagged(notebook, "prediction")]
        wanted = [item.id for item in questions.predictions]
        if sorted(map(str, placed)) != sorted(wanted):
            yield "notebook", 0, f"predictions {wanted} must each have one cell, got {placed}."


def results(notebook: Notebook, path: Path) -> Iterator[tuple[str, int, str]]:
    """A prediction is answered by what a code cell after it puts out."""
    questions = _readable_questions(path)
    for prediction in questions.predictions if questions else ():
        after = _after(notebook, prediction.id)
        shown = {cell["id"] for cell in after
                 if cell["cell_type"] == "code" and not NO_OUTPUT & set(notebooks.tags(cell))}
        if after and prediction.result not in shown:
            yield f"prediction {prediction.id}", 0, (
                f"result is {prediction.result!r}, which is no code cell after it whose output a "
                "page shows. Name the first cell whose output answers it."
            )


def form(notebook: Notebook, path: Path) -> Iterator[tuple[str, int, str]]:
    """What git should not see, and what Colab could not read."""
    if (notebook.get("nbformat"), notebook.get("nbformat_minor")) != (4, 5):
        yield "notebook", 0, "the format must be 4.5 (cells with ids)."
    if notebook.get("metadata", {}).get("kernelspec", {}).get("name") != "python3":
        yield "notebook", 0, "the kernelspec must be python3."
    ids = [cell["id"] for cell in notebook["cells"]]
    for id_ in sorted({i for i in ids if ids.count(i) > 1}):
        yield id_, 0, "the id stands on more than one cell."
    for cell in notebook["cells"]:
        if cell.get("outputs") or cell.get("execution_count"):
            yield cell["id"], 0, "has outputs. Run `nbstripout --keep-id` on the notebook."
        lines = len(cell["source"].splitlines())
        if cell["cell_type"] == "code" and lines > MOST_LINES:
            yield cell["id"], lines, f"has {lines} lines of code. Split it at {MOST_LINES}."
        shown = not {"hide-input", "remove-cell", "install"} & set(notebooks.tags(cell))
        if cell["cell_type"] == "code" and shown:
            for number, line in enumerate(cell["source"].splitlines(), 1):
                if len(line) > MOST_COLUMNS:
                    yield cell["id"], number, f"is longer than {MOST_COLUMNS}. Break the line."


RULES: tuple[Rule, ...] = (
    prose.typed_numerals, quiz_numerals, metadata_form, errors_allowed, generated_cells,
    results, form, prose.portable_markdown, prose.wording,
)


def _after(notebook: Notebook, item: str) -> list[notebooks.Cell]:
    """The cells after the one with a prediction; none where there is no such cell."""
    cells = notebook["cells"]
    asked = [cell["metadata"].get("resnet_lab", {}).get("item") == item for cell in cells]
    return cells[asked.index(True) + 1 :] if True in asked else []


def _prose(notebook: Notebook) -> str:
    return "\n".join(cell["source"] for cell in notebook["cells"] if notebooks.is_text(cell))


def _questions(path: Path) -> Path:
    return path.parent / "quizzes" / f"{path.stem}.yml"


def _readable_questions(path: Path) -> quizzes.Questions | None:
    """The questions; None where `quiz_numerals` reports that they cannot be read."""
    try:
        return quizzes.load(_questions(path))
    except (ValueError, FileNotFoundError):
        return None


def main() -> int:
    """Check every chapter; the exit status is 1 where something was found."""
    paths = notebooks.chapters()
    found = [finding for path in paths for finding in check(path)]
    found += [Finding(ids.listing().name, id_, 0, text) for id_, text in ids.faults()]
    print("\n".join(map(str, found)) or f"{len(paths)} chapters: nothing found.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
