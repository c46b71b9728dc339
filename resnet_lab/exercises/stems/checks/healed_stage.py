"""Check of "healed stage": where a missing padding of the pool no longer shows."""

from collections.abc import Callable

from resnet_lab.arithmetic import Window, output_size
from resnet_lab.exercises.checking import attempt, exercise, short
from resnet_lab.exercises.integers import as_integer

HALVING = (2, 3, 4)
"""The stages that halve."""


@exercise(
    "Begin with the two sizes after the pool. What does one stage make of each?",
    "Each of the stages 2, 3 and 4 applies a 3x3 with stride 2 and padding 1, once.",
    "Loop over the stages, halve both sizes, and return the stage as soon as they agree.",
    right="Where the larger size is even, the next stage heals it; three odd ones in a row stay.",
)
def check_healed_stage(answer: Callable[[int], int]) -> str | None:
    """First stage with the same size, whether or not the pool has its padding; 0 for none."""
    for size in (224, 225, *range(32, 513)):
        returned = attempt(answer, size)
        stage = as_integer(returned)
        said = f"For {size} pixels it returned {short(returned)}"
        if stage not in (0, *HALVING):
            return f"{said}. Return 2, 3 or 4, the integer, or 0 where no stage heals."
        columns = stage_columns(size)
        padded, unpadded = columns[stage or HALVING[-1]]
        if (padded == unpadded) is (stage == 0):
            return (f"{said}. Stage {stage or HALVING[-1]} has {padded} columns with the padding "
                    f"and {unpadded} without.")
        if stage > 2 and len(set(columns[stage - 1])) == 1:
            return f"{said}, but the stage before it has {columns[stage - 1][0]} columns in both."
    return None


def stage_columns(size: int) -> dict[int, tuple[int, int]]:
    """Columns of stages 2 to 4 of ResNet-50, with the pool's padding and without."""
    def columns(stage: int, padding: int) -> int:
        halvings = [Window(3, 2, 1)] * (stage - 1)
        return output_size(size, [Window(7, 2, 3), Window(3, 2, padding), *halvings])

    return {stage: (columns(stage, 1), columns(stage, 0)) for stage in HALVING}
