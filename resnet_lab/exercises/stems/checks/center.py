"""Check of "center": the padding that centers the first window on the first column."""

from resnet_lab.arithmetic import window_positions
from resnet_lab.exercises.checking import exercise
from resnet_lab.exercises.integers import integer

KERNEL = 9


@exercise(
    "Write down the columns that the first window reads: it starts at column -P.",
    "A window of nine taps has four on each side of its center.",
    "The center of the first window is column (K - 1)/2 - P. Set it to 0.",
    right="Half of the kernel hangs over, so the first center stands on the first column.",
)
def check_center(answer: int) -> str | None:
    """Padding that puts the center of a first 9x9 window on column 0."""
    padding = integer(answer, "a padding")
    if padding < 0:
        return f"A padding cannot be negative; got {padding}."
    center = window_positions(0, KERNEL, 2, padding)[KERNEL // 2]
    return None if center == 0 else (
        f"With padding {padding} the first window has its center on column {center}."
    )
