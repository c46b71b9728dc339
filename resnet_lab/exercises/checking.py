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
import re
import types
from collections.abc import Callable, Sized
from typing import Any

import torch

from resnet_lab.exercises.result import Result

STOPPED = "The check stopped with"
_EMPTY_BODY = {"RESUME", "NOP", "CACHE", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
_ADDRESS = re.compile(r" at 0x[0-9a-f]+", re.IGNORECASE)
_KEEPS = ("STORE_FAST", "STORE_NAME", "STORE_DEREF", "UNPACK_SEQUENCE", "RETURN_VALUE")


class AnswerError(Exception):
    """The learner's own code raised; the message says what it raised and when."""


def exercise(
    *hints: str, right: str = "Every property holds."
) -> Callable[[Callable[[Any], str | None]], Callable[[Any], Result]]:
    """Make a checker out of a function that returns what is wrong, or ``None``.

    An untouched answer gives "not yet". An error in the learner's code gives "not right"
    with that error; nothing is raised to the reader. What a check draws, for references or in the
    learner's code, leaves the reader's own random numbers as they would be without it.

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
            with torch.random.fork_rng(devices=[]):
                try:
                    fault = fault_of(answer)
                except AnswerError as error:
                    fault = str(error)
                except (Exception, SystemExit) as error:
                    fault = f"{STOPPED} {error_text(error)} on your answer {short(answer)}."
            return Result("not right", fault, hints) if fault else Result("right", right)

        return check

    return decorate


def untouched(answer: Any) -> bool:
    """Whether an answer is still the stub: ``...``, ``None``, or a function without a body.

    A class is one while any of its own methods is.
    """
    if answer is None or answer is ...:
        return True
    if isinstance(answer, dict):
        return any(untouched(value) for value in answer.values())
    if isinstance(answer, (list, tuple)):
        return any(untouched(value) for value in answer)
    if isinstance(answer, type):
        methods = [m for m in vars(answer).values() if isinstance(m, types.FunctionType)]
        return any(_is_stub(method) for method in methods)
    if isinstance(answer, types.FunctionType):
        return _is_stub(answer)
    return False


def _is_stub(function: types.FunctionType) -> bool:
    """Whether the body is empty or only raises NotImplementedError, or keeps a ``...``.

    It keeps one where a name is still assigned ``...``, where it returns ``...``, or where it
    adds ``...`` to something.
    """
    steps = list(dis.get_instructions(function))
    constants = [step.argval for step in steps if step.opname.endswith("_CONST")]
    if {step.opname for step in steps} <= _EMPTY_BODY:
        return constants[-1:] in ([None], [...])
    returns = any(step.opname.startswith("RETURN") for step in steps)
    only_raises = not returns and function.__code__.co_names == ("NotImplementedError",)
    return only_raises or any(
        _is_gap(step.argval) and (following.opname.startswith(_KEEPS) or following.argrepr == "+")
        for step, following in itertools.pairwise(steps)
    )


def _is_gap(value: Any) -> bool:
    """Whether a constant is ``...``, or a tuple of nothing else (``size, jump = ..., ...``)."""
    return value is ... or (isinstance(value, tuple) and set(value) == {...})


def attempt(function: Callable[..., Any], *args: Any) -> Any:
    """Call the learner's function on copies of ``args``.

    Raises:
        AnswerError: it raised, or it returned nothing.
    """
    return attempt_in_place(function, *copy.deepcopy(args))


def attempt_in_place(function: Callable[..., Any], *args: Any) -> Any:
    """Call the learner's function on ``args`` themselves: the check looks at them afterwards.

    Raises:
        AnswerError: it raised, or it returned nothing.
    """
    call = call_text(function, *args)
    if not callable(function):
        raise AnswerError(f"A function was asked for; this is {short(function)}.")
    try:
        value = function(*args)
    except (Exception, SystemExit) as error:
        raise AnswerError(f"`{call}` raised {error_text(error)}.") from error
    if value is None or value is ...:
        raise AnswerError(f"`{call}` returned {value!r}. Is a `return` missing?")
    return value


def returned_items(returned: Any, count: int, what: str) -> tuple[Any, ...]:
    """The items of a tuple or list that the learner's function returned.

    Args:
        returned: what it returned.
        count: how many there must be.
        what: what they are, for the message: ``"size, jump, start"``.

    Raises:
        AnswerError: it is no tuple or list, or one of another length.
    """
    if not isinstance(returned, (tuple, list)) or len(returned) != count:
        raise AnswerError(f"Return a tuple of {count}: {what}; got {kind_of(returned)}.")
    return tuple(returned)


def fault_in(case: str, fault_of: Callable[..., str | None], *args: Any) -> str | None:
    """What is wrong in one of several cases, or ``None``.

    Args:
        case: the case in words, said before what is wrong: ``"With stride 2"``.
        fault_of: returns what is wrong, or ``None``; an :class:`AnswerError` says so, too.
        *args: what it is called with.
    """
    try:
        fault = fault_of(*args)
    except AnswerError as error:
        fault = str(error)
    return f"{case}. {fault[0].upper()}{fault[1:]}" if fault else None


def call_text(function: Callable[..., Any], *args: Any) -> str:
    """How a call of the learner's function reads: ``depth(56, 2)``."""
    name = getattr(function, "__name__", type(function).__name__)
    return f"{name}({', '.join(short(arg) for arg in args)})"


def error_text(error: BaseException) -> str:
    """Kind and message of an error in one line: ``"ValueError: odd"``."""
    kind, message = type(error).__name__, _one_line(str(error), 200)
    return f"{kind}: {message}" if message else kind


def kind_of(value: Any) -> str:
    """What something is: ``"int"``, ``"tuple of 2"``, ``"ndarray of shape (3, 4)"``."""
    name, shape = type(value).__name__, getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"{name} of shape {tuple(shape)}"
    sized = isinstance(value, Sized) and not isinstance(value, (str, bytes, type))
    return f"{name} of {len(value)}" if sized else name


def short(value: Any) -> str:
    """A value in one line that fits into a sentence: ``"7"``, ``"<Tensor of shape (2, 3)>"``."""
    if _is_long(value):
        return f"<{kind_of(value)}>"
    return _one_line(_ADDRESS.sub("", repr(value)), 60)


def _is_long(value: Any) -> bool:
    """Whether something is an array with axes, a module, or holds one."""
    if isinstance(value, dict):
        return any(map(_is_long, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_is_long, value))
    shape = getattr(value, "shape", None)
    return isinstance(value, torch.nn.Module) or (isinstance(shape, tuple) and shape != ())


def _one_line(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 3] + "..."
