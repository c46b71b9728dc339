"""Which code computed a result: a digest of what decides the numbers, and the commit."""

import ast
import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
COMPUTING = (
    "models/plan.py", "models/stems.py", "models/shortcuts.py", "models/blocks.py",
    "models/preactivation.py", "models/spec.py", "models/trunk.py", "models/catalogue.py",
    "hooks/surgery.py", "training/recipe.py", "training/batches.py", "training/step.py",
    "training/schedule.py", "training/trainer.py", "training/sources.py", "training/network.py",
    "training/curve.py",
)  # fmt: skip
"""Files that decide what a run computes; for the images, a record has a checksum."""


STUDYING = ("hooks/gradients.py", "hooks/lesions.py", "experiments/studies.py")
"""Files that decide what the studies of a run find."""


@cache
def code_digest() -> str:
    """The digest of :data:`COMPUTING`."""
    return digest_of(COMPUTING)


def digest_of(files: Iterable[str]) -> str:
    """SHA-256 of files of the package, cut to 16 digits.

    Comments, docstrings and layout do not enter; any other change does.
    """
    digest = hashlib.sha256()
    for name in files:
        tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
        digest.update("\n".join([name, *_walk(tree)]).encode())
    return digest.hexdigest()[:16]


def _walk(node: object) -> Iterator[str]:
    """Kinds and values of a tree, without what differs between versions of Python."""
    if isinstance(node, ast.AST):
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            if name == "body" and isinstance(value, list):
                value = [entry for entry in value if not _is_text(entry)]
            if name == "values" and isinstance(node, ast.JoinedStr):  # 3.12 adds empty ones
                value = [entry for entry in value if getattr(entry, "value", None) != ""]
            if value not in (None, []):
                yield name
                yield from _walk(value)
    elif isinstance(node, list):
        yield "["
        for entry in node:
            yield from _walk(entry)
        yield "]"
    else:
        yield repr(node)


def _is_text(node: object) -> bool:
    """Whether a statement is a string and nothing else, as docstrings are."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


@cache
def commit() -> str:
    """Commit of the repository that keeps the package; ``"+"`` marks changes since.

    ``"unknown"`` where none keeps it, as for an installed copy, or git is missing. The variable
    ``RESNET_LAB_COMMIT`` says it in place of git, for a copy of the files without their history.
    """
    if told := os.environ.get("RESNET_LAB_COMMIT"):
        return told
    head = _git("rev-parse", "HEAD")
    if head is None or not _git("ls-files", "--", "*.py"):
        return "unknown"
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "*.py")
    return f"{head}+" if changed else head


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(PACKAGE), *arguments], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
