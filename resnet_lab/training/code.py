"""Which code computed a result: a digest of what decides the numbers, and the commit."""

import ast
import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
COMPUTING = (
    "models/plan.py", "models/stems.py", "models/shortcuts.py", "models/blocks.py",
    "models/preactivation.py", "models/spec.py", "models/trunk.py", "models/catalogue.py",
    "hooks/surgery.py", "data/folder.py", "data/reading.py",
    "training/recipe.py", "training/batches.py", "training/sources.py", "training/network.py",
    "training/execution.py", "training/group.py", "training/step.py", "training/graphed_step.py",
    "training/schedule.py", "training/curve.py", "training/trainer.py",
)  # fmt: skip
"""Files that decide what a run computes."""

NEUTRAL = {
    **dict.fromkeys(
        (
            "__init__.py", "models/__init__.py", "hooks/__init__.py", "interop/__init__.py",
            "data/__init__.py", "training/__init__.py",
        ),
        "says what is where",
    ),
    **dict.fromkeys(
        (
            "data/cifar.py", "data/copies.py", "data/digits.py", "data/download.py",
            "data/imageset.py", "data/places.py",
        ),
        "brings images, for which a record has a checksum",
    ),
    **dict.fromkeys(
        (
            "arithmetic.py", "tables.py", "models/cost.py", "models/cost_rows.py",
            "hooks/shapes.py", "hooks/preserve.py",
        ),
        "counts and describes networks",
    ),
    **dict.fromkeys(
        ("hooks/gradients.py", "hooks/lesions.py", "hooks/networks.py"),
        "looks into a network; studies have a digest of their own",
    ),
    **dict.fromkeys(
        (
            "models/official.py", "interop/identify.py", "interop/identify_module.py",
            "interop/identify_state.py", "interop/layouts.py", "interop/twins.py",
            "interop/weights.py",
        ),
        "is for networks from elsewhere, which a record calls given",
    ),
    "checks.py": "refuses arguments, or lets them pass as they are",
    "training/checkpoint.py": "returns what was saved, by its SHA-256",
    "training/code.py": "says which code it was",
    "training/machine.py": "says what the run was on",
    "training/progress.py": "shows how far the run is",
    "training/record.py": "keeps what was computed",
}  # fmt: skip
"""The other files that training brings with it, and why each may change."""


def read_sources(files: Iterable[str]) -> dict[str, str]:
    """What files of the package hold now: path in the package -> text."""
    return {name: (PACKAGE / name).read_text(encoding="utf-8") for name in files}


LOADED = read_sources(COMPUTING)
"""The computing files as they were when this process loaded them."""


@cache
def code_digest() -> str:
    """The digest of the code that this process loaded, whatever becomes of its files."""
    return digest_of(LOADED)


def digest_of(sources: Mapping[str, str]) -> str:
    """SHA-256 of sources by path, cut to 16 digits.

    Comments, docstrings and layout do not enter; any other change does.
    """
    digest = hashlib.sha256()
    for name, text in sources.items():
        digest.update("\n".join([name, *_walk(ast.parse(text))]).encode())
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

    It is looked up once, when the first run of the process begins: later ones are of the code
    that was loaded then.

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
