"""Checks for the book's exercises, a module or two for each chapter.

In a chapter: ``from resnet_lab.exercises.stems import check_padding``, then
``check_padding(answer)`` as the last line of the exercise's cell.

A module of checks also declares two tables, which the tests run:

``RIGHT = {"check_padding": {"as asked": 3, "counted": ...}}``
    answers that must be accepted, written differently;
``WRONG = {"check_padding": {"all on one side": 6, "none": 0}}``
    mistakes by name; each must be refused with a message and hints.
"""

from resnet_lab.exercises.checking import as_integer, as_integers, attempt, exercise, untouched
from resnet_lab.exercises.result import Result

__all__ = ["Result", "as_integer", "as_integers", "attempt", "exercise", "untouched"]
