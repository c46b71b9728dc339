"""Rows of the ledger, and what the numbers say about each."""

from dataclasses import dataclass, fields
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from book.claims import recompute
from book.claims.value import Value

LEDGER = Path(__file__).with_name("ledger.yml")
DEPENDS, UNTESTABLE = "depends on convention", "not testable here"
VERDICTS = ("holds", "rounds", "truncates", DEPENDS, "contradicted", UNTESTABLE)


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


def load(path: Path = LEDGER) -> list[Row]:
    """Read the ledger.

    Raises:
        ValueError: naming the row, the field and what would be accepted.
    """
    rows = [_row(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]
    ids = [row.id for row in rows]
    repeated = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if repeated:
        raise ValueError(f"ids of rows must differ, got {repeated} more than once")
    return rows


def values(row: Row) -> dict[str, Value]:
    """What the row's function computes, by convention; empty where nothing can be computed."""
    return recompute.function(row.compute)() if row.compute else {}


def decide(row: Row, computed: dict[str, Value]) -> str:
    """The verdict that the numbers give.

    Raises:
        ValueError: the row names a convention that is not computed.
    """
    if not computed:
        return UNTESTABLE
    if row.convention is not None and row.convention not in computed:
        raise ValueError(
            f"{row.id}: convention must be one of {sorted(computed)}, got {row.convention!r}"
        )
    counted = [row.convention] if row.convention is not None else list(computed)
    found = {_compare(row, computed[convention]) for convention in counted}
    return found.pop() if len(found) == 1 else DEPENDS


def shown(row: Row, value: Value) -> str:
    """A computed value in the row's unit, with two digits more than the claim has."""
    return ", ".join(
        f"{part:,}" if row.unit == 1 and isinstance(part, int)
        else f"{_decimal(part, row.unit):,.{_places(figure) + 2}f}"
        for part, figure in zip(_parts(value), row.stated, strict=True)
    )


def _compare(row: Row, value: Value) -> str:
    pairs = list(zip(_parts(value), row.stated, strict=True))
    if all(Fraction(part) == Fraction(figure) * row.unit for part, figure in pairs):
        return "holds"
    for verdict, rounding in (("rounds", ROUND_HALF_UP), ("truncates", ROUND_DOWN)):
        if all(
            _decimal(part, row.unit).quantize(Decimal(figure), rounding) == Decimal(figure)
            for part, figure in pairs
        ):
            return verdict
    return "contradicted"


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
