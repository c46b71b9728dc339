"""A wrong answer that a check must refuse, and why."""

from typing import Any, NamedTuple


class Mistake(NamedTuple):
    """A plausible wrong answer, and the words that its refusal must hold.

    Attributes:
        answer: what a learner hands to the check.
        reason: part of the message that tells this mistake from the others of its check.
    """

    answer: Any
    reason: str
