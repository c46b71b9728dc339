"""Check of "receptive field": size, jump and start of a chain of windows."""

from collections.abc import Callable, Sequence

from resnet_lab.arithmetic import ReceptiveField, Window, receptive_field
from resnet_lab.exercises.checking import attempt, exercise, short
from resnet_lab.exercises.integers import as_integers
from resnet_lab.models import spec

Chain = Sequence[Window]

RESNET50 = spec("resnet50").path()

FIELDS: dict[str, Chain] = {
    "one 3x3": [Window(3)],
    "a 3x3/2": [Window(3, 2)],
    "a 3x3/2, then a 3x3": [Window(3, 2), Window(3)],
    "a 3x3/2 with padding 1": [Window(3, 2, 1)],
    "the stem": RESNET50[:2],
    "a 3x3 with dilation 2": [Window(3, dilation=2)],
    "a dilated 5x5/3, twice": [Window(5, 3, 4, 2)] * 2,
    "ResNet-50": RESNET50,
}


@exercise(
    "Begin with one column of the input: size 1, jump 1, start 0. Then update layer by layer.",
    "A layer adds (span - 1) steps to the size and moves the start back by P steps. "
    "A step is the jump before this layer.",
    "Dilation enters through the span alone. Multiply the jump by S last.",
    right="Size, jump and start agree on every chain, ResNet-50 included.",
)
def check_receptive_field(answer: Callable[[Chain], tuple[int, int, int]]) -> str | None:
    """A function of a list of windows that returns size, jump and start."""
    for name, windows in FIELDS.items():
        observed = attempt(answer, windows)
        numbers = as_integers(observed)
        if numbers is None or len(numbers) != 3:
            return (f"For {name} it returned {short(observed)}. Return three integers: size, jump, "
                    "start.")
        expected = receptive_field(windows)
        for part, value, truth in zip(ReceptiveField._fields, numbers, expected, strict=True):
            if value != truth:
                return f"For {name}, the {part} came out as {value}. A count gives another one."
    return None
