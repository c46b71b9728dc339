"""Hold the chapters to their form: ``python -m book.kit.lint`` (part of ``make lint``).

Every finding names the notebook, the cell, the line, what was found and what to do.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from book.kit import cells, metadata, notebooks, numerals, proofs, quizzes
from book.kit.notebooks import Cell, Notebook

MOST_LINES = 15
MOST_COLUMNS = 78  # of code that the page shows without scrolling
GENERATED = {"install", "chapter-header", "prediction", "quiz"}
_DIRECTIVE = re.compile(r"^\s*(?:```+|~~~+|:::+)\s*\{|^\s*%\s|^\([\w-]+\)=\s*$")
_ROLE = re.compile(r"\{[\w:.-]+\}`")
_LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)")
_SHOWS = {"HTML", "Latex", "Markdown", "print"}
_IMAGE = re.compile(r"!\[\s*\]\(")


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


def typed_numerals(notebook: Notebook, path: Path) -> Iterator[tuple[str, int, str]]:
    """Results typed as numerals in prose, or in the text a cell prints."""
    given = _given(notebook)
    for cell in _written(notebook):
        texts = [(1, cell["source"])] if _is_text(cell) else _printed(cell["source"])
        for start, text in texts:
            for line, numeral in numerals.typed(text, given):
                yield cell["id"], start + line - 1, (
                    f"{numeral!r} is typed. Compute it in a cell and show it with "
                    f'display(Markdown(f"...")); a size the reader chose goes into `given`.'
                )


def quiz_numerals(notebook: Notebook, path: Path) -> Iterator[tuple[str, int, str]]:
    """Proofs that are missing or unused; numerals in what a proof has to prove, but not in it."""
    try:
        questions = quizzes.load(_questions(path))
        computed = proofs.numbers(proofs.beside(_questions(path)))
    except (ValueError, FileNotFoundError) as error:
        yield "quiz", 0, f"{error}. The format is described in book/kit/quizzes.py."
        return
    named = {item.proof for item in questions.predictions + questions.quiz}
    for name in sorted(named ^ set(computed)):
        yield "quiz", 0, f"the proof {name!r} is {'not written' if name in named else 'not used'}."
    for item in questions.predictions + questions.quiz:
        proved = computed.get(item.proof, set()) | numerals.numbers(item.question)
        proved |= set(_given(notebook))
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


def portable_markdown(notebook: Notebook, path: Path) -> Iterator[tuple[str, int, str]]:
    """Only what every reader of notebooks renders; links that lead somewhere."""
    for cell in filter(_is_text, notebook["cells"]):
        for number, line in enumerate(cell["source"].splitlines(), 1):
            if _DIRECTIVE.search(line) or _ROLE.search(line):
                yield cell["id"], number, (
                    "MyST syntax, which Colab shows raw. Use CommonMark, tables, math, <details>."
                )
            if _IMAGE.search(line):
                yield cell["id"], number, "an image without alt text."
            if re.search(r"\sstyle=|<(script|style|iframe)\b", line):
                yield cell["id"], number, "inline style or script, which the site's policy refuses."
            for target in _LINK.findall(line):
                if not re.match(r"https://|#|attachment:", target) and not (
                    path.parent / target.partition("#")[0]
                ).exists():
                    yield cell["id"], number, f"the link {target!r} leads to no file."


def wording(notebook: Notebook, path: Path) -> Iterator[tuple[str, int, str]]:
    """Words and signs that the house does without."""
    for cell in filter(_is_text, notebook["cells"]):
        for number, line in enumerate(_without_code(cell["source"]).splitlines(), 1):
            if re.search(r"\bsimply\b", line, re.I):
                yield cell["id"], number, "'simply'. Leave it out."
            if re.search(r"!(?!\[|--)(?<!<!)", line):
                yield cell["id"], number, "an exclamation mark. End with a full stop."


RULES: tuple[Rule, ...] = (
    typed_numerals, quiz_numerals, metadata_form, errors_allowed, generated_cells, form,
    portable_markdown, wording,
)


def _is_text(cell: Cell) -> bool:
    return bool(cell["cell_type"] == "markdown")


def _written(notebook: Notebook) -> list[Cell]:
    return [cell for cell in notebook["cells"] if not GENERATED & set(notebooks.tags(cell))]


def _given(notebook: Notebook) -> list[float]:
    return list(notebook.get("metadata", {}).get("resnet_lab", {}).get("given", []))


def _prose(notebook: Notebook) -> str:
    return "\n".join(cell["source"] for cell in notebook["cells"] if _is_text(cell))


def _questions(path: Path) -> Path:
    return path.parent / "quizzes" / f"{path.stem}.yml"


def _readable_questions(path: Path) -> quizzes.Questions | None:
    """The questions; None where `quiz_numerals` reports that they cannot be read."""
    try:
        return quizzes.load(_questions(path))
    except (ValueError, FileNotFoundError):
        return None


def _without_code(text: str) -> str:
    blank = re.compile(r"^```.*?^```|`[^`\n]+`|\$\$.+?\$\$|\$[^$\n]+\$", re.M | re.S)
    return blank.sub(lambda match: "\n" * match.group().count("\n"), text)


def _printed(source: str) -> Iterator[tuple[int, str]]:
    """Literal text that a code cell shows: in Markdown(...), print(...), title=... and the like."""
    tree = ast.parse(notebooks.plain_python(source))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        shows = isinstance(call.func, ast.Name) and call.func.id in _SHOWS
        named = [k.value for k in call.keywords
                 if k.arg == "title" or (shows and k.arg == "data")]
        for shown in (list(call.args) if shows else []) + named:
            specs = {id(n) for v in ast.walk(shown) if isinstance(v, ast.FormattedValue)
                     for n in ast.walk(v)}
            for node in ast.walk(shown):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and (
                    id(node) not in specs
                ):
                    yield node.lineno, node.value


def main() -> int:
    """Check every chapter; the exit status is 1 where something was found."""
    paths = notebooks.chapters()
    found = [finding for path in paths for finding in check(path)]
    print("\n".join(map(str, found)) or f"{len(paths)} chapters: nothing found.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
