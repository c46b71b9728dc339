"""Rows of the ledger, and what the numbers say about each."""

import operator
from dataclasses import dataclass, fields
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from book.claims import recompute
from book.claims.value import Value

LEDGER = Path(__file__).with_name("ledger.yml")
POSTS = Path(__file__).with_name("posts.yml")
AGREES = ("holds", "rounds", "truncates")
"""How a reading can agree, from the strictest."""

DEPENDS, ANOTHER = "depends on convention", "another reading"
CONTRADICTED, UNTESTABLE = "contradicted", "not testable here"
VERDICTS = (*AGREES, DEPENDS, ANOTHER, CONTRADICTED, UNTESTABLE)


@dataclass(frozen=True)
class Row:
    """One claim; the fields are described at the head of ``ledger.yml``."""

    id: str
    claim: str
    source: str
    place: str
    link: str | None
    quantity: str
    unit: int
    stated: tuple[str, ...]
    convention: str | None
    compute: str | None
    verdict: str
    note: str


def load(*paths: Path) -> list[Row]:
    """Read files of the ledger; without a path, all of it.

    Raises:
        ValueError: naming the row, the field and what would be accepted.
    """
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths or (LEDGER, POSTS)]
    rows = [_row(entry) for entries in files for entry in entries]
    ids = [row.id for row in rows]
    repeated = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if repeated:
        raise ValueError(f"ids of rows must differ, got {repeated} more than once")
    return rows


def values(row: Row) -> dict[str, Value]:
    """What the row's function computes, by convention; empty where nothing can be computed."""
    return recompute.function(row.compute)() if row.compute else {}


def decide(row: Row, computed: dict[str, Value]) -> str:
    """The verdict that the numbers give: contradicted only where no reading agrees.

    Raises:
        ValueError: the row names a convention that is not computed.
    """
    if not computed:
        return UNTESTABLE
    if row.convention is not None and row.convention not in computed:
        raise ValueError(
            f"{row.id}: convention must be one of {sorted(computed)}, got {row.convention!r}"
        )
    found = {reading: _compare(row, value) for reading, value in computed.items()}
    if not any(verdict in AGREES for verdict in found.values()):
        return CONTRADICTED
    if row.convention is not None:
        meant = found[row.convention]
        return meant if meant in AGREES else ANOTHER
    return DEPENDS if len(set(found.values())) > 1 else next(iter(found.values()))


def shown(row: Row, value: Value) -> str:
    """A computed value in the row's unit, with two digits more than the claim has."""
    return ", ".join(
        f"{part:,}" if row.unit == 1 and isinstance(part, int)
        else f"{_decimal(part, row.unit):,.{_places(figure) + 2}f}"
        for part, figure in zip(_parts(value), row.stated, strict=True)
    )


def _compare(row: Row, value: Value) -> str:
    pairs = list(zip(_parts(value), row.stated, strict=True))
    for verdict, rounding in zip(AGREES, (None, ROUND_HALF_UP, ROUND_DOWN), strict=True):
        if all(_meets(part, figure, row.unit, rounding) for part, figure in pairs):
            return verdict
    return CONTRADICTED


def _meets(part: int | Fraction, figure: str, unit: int, rounding: str | None) -> bool:
    if figure.startswith(("<", ">")):
        compare = operator.lt if figure[0] == "<" else operator.gt
        return compare(Fraction(part, unit), Fraction(figure[1:]))
    if rounding is None:
        return Fraction(part, unit) == Fraction(figure)
    return _decimal(part, unit).quantize(Decimal(figure), rounding) == Decimal(figure)


def _parts(value: Value) -> tuple[int | Fraction, ...]:
    return value if isinstance(value, tuple) else (value,)


def _decimal(value: int | Fraction, unit: int) -> Decimal:
    exact = Fraction(value, unit)
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def _places(figure: str) -> int:
    return len(figure.partition(".")[2])


def _row(entry: dict[str, Any]) -> Row:
    wanted = [field.name for field in fields(Row)]
    name = entry.get("id", entry)
    if set(entry) != set(wanted):
        raise ValueError(f"{name}: must hold {wanted}, got {list(entry)}")
    if entry["verdict"] not in VERDICTS:
        raise ValueError(f"{name}: verdict must be one of {VERDICTS}, got {entry['verdict']!r}")
    if entry["compute"] is not None:
        try:
            recompute.function(entry["compute"])
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    if not all(isinstance(figure, str) for figure in entry["stated"]):
        raise ValueError(f"{name}: stated must hold quoted figures, got {entry['stated']!r}")
    return Row(**{**entry, "stated": tuple(entry["stated"])})
