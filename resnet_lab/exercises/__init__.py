"""Checks for the book's exercises, a folder for each chapter.

In a chapter: ``from resnet_lab.exercises.stems import check_center``, then
``check_center(answer)`` as the last line of the exercise's cell.

A chapter's folder holds

``checks/``, with one file an exercise
    what a reader imports: what is asked, what is observed, hints;
``mistakes/``, with the same file names
    what the tests run, and no reader sees;
``__init__.py``
    names the chapter's checks.

Mistakes are two tables, by the name of the check. Both must be there for each check:

``RIGHT = {"check_center": {"half of the kernel": 4, "a tensor": torch.tensor(4)}}``
    answers that must be accepted, written differently;
``WRONG = {"check_center": {"none": Mistake(0, "center on column 4")}}``
    plausible mistakes by name, each with the words of its refusal (see :class:`Mistake`).

What checks share is beside the chapters: ``checking`` (the protocol), ``integers``, ``modules``
(what a part of a network does in training), ``comparison`` (a part against a reference),
``parting`` (where two networks part).
"""

from resnet_lab.exercises.checking import attempt, exercise, untouched
from resnet_lab.exercises.result import Result

__all__ = ["Result", "attempt", "exercise", "untouched"]
