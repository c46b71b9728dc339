"""Questions of a chapter, from ``book/quizzes/NN_name.yml``.

As an example::

    chapter: 4
    predictions:
      - id: pool-without-padding
        result: run-unpadded  # the code cell whose output answers it
        question: The pool loses its padding. How wide is its output?
        options:
          - {text: "55", right: true, feedback: One window fewer fits.}
          - {text: "56", feedback: That is the size with padding.}
        proof: pool_without_padding
    quiz:
      - id: ...
        from: 3          # chapter that teaches it; two of the five are from earlier ones
        question: ...
        options: [...]   # two or more, exactly one right, each with feedback
        proof: ...

``question`` and ``feedback`` are Markdown. ``text`` is plain, with code between backticks
(it becomes the summary of a fold, which Markdown does not reach into). ``proof`` names a
function of the Python file beside it, ``book/quizzes/name.py``, which computes what the options
say; ``proofs.py`` describes it. In which order options stand in a chapter is not the order of
the file: ``order.py``. An id is for good: ``ids.py``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

QUIZ_ITEMS = 5
FROM_EARLIER = 2
FIELDS = {"id", "question", "options", "proof"}
OF_A_PREDICTION = FIELDS | {"result"}
OF_A_QUIZ = FIELDS | {"from"}


@dataclass(frozen=True)
class Option:
    """One possible answer and what to say to whoever picks it."""

    text: str
    feedback: str
    right: bool


@dataclass(frozen=True)
class Item:
    """One question."""

    id: str
    question: str
    options: tuple[Option, ...]
    proof: str  # name of a function
    chapter: int  # that teaches it
    result: str | None = None  # id of the cell that answers a prediction


@dataclass(frozen=True)
class Questions:
    """All questions of a chapter."""

    chapter: int
    predictions: tuple[Item, ...]
    quiz: tuple[Item, ...]

    def prediction(self, id_: str) -> Item:
        """The prediction with an id."""
        for item in self.predictions:
            if item.id == id_:
                return item
        known = [item.id for item in self.predictions]
        raise ValueError(f"no prediction has the id {id_!r}; there are {known}")


def load(path: Path) -> Questions:
    """Read and check a file of questions.

    Raises:
        ValueError: naming the file, the item and what would be accepted.
    """
    where = path.name
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{where}: {error}") from error
    if not isinstance(data, dict) or set(data) != {"chapter", "predictions", "quiz"}:
        raise ValueError(f"{where}: must hold chapter, predictions and quiz")
    number = data["chapter"]
    if not path.name.startswith(f"{number:02d}_"):
        raise ValueError(f"{where}: chapter is {number}, but the name begins otherwise")
    predictions = tuple(_item(e, OF_A_PREDICTION, where, number) for e in data["predictions"])
    quiz = tuple(_item(e, OF_A_QUIZ, where, number) for e in data["quiz"])
    ids = [item.id for item in predictions + quiz]
    if len(set(ids)) < len(ids):
        raise ValueError(f"{where}: ids must differ, got {ids}")
    earlier = sum(item.chapter < number for item in quiz)
    wanted = FROM_EARLIER if number > 1 else 0
    if len(quiz) != QUIZ_ITEMS or earlier != wanted:
        raise ValueError(
            f"{where}: quiz must have {QUIZ_ITEMS} items, {wanted} of them from earlier "
            f"chapters; got {len(quiz)}, {earlier} of them from earlier ones"
        )
    return Questions(number, predictions, quiz)


def _item(entry: dict[str, Any], fields: set[str], where: str, chapter: int) -> Item:
    where = f"{where}: {entry.get('id', entry)}"
    if set(entry) != fields:
        raise ValueError(f"{where}: must hold {sorted(fields)}, got {sorted(entry)}")
    options = tuple(_option(option, where) for option in entry["options"])
    if len(options) < 2 or sum(option.right for option in options) != 1:
        raise ValueError(f"{where}: must have two or more options, exactly one of them right")
    taught = entry.get("from", chapter)
    if not 1 <= taught <= chapter:
        raise ValueError(f"{where}: from must be a chapter up to {chapter}, got {taught}")
    question, result = entry["question"].strip(), entry.get("result")
    return Item(entry["id"], question, options, entry["proof"], taught, result)


def _option(entry: dict[str, Any], where: str) -> Option:
    if not {"text", "feedback"} <= set(entry) <= {"text", "feedback", "right"}:
        raise ValueError(f"{where}: an option must hold text and feedback, got {entry}")
    text = entry["text"]
    if not isinstance(text, str) or any(sign in text for sign in "$*[]<>_"):
        raise ValueError(
            f"{where}: an option's text must be quoted plain text with code between backticks "
            f"(no $ * [ ] < > _), got {text!r}"
        )
    return Option(text, str(entry["feedback"]).strip(), bool(entry.get("right", False)))
