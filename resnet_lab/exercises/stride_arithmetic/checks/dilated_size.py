"""Check of "dilated size": how often a dilated window fits."""

from resnet_lab.arithmetic import Window, window_positions
from resnet_lab.exercises.checking import exercise
from resnet_lab.exercises.integers import integer

DILATED_INPUT = 64
DILATED = Window(kernel=3, stride=2, padding=2, dilation=4)


@exercise(
    "How many columns lie from the first tap of the dilated window to its last?",
    "Three taps in steps of D: the span is D(K - 1) + 1. Padding counts at both ends.",
    "Subtract the span from I + 2P, divide by S, round down, add the first window.",
    right="The span takes the place of the kernel; the rest of the formula stays.",
)
def check_dilated_size(answer: int) -> str | None:
    """Output columns of the dilated window on 64 columns."""
    outputs = integer(answer, "a number of columns")
    if outputs < 1:
        return f"{outputs} outputs, but the window fits into the padded input at least once."
    kernel, stride, padding, dilation, _ = DILATED
    last = window_positions(outputs - 1, kernel, stride, padding, dilation)[-1]
    end = DILATED_INPUT + padding - 1
    if last > end:
        return f"The last of {outputs} windows reaches column {last}; the padding ends at {end}."
    if last + stride <= end:
        return f"After {outputs} windows another one still fits before column {end}."
    return None
