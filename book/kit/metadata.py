"""The chapter's metadata, kept in the notebook under ``resnet_lab``.

As an example::

    {"chapter": 4, "part": "II Anatomy",
     "objectives": [{"id": "size", "text": "compute ...", "checked_by": ["output-size"]}],
     "given": [224, 7, 2]}

``checked_by`` names exercises and quiz items of the chapter. ``given`` lists the sizes the
reader chose and the definitions of layers: the bare numerals that prose may hold.
"""

from dataclasses import dataclass
from typing import Any

from book.kit.notebooks import Notebook

PARTS = ("I The problem", "II Anatomy", "III Under the hood", "IV The family", "V Training")


@dataclass(frozen=True)
class Objective:
    """What the reader can do afterwards, and what checks it."""

    id: str
    text: str
    checked_by: tuple[str, ...]


@dataclass(frozen=True)
class Chapter:
    """Metadata of one chapter."""

    number: int
    part: str
    objectives: tuple[Objective, ...]
    given: tuple[float, ...]


def read(notebook: Notebook) -> Chapter:
    """Read and check the metadata of a notebook.

    Raises:
        ValueError: naming the field, its value and what would be accepted.
    """
    fields = notebook.get("metadata", {}).get("resnet_lab")
    wanted = {"chapter", "part", "objectives", "given"}
    if not isinstance(fields, dict) or set(fields) != wanted:
        raise ValueError(f"metadata.resnet_lab must hold {sorted(wanted)}, got {fields!r}")
    _need(isinstance(fields["chapter"], int), "chapter", fields["chapter"], "a number")
    _need(fields["part"] in PARTS, "part", fields["part"], f"one of {PARTS}")
    _need(bool(fields["objectives"]), "objectives", fields["objectives"], "at least one")
    numbers = all(isinstance(value, (int, float)) for value in fields["given"])
    _need(numbers, "given", fields["given"], "numbers")
    objectives = tuple(_objective(entry) for entry in fields["objectives"])
    ids = [objective.id for objective in objectives]
    _need(len(set(ids)) == len(ids), "objectives", ids, "ids that differ")
    return Chapter(fields["chapter"], fields["part"], objectives, tuple(fields["given"]))


def given(notebook: Notebook) -> list[float]:
    """The numbers that prose may hold; none where the metadata have no such field."""
    return list(notebook.get("metadata", {}).get("resnet_lab", {}).get("given", []))


def _objective(entry: Any) -> Objective:
    complete = isinstance(entry, dict) and set(entry) == {"id", "text", "checked_by"}
    _need(complete, "objectives", entry, "entries with id, text and checked_by")
    _need(bool(entry["checked_by"]), f"objectives.{entry['id']}.checked_by",
          entry["checked_by"], "at least one exercise or quiz item")
    return Objective(entry["id"], entry["text"], tuple(entry["checked_by"]))


def _need(holds: bool, field: str, value: object, accepted: str) -> None:
    if not holds:
        raise ValueError(f"metadata.resnet_lab.{field} must be {accepted}, got {value!r}")
