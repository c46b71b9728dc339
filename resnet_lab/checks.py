"""Checks of arguments: what is handed in is accepted, or refused by its name."""

from math import isfinite


def check_integer(name: str, value: object, least: int, most: int | None = None) -> None:
    """Refuse what is no integer from ``least`` to ``most``; None sets no upper bound.

    Raises:
        TypeError, ValueError: naming the argument, its value and what would be accepted.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, got {value!r} ({type(value).__name__})")
    _check_range(name, value, least, most)


def check_number(name: str, value: object, least: float, most: float | None = None) -> None:
    """Refuse what is no finite number from ``least`` to ``most``; None sets no upper bound.

    Raises:
        TypeError, ValueError: as :func:`check_integer`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number, got {value!r} ({type(value).__name__})")
    _check_range(name, value, least, most)


def check_switch(name: str, value: object) -> None:
    """Refuse what is neither True nor False.

    Raises:
        TypeError: naming the argument and its value.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r} ({type(value).__name__})")


def _check_range(name: str, value: float, least: float, most: float | None) -> None:
    if not isfinite(value) or value < least or (most is not None and value > most):
        upper = "" if most is None else f" and at most {most:g}"
        raise ValueError(f"{name} must be at least {least:g}{upper}, got {value}")
