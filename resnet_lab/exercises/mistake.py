"""A wrong answer that a check must refuse, and why."""

from typing import Any, NamedTuple


class Mistake(NamedTuple):
    """A plausible wrong answer, and the words that its refusal must hold.

    Attributes:
        answer: what a learner hands to the check.
        reason: part of the message that tells this mistake from others of its check: a number
            that was observed, the name of a layer, the property that failed. At least 12
            characters, and not in the messages of more than half of the check's other mistakes.
    """

    answer: Any
    reason: str
