"""Exercises of a chapter: stub, check and reference solution, taken from its cells.

An exercise is a Markdown cell with ``<!-- exercise: id -->``, a code cell whose last line is
``check_name(answer)``, and a Markdown cell with a fenced Python block under
``<summary>Reference solution</summary>``. The block replaces the stub; it need not repeat
the check.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from book.kit import notebooks

_ID = re.compile(r"<!-- exercise: ([\w-]+) -->")
_CHECK = re.compile(r"^(check_\w+)\(.*\)$")
_SOLUTION = re.compile(
    r"<details>\s*<summary>Reference solution</summary>\s*```python\n(.*?)```\s*</details>", re.S
)


@dataclass(frozen=True)
class Exercise:
    """One exercise of a chapter.

    Attributes:
        before: source of the code cells before it, first to last.
        stub, solution: what stands in the cell before and after solving, without the check.
        check: its last line.
    """

    id: str
    chapter: str
    before: tuple[str, ...]
    stub: str
    solution: str
    check: str

    @property
    def checker(self) -> str:
        """Name of the check function."""
        return self.check.partition("(")[0]


def exercises(path: Path) -> list[Exercise]:
    """All exercises of a chapter.

    Raises:
        ValueError: a cell that should follow an exercise's question does not.
    """
    cells = notebooks.load(path)["cells"]
    found = []
    for place, cell in enumerate(cells):
        match = _ID.search(cell["source"]) if cell["cell_type"] == "markdown" else None
        if match is None:
            continue
        where = f"{path.name}, exercise {match[1]}"
        code, folded = (cells[place + k]["source"] if place + k < len(cells) else ""
                        for k in (1, 2))
        *stub, check = code.rstrip().splitlines() or [""]
        solution = _SOLUTION.search(folded)
        if not _CHECK.match(check):
            raise ValueError(f"{where}: the next cell must end with check_name(answer): {check!r}")
        if solution is None:
            raise ValueError(f"{where}: a folded reference solution must follow the code cell")
        before = tuple(c["source"] for c in cells[:place] if c["cell_type"] == "code")
        answer = solution[1].replace(check, "").rstrip()
        found.append(Exercise(match[1], path.stem, before, "\n".join(stub), answer, check))
    return found


def run(exercise: Exercise, answer: str) -> Any:
    """Result of the check on an answer's source.

    Only the imports, functions and classes of the cells before it are executed, so an
    answer that needs a computed value of the chapter must compute it.
    """
    names: dict[str, Any] = {}
    for source in exercise.before:
        tree = ast.parse(notebooks.plain_python(source))
        kept: list[ast.stmt] = [n for n in tree.body if isinstance(
            n, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))]
        exec(compile(ast.Module(kept, []), exercise.chapter, "exec"), names)
    exec(compile(answer, exercise.id, "exec"), names)
    return eval(exercise.check, names)
