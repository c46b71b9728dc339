"""Checks of arguments: what is handed in is accepted, or refused by its name."""

from collections.abc import Collection, Sequence
from math import inf


def class_name(value: object) -> str:
    """The class of a value with its module, such as ``torchvision.models.resnet.ResNet``."""
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


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


def check_integers(name: str, values: object, least: int) -> None:
    """Refuse what is no tuple of integers of at least ``least``, or is empty.

    Raises:
        TypeError, ValueError: as :func:`check_integer`.
    """
    if not isinstance(values, tuple) or not values:
        raise TypeError(f"{name} must be a non-empty tuple of integers, got {values!r}")
    for value in values:
        check_integer(f"each of {name}", value, least)


def height_and_width(name: str, size: object) -> tuple[int, int]:
    """The two sides of an image, from one integer for both or from the two.

    Raises:
        TypeError, ValueError: as :func:`check_integer`; each is at least 1.
    """
    if isinstance(size, int):
        check_integer(name, size, least=1)
        return size, size
    if isinstance(size, str | bytes) or not isinstance(size, Sequence) or len(size) != 2:
        raise TypeError(f"{name} must be an integer or height and width, got {size!r}")
    for side in size:
        check_integer(f"each of {name}", side, least=1)
    height, width = size
    return height, width


def check_choice(name: str, value: object, choices: Collection[object]) -> None:
    """Refuse what is none of the choices.

    Raises:
        ValueError: naming the argument, its value and the choices.
    """
    if value not in tuple(choices):
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, got {value!r}")


def check_switch(name: str, value: object) -> None:
    """Refuse what is neither True nor False.

    Raises:
        TypeError: naming the argument and its value.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r} ({type(value).__name__})")


def _check_range(name: str, value: float, least: float, most: float | None) -> None:
    too_much = value == inf if most is None else value > most
    if not value >= least or too_much:  # NaN is not at least anything
        upper = "" if most is None else f" and at most {most}"
        raise ValueError(f"{name} must be at least {least}{upper}, got {value}")
