"""Check of "lost columns": input that no output of a chain depends on."""

from collections.abc import Callable, Sequence

from resnet_lab.arithmetic import Window, output_size, window_positions
from resnet_lab.exercises.checking import exercise
from resnet_lab.exercises.integers import returned_integer

Chain = Sequence[Window]

LOSSES: dict[str, tuple[int, Chain]] = {
    "one 2x2/2 on 7 columns": (7, [Window(2, 2)]),
    "one 1x1/2 on 7 columns": (7, [Window(1, 2)]),
    "one 3x3/2 with padding 1 on 8 columns": (8, [Window(3, 2, 1)]),
    "patches": (227, [Window(4, 4)]),
    "pool without padding": (227, [Window(7, 2, 3), Window(3, 2)]),
    "1x1 first": (227, [Window(1, 2), Window(3, 2, 1)]),
    "a dilated 2x2/2, then a 3x3/3": (30, [Window(2, 2, 0, 3), Window(3, 3)]),
}


@exercise(
    "A column is lost if no output of the last layer depends on it, through any path.",
    "Go backward. All outputs of the last layer are needed; which columns of its input are then?",
    "Output n reads n * S - P + D * k for k from 0 to K - 1. Keep those inside the map, "
    "take them as the needed outputs of the layer before, and repeat.",
    right="Of the three chains, one loses its far edge, one every second column, one nothing.",
)
def check_lost_columns(answer: Callable[[int, Chain], int]) -> str | None:
    """A function ``(I, windows)``: how many input columns no output depends on."""
    for name, (size, windows) in LOSSES.items():
        count = returned_integer("a number of columns", answer, size, windows)
        if count != lost_columns(size, windows):
            return (f"For {name} it returned {count}. Changing each column in turn "
                    "and looking at the outputs gives another count.")
    return None


def lost_columns(size: int, windows: Chain) -> int:
    """Columns that reach no output; forward, each position with the columns it depends on."""
    sees = [{column} for column in range(size)]
    for window in windows:
        kernel, stride, padding, dilation, _ = window
        reads = [
            window_positions(n, kernel, stride, padding, dilation)
            for n in range(output_size(len(sees), [window]))
        ]
        sees = [set().union(*(sees[p] for p in taps if 0 <= p < len(sees))) for taps in reads]
    return size - len(set().union(*sees))
