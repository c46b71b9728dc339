"""Checks of numbers that are handed in."""

from math import isfinite


def check_integer(name: str, value: object, least: int) -> None:
    """Refuse what is no integer, or a smaller one.

    Raises:
        TypeError, ValueError: naming the argument, its value and what would be accepted.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, got {value!r} ({type(value).__name__})")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")


def check_number(name: str, value: object, least: float, most: float | None) -> None:
    """Refuse what is no finite number from ``least`` to ``most``; None sets no upper bound.

    Raises:
        TypeError, ValueError: as :func:`check_integer`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, got {value!r} ({type(value).__name__})")
    if not isfinite(value) or value < least or (most is not None and value > most):
        upper = "" if most is None else f" and at most {most:g}"
        raise ValueError(f"{name} must be at least {least:g}{upper}, got {value}")
