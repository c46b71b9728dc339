"""Check of "padding for ceil": the padding under which a stride divides, rounded up."""

from collections.abc import Callable
from itertools import product

from resnet_lab.arithmetic import kernel_span
from resnet_lab.exercises.checking import call_text, exercise
from resnet_lab.exercises.integers import returned_integer


@exercise(
    "Try stride 1 first: there the output must be as wide as the input.",
    "At stride 1, O = I + 2P - span + 1. For which P is that I?",
    "The span is D(K - 1) + 1. Half of what it has beyond one column goes to each end.",
    right="One padding serves every stride and every size.",
)
def check_padding_for_ceil(answer: Callable[[int, int], int]) -> str | None:
    """A function ``(K, D)`` that gives the padding under which O = ceil(I/S)."""
    for kernel, dilation in [(3, 1), (1, 1), (7, 1), (5, 1), (3, 2), (5, 3), (1, 4)]:
        padding = returned_integer("a padding", answer, kernel, dilation)
        call = f"`{call_text(answer, kernel, dilation)}`"
        if padding < 0:
            return f"{call} returned {padding}. A padding is 0 or more."
        for size, stride in product((12, *range(1, 20)), (1, 2, 3)):
            outputs = max(0, (size + 2 * padding - kernel_span(kernel, dilation)) // stride + 1)
            if outputs != -(-size // stride):
                return (
                    f"{call} returned {padding}. Then {size} columns at stride {stride} "
                    f"become {outputs}; ceil({size}/{stride}) is another number."
                )
    return None
