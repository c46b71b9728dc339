"""Check of "sizes for seven": all sizes of an image that end in a map of 7 by 7."""

from collections.abc import Sequence

from resnet_lab.arithmetic import output_size, total_stride
from resnet_lab.exercises.checking import exercise, short
from resnet_lab.exercises.integers import as_integers
from resnet_lab.models import spec

RESNET50 = spec("resnet50").path()
WIDTH = 7


@exercise(
    "The last map has ceil(I/T) columns, with T the total stride of the network.",
    "ceil(I/T) = 7 says that I columns need seven groups of T, the last one possibly short.",
    "The smallest such I is one more than six full groups. `range` leaves its end out.",
    right="As many sizes as the total stride, and the usual one is the largest of them.",
)
def check_sizes_for_seven(answer: Sequence[int]) -> str | None:
    """All input sizes for which the last map of ResNet-50 is 7 wide."""
    sizes = as_integers(answer)
    if sizes is None:
        return f"Give all sizes as a `range`, got {short(answer)}."
    for size in sorted(sizes):
        if size < 1:
            return f"{size} is among them. An image has at least one column."
        if (width := output_size(size, RESNET50)) != WIDTH:
            return f"{size} is among them, and its last map is {width} wide."
    if len(set(sizes)) < total_stride(RESNET50):
        return f"There are more sizes whose last map is {WIDTH} wide than {short(answer)} holds."
    return None
