"""Rules for what the text of a chapter says, in Markdown and in what a cell prints.

Like every rule of ``lint.py`` they yield the cell, the line, what was found and what to do.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from book.kit import metadata, notebooks, numerals
from book.kit.notebooks import Cell, Notebook

GENERATED = {"install", "chapter-header", "prediction", "quiz"}
_DIRECTIVE = re.compile(r"^\s*(?:```+|~~~+|:::+)\s*\{|^\s*%\s|^\([\w-]+\)=\s*$")
_ROLE = re.compile(r"\{[\w:.-]+\}`")
_LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)")
_SHOWS = {"HTML", "Latex", "Markdown", "print"}
_IMAGE = re.compile(r"!\[\s*\]\(")


def typed_numerals(notebook: Notebook, path: Path) -> Iterator[tuple[str, int, str]]:
    """Results typed as numerals in prose, or in the text a cell prints."""
    for cell in _written(notebook):
        texts = [(1, cell["source"])] if notebooks.is_text(cell) else _printed(cell["source"])
        for start, text in texts:
            for line, numeral in numerals.typed(text, metadata.given(notebook)):
                yield cell["id"], start + line - 1, (
                    f"{numeral!r} is typed. Compute it in a cell and show it with "
                    f'display(Markdown(f"...")); a size the reader chose goes into `given`.'
                )


def portable_markdown(notebook: Notebook, path: Path) -> Iterator[tuple[str, int, str]]:
    """Only what every reader of notebooks renders; links that lead somewhere."""
    for cell in filter(notebooks.is_text, notebook["cells"]):
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
    for cell in filter(notebooks.is_text, notebook["cells"]):
        for number, line in enumerate(_without_code(cell["source"]).splitlines(), 1):
            if re.search(r"\bsimply\b", line, re.I):
                yield cell["id"], number, "'simply'. Leave it out."
            if re.search(r"!(?!\[|--)(?<!<!)", line):
                yield cell["id"], number, "an exclamation mark. End with a full stop."


def _written(notebook: Notebook) -> list[Cell]:
    return [cell for cell in notebook["cells"] if not GENERATED & set(notebooks.tags(cell))]


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
