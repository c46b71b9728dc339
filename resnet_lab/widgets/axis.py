"""Which positions of a long axis a picture shows cell by cell."""

from typing import NamedTuple

Run = tuple[int, int, int]


class Axis(NamedTuple):
    """Which positions are drawn: runs ``(from, to, cell)``, with a break of one cell between."""

    runs: list[Run]
    cells: int

    def spans(self, first: int, last: int) -> list[tuple[int, int]]:
        """The parts of ``first`` to ``last`` that are drawn, as ``(cell, cells)``."""
        cut = [(max(a, first), min(b, last), cell - a) for a, b, cell in self.runs]
        return [(a + shift, b - a + 1) for a, b, shift in cut if a <= b]

    def cell(self, position: int) -> int:
        """The cell that shows a drawn position."""
        return self.spans(position, position)[0][0]


def axis(first: int, last: int, start: int, stop: int, near: int, far: int, room: int) -> Axis:
    """Lay out the positions ``first`` to ``last``.

    Both ends (``near`` and ``far`` cells) and the window, ``start`` to ``stop``, are always
    drawn, and about ``room`` cells in all. The number of cells does not depend on where the
    window is, so the scale stays while it moves.
    """
    focus = stop - start + 1
    spare = max(0, room - near - focus - far)
    near += (spare + 1) // 2
    far += spare // 2
    cells = near + focus + far + 2
    if last - first + 1 <= cells:
        return Axis([(first, last, 0)], last - first + 1)
    tail = (last - far + 1, last, cells - far)
    if start - first - near < 2:
        return Axis([(first, first + near + focus, 0), tail], cells)
    head = (first, first + near - 1, 0)
    if last - stop - far < 2:
        return Axis([head, (last - far - focus, last, near + 1)], cells)
    return Axis([head, (start, stop, near + 1), tail], cells)
