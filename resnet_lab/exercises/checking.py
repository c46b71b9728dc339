"""Helpers that keep a checker short.

A checker is a function that looks at an answer and returns what is wrong with it, or
``None``. The decorator :func:`exercise` turns it into ``check_x(answer) -> Result``::

    @exercise("What does one step of the window skip?", "Count the columns one output reads.")
    def check_padding(answer: int) -> str | None:
        size = conv_output_size(224, 7, 2, answer)
        return None if size == 112 else f"With padding {answer}, 224 columns become {size}."
"""

import copy
import dis
import functools
import itertools
import types
from collections.abc import Callable, Iterable
from typing import Any

from resnet_lab.exercises.result import Result

STOPPED = "The check stopped with"
_EMPTY_BODY = {"RESUME", "NOP", "CACHE", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
_KEEPS = ("STORE_FAST", "STORE_NAME", "STORE_DEREF", "RETURN_VALUE")


class AnswerError(Exception):
    """The learner's own code raised; the message says what it raised and when."""


def exercise(
    *hints: str, right: str = "Every property holds."
) -> Callable[[Callable[[Any], str | None]], Callable[[Any], Result]]:
    """Make a checker out of a function that returns what is wrong, or ``None``.

    An untouched answer gives "not yet". An error in the learner's code gives "not right"
    with that error; nothing is raised to the reader.

    Args:
        hints: from general to specific, at least one.
        right: what to say when the answer is right; may add the reason.
    """
    if not hints:
        raise ValueError("hints must hold at least one hint, got none")

    def decorate(fault_of: Callable[[Any], str | None]) -> Callable[[Any], Result]:
        @functools.wraps(fault_of)
        def check(answer: Any = ...) -> Result:
            if untouched(answer):
                return Result("not yet", "Replace the `...` with your answer, then run the cell.")
            try:
                fault = fault_of(answer)
            except AnswerError as error:
                fault = str(error)
            except (Exception, SystemExit) as error:
                fault = f"{STOPPED} {_name(error)} on your answer {_short(answer)}."
            return Result("not right", fault, hints) if fault else Result("right", right)

        return check

    return decorate


def untouched(answer: Any) -> bool:
    """Whether an answer is still the stub: ``...``, ``None``, or a function without a body."""
    if answer is None or answer is ...:
        return True
    if isinstance(answer, dict):
        return any(untouched(value) for value in answer.values())
    if isinstance(answer, (list, tuple)):
        return any(untouched(value) for value in answer)
    if isinstance(answer, types.FunctionType):
        return _is_stub(answer)
    return False


def _is_stub(function: types.FunctionType) -> bool:
    """Whether the body is empty, or a name in it is still assigned (or returned) ``...``."""
    steps = list(dis.get_instructions(function))
    constants = [step.argval for step in steps if step.opname.endswith("_CONST")]
    if {step.opname for step in steps} <= _EMPTY_BODY:
        return constants[-1:] in ([None], [...])
    return any(
        step.argval is ... and following.opname.startswith(_KEEPS)
        for step, following in itertools.pairwise(steps)
    )


def attempt(function: Callable[..., Any], *args: Any) -> Any:
    """Call the learner's function on copies of ``args``.

    Raises:
        AnswerError: it raised, or it returned nothing.
    """
    call = _call(function, args)
    if not callable(function):
        raise AnswerError(f"A function was asked for; this is {_short(function)}.")
    try:
        value = function(*copy.deepcopy(args))
    except (Exception, SystemExit) as error:
        raise AnswerError(f"`{call}` raised {_name(error)}.") from error
    if value is None or value is ...:
        raise AnswerError(f"`{call}` returned {value!r}. Is a `return` missing?")
    return value


def first_difference(
    function: Callable[..., Any],
    reference: Callable[..., Any],
    cases: Iterable[tuple[Any, ...]],
    what: str,
) -> str | None:
    """Say where the learner's function first differs from the reference, or ``None``.

    A case on which the reference raises asks that the function raises the same kind of error.

    Args:
        function: the learner's.
        reference: what it should agree with.
        cases: positional arguments of each call, simplest first.
        what: the property in words, such as "the number of output columns".
    """
    for args in cases:
        call = _call(function, args)
        try:
            expected = reference(*copy.deepcopy(args))
        except Exception as error:
            if not _raises(function, args, type(error)):
                return (
                    f"`{call}` went through. It should raise a {type(error).__name__}: "
                    f"{what} does not exist there."
                )
            continue
        observed = attempt(function, *args)
        if not same(observed, expected):
            return f"`{call}` returned {_short(observed)}. That is not {what}."
    return None


def same(observed: Any, expected: Any) -> bool:
    """Whether two values agree in kind and value; tensors in shape, type and value.

    A float is no integer: sizes are integers. Floats agree to six digits.
    """
    if hasattr(expected, "shape"):
        shape_and_type = ("shape", "dtype")
        if any(getattr(observed, n, None) != getattr(expected, n) for n in shape_and_type):
            return False
        gap = abs(observed - expected)
        return bool((gap <= 1e-6 * (1 + abs(expected))).all())
    if isinstance(expected, (list, tuple)):
        return (
            isinstance(observed, (list, tuple))
            and len(observed) == len(expected)
            and all(same(o, e) for o, e in zip(observed, expected, strict=True))
        )
    if isinstance(expected, float):
        return _is_number(observed) and abs(observed - expected) <= 1e-6 * (1 + abs(expected))
    if isinstance(expected, int) and not isinstance(expected, bool):
        return hasattr(observed, "__index__") and not isinstance(observed, bool) and (
            observed.__index__() == expected
        )
    return bool(type(observed) is type(expected) and observed == expected)


def _raises(function: Callable[..., Any], args: tuple[Any, ...], kind: type[Exception]) -> bool:
    try:
        function(*copy.deepcopy(args))
    except kind:
        return True
    except (Exception, SystemExit) as error:
        raise AnswerError(
            f"`{_call(function, args)}` raised {_name(error)}, not a {kind.__name__}."
        ) from error
    return False


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _call(function: Callable[..., Any], args: tuple[Any, ...]) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return f"{name}({', '.join(_short(arg) for arg in args)})"


def _name(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _short(value: Any) -> str:
    if hasattr(value, "shape"):
        return f"<{type(value).__name__} of shape {tuple(value.shape)}>"
    text = repr(value)
    kind = f" ({type(value).__name__})" if isinstance(value, (float, str, bool)) else ""
    return (text if len(text) <= 60 else text[:57] + "...") + kind
