"""Answers that must be integers, or numbers, of whatever kind: Python's, NumPy's, torch's."""

import operator
from collections.abc import Callable
from typing import Any, TypeVar

from torch import Tensor

from resnet_lab.exercises.checking import AnswerError, attempt, call_text, short

Number = TypeVar("Number", int, float)


def integer(value: Any, what: str) -> int:
    """The answer as an integer.

    Args:
        value: what the learner handed in.
        what: what it counts, for the message: ``"a number of columns"``.

    Raises:
        AnswerError: it is no integer.
    """
    if (number := as_integer(value)) is None:
        raise AnswerError(f"{_sentence(what)}, got {short(value)}.")
    return number


def returned_integer(what: str, function: Callable[..., Any], *args: Any) -> int:
    """The integer that the learner's function returns.

    Args:
        what: what it counts, for the message: ``"a number of columns"``.
        function: what the learner wrote.
        *args: what it is called with; copies are handed over.

    Raises:
        AnswerError: it raised, or it returned no integer.
    """
    returned = attempt(function, *args)
    if (number := as_integer(returned)) is None:
        call = call_text(function, *args)
        raise AnswerError(f"`{call}` returned {short(returned)}. {_sentence(what)}.")
    return number


def as_integer(value: Any) -> int | None:
    """An integer of any kind (Python's, NumPy's, of one tensor element), or ``None``.

    A float is no integer, and neither is a bool.
    """
    try:
        number = operator.index(value)
    except TypeError:
        return None
    return None if "bool" in str(getattr(value, "dtype", type(value))) else number


def as_number(value: Any) -> float | None:
    """A number of any kind (Python's, NumPy's, of one tensor element), or ``None``.

    Text is no number, whatever it spells.
    """
    if isinstance(value, (str, bytes)):
        return None
    try:
        return float(value.detach() if isinstance(value, Tensor) else value)
    except (TypeError, ValueError, RuntimeError):
        return None


def as_integers(values: Any) -> list[int] | None:
    """The integers of a range, list, tuple, set or tensor; ``None`` if one of them is no integer.

    ``None`` too for what cannot be iterated.
    """
    return _each(as_integer, values)


def as_numbers(values: Any) -> list[float] | None:
    """The numbers of a list, tuple or tensor; ``None`` if one of them is no number.

    ``None`` too for what cannot be iterated.
    """
    return _each(as_number, values)


def told_apart(found: float, expected: float, *, digits: int = 4) -> tuple[str, str]:
    """Two numbers as text, with more than so many digits where they would read the same."""
    for more in range(digits, 12):
        texts = f"{found:.{more}g}", f"{expected:.{more}g}"
        if texts[0] != texts[1]:
            return texts
    return f"{found:.{digits}g}", f"{expected:.{digits}g}"


def _each(convert: Callable[[Any], Number | None], values: Any) -> list[Number] | None:
    try:
        numbers = [convert(value) for value in values]
    except TypeError:
        return None
    found = [number for number in numbers if number is not None]
    return found if len(found) == len(numbers) else None


def _sentence(what: str) -> str:
    return f"{what[0].upper()}{what[1:]} is an integer"
