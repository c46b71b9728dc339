"""Check of "diagnose": what a network suffers from, told from four errors."""

from collections.abc import Callable

from resnet_lab.exercises.checking import attempt, call_text, exercise, short

Errors = dict[str, float]

VERDICTS = ("overfitting", "degradation", "neither")

PAIRS: tuple[tuple[Errors, Errors], ...] = (
    ({"train": 0.2, "test": 1.9}, {"train": 61.0, "test": 60.0}),
    ({"train": 5.0, "test": 9.0}, {"train": 12.0, "test": 13.0}),
    ({"train": 5.0, "test": 9.0}, {"train": 6.0, "test": 19.0}),
    ({"train": 8.0, "test": 9.0}, {"train": 1.0, "test": 12.0}),
    ({"train": 8.0, "test": 9.0}, {"train": 7.9, "test": 9.4}),
    ({"train": 8.0, "test": 9.0}, {"train": 0.5, "test": 8.0}),
    ({"train": 8.0, "test": 9.0}, {"train": 10.0, "test": 8.5}),
    ({"train": 40.0, "test": 45.0}, {"train": 30.0, "test": 50.0}),
    ({"train": 8.0, "test": 9.0}, {"train": 8.2, "test": 9.1}),
    ({"train": 8.0, "test": 9.0}, {"train": 10.0, "test": 9.0}),
    ({"train": 0.0, "test": 6.4}, {"train": 0.0, "test": 7.9}),
)
"""Errors in percent of a shallow and a deep network; some are close, some the same."""


@exercise(
    "First ask whether the deep network does worse on images that it has not seen. If it does not, "
    "nothing is wrong.",
    "What tells the two apart is the error on images that both were trained on.",
    "Both questions compare the deep network with the shallow one, `deep[...] > shallow[...]`.",
    right="Both questions compare the two networks, never one error with a fixed bound.",
)
def check_diagnose(answer: Callable[[Errors, Errors], str]) -> str | None:
    """A function of the errors of two networks that says what the deep one suffers from."""
    for shallow, deep in PAIRS:
        said = attempt(answer, shallow, deep)
        call = f"`{call_text(answer, shallow, deep)}`"
        if not isinstance(said, str) or said not in VERDICTS:
            words = ", ".join(map(repr, VERDICTS))
            return f"{call} returned {short(said)}. It must be one of {words}."
        if said != diagnosis(shallow, deep):
            return (
                f"{call} returned {said!r}. Beside the shallow network, the deep one gets "
                f"{_compared(deep, shallow, 'test')} of the new images wrong, and "
                f"{_compared(deep, shallow, 'train')} of those that both were trained on."
            )
    return None


def diagnosis(shallow: Errors, deep: Errors) -> str:
    """One of :data:`VERDICTS` on the deep network.

    Args:
        shallow: its errors in percent, ``"train"`` and ``"test"``.
        deep: those of the network with more layers.
    """
    if deep["test"] <= shallow["test"]:
        return "neither"
    return "degradation" if deep["train"] > shallow["train"] else "overfitting"


def _compared(deep: Errors, shallow: Errors, part: str) -> str:
    if deep[part] == shallow[part]:
        return "as many"
    return "more" if deep[part] > shallow[part] else "fewer"
