"""The two drawings of the stride calculator, as plain data ``(tag, attributes, children)``.

``stride_picture.js`` builds the same for the live picture.
"""

from collections.abc import Callable, Iterable
from typing import Any

from resnet_lab.widgets.axis import Axis, axis
from resnet_lab.widgets.state import State
from resnet_lab.widgets.words import input_words, output_words, signed

Node = tuple[str, dict[str, Any], list[Any]]


class Grid:
    """Paths on a square grid, ``area`` wide at most."""

    def __init__(self, rows: Axis, columns: Axis, area: int) -> None:
        self.rows, self.columns = rows, columns
        self.cell = min(40, area // rows.cells)
        self.side = self.cell * rows.cells
        self.left, self.top = 36 + (area - self.side) // 2, 22

    def x(self, cell: int) -> int:
        """Left edge of a cell."""
        return self.left + cell * self.cell

    def y(self, cell: int) -> int:
        """Upper edge of a cell."""
        return self.top + cell * self.cell

    def _blocks(self, rows: tuple[int, int], columns: tuple[int, int]) -> list[tuple[int, ...]]:
        return [
            (self.x(c), self.y(r), wide, high)
            for r, high in self.rows.spans(*rows)
            for c, wide in self.columns.spans(*columns)
        ]

    def area(self, first: int, last: int) -> str:
        """Outline of a square of positions, in as many parts as are drawn."""
        size = self.cell
        return "".join(
            f"M{x} {y}h{wide * size}v{high * size}h-{wide * size}z"
            for x, y, wide, high in self._blocks((first, last), (first, last))
        )

    def lines(self, rows: tuple[int, int], columns: tuple[int, int]) -> str:
        """Lines between and around the cells of a rectangle of positions."""
        size, parts = self.cell, []
        for x, y, wide, high in self._blocks(rows, columns):
            parts += [f"M{x + i * size} {y}v{high * size}" for i in range(wide + 1)]
            parts += [f"M{x} {y + i * size}h{wide * size}" for i in range(high + 1)]
        return "".join(parts)

    def down(self, columns: Iterable[int], first: int, last: int) -> str:
        """One line down the middle of each of these columns."""
        return "".join(
            f"M{x + self.cell / 2:g} {y}v{high * self.cell}"
            for p in columns
            for x, y, _, high in self._blocks((first, last), (p, p))
        )

    def across(self, rows: Iterable[int], first: int, last: int) -> str:
        """One line across the middle of each of these rows."""
        return "".join(
            f"M{x} {y + self.cell / 2:g}h{wide * self.cell}"
            for p in rows
            for x, y, wide, _ in self._blocks((p, p), (first, last))
        )

    def corner(self, row: int, column: int) -> str:
        """Moves a drawing to the upper left corner of a position."""
        return f"translate({self.x(self.columns.cell(column))} {self.y(self.rows.cell(row))})"

    def breaks(self) -> str:
        """A zigzag through every break."""
        middle, teeth = self.cell / 2 + 2, self.side // 8
        return "".join(
            [
                f"M{self.x(cell) - middle:g} {self.top}" + "l4 4l-4 4" * teeth
                for _, _, cell in self.columns.runs[1:]
            ]
            + [
                f"M{self.left} {self.y(cell) - middle:g}" + "l4 4l4 -4" * teeth
                for _, _, cell in self.rows.runs[1:]
            ]
        )

    def labels(self, by_row: list[int], by_column: list[int]) -> Node:
        """Numbers of columns above and of rows at the left."""
        half = self.cell / 2
        top = _apart(
            by_column,
            lambda p: self.x(self.columns.cell(p)) + half,
            8,
            lambda at: (at, self.top - 6, "middle"),
        )
        side = _apart(
            by_row,
            lambda p: self.y(self.rows.cell(p)) + half,
            3,
            lambda at: (self.left - 6, at + 4, "end"),
        )
        return ("g", {"class": "rl-labels"}, top + side)


def _apart(
    positions: list[int],
    where: Callable[[int], float],
    wide: int,
    place: Callable[[float], tuple[float, float, str]],
) -> list[Node]:
    """Labels of positions; where two would touch, the first in the list wins."""
    taken: list[tuple[float, float]] = []
    nodes: list[Node] = []
    for index, position in enumerate(positions):
        text = signed(position)
        at, half = where(position), wide * len(text) / 2 + 3
        if any(abs(other - at) < half + room for other, room in taken):
            continue
        taken.append((at, half))
        x, y, anchor = place(at)
        kind = "rl-label rl-here" if index < len(positions) - 2 else "rl-label"
        attributes = {"class": kind, "x": x, "y": y, "text-anchor": anchor}
        nodes.append(("text", {**attributes, "font-size": 12, "fill": "currentColor"}, [text]))
    return nodes


def _stroke(opacity: float) -> dict[str, Any]:
    return {"fill": "none", "stroke": "currentColor", "stroke-opacity": opacity}


MARKS: dict[str, dict[str, Any]] = {
    "padding": {**_stroke(0.5), "stroke-dasharray": "2 2"},
    "input": {"fill": "currentColor", "fill-opacity": 0.1, "stroke": "currentColor"},
    "grid": _stroke(0.35),
    "unread": {"fill": "none", "stroke": "#d55e00", "stroke-dasharray": "1 3"},
    "taps": {"fill": "#0072b2", "fill-opacity": 0.55},
    "break": _stroke(0.7),
}


def _mark(kind: str, d: str, **more: Any) -> Node:
    extra = {name.replace("_", "-"): value for name, value in more.items()}
    return ("path", {"class": f"rl-{kind}", "d": d, **MARKS[kind], **extra}, [])


def _svg(kind: str, width: int, draw: Grid, words: str, children: list[Node]) -> Node:
    height = draw.top + draw.side + 4
    size = {"viewBox": f"0 0 {width} {height}", "width": width, "height": height}
    return (
        "svg",
        {"class": f"rl-{kind}-picture", **size, "role": "img", "aria-label": words},
        list(children),
    )


def input_picture(state: State) -> Node:
    """The input with its padding, and the window that the output cell of the state reads."""
    size, padding, span = state.size, state.padding, state.span
    end = state.far_end
    near, edge, inner = padding + 4, size - 1 + padding, size - 1
    last = edge + end.overhang
    far = near + end.overhang + end.input
    starts = [index * state.stride - padding for index in (state.row, state.column)]
    rows, columns = (
        axis(-padding, last, start - 1, start + span, near, far, 22)
        for start in starts
    )
    draw = Grid(rows, columns, 320)
    cell, step, taps = draw.cell, state.dilation * draw.cell, range(state.kernel)
    read = "".join(f"M{j * step} {i * step}h{cell}v{cell}h-{cell}z" for i in taps for j in taps)
    frame = {"width": span * cell, "height": span * cell, "fill": "none"}
    window = [_mark("taps", read), ("rect", {**frame, "stroke": "#0072b2", "stroke-width": 3}, [])]
    labels = [[start, start + span - 1, 0, inner] for start in starts]
    before, inside, behind, whole = (-padding, -1), (0, inner), (size, last), (-padding, last)
    ring = [(before, whole), (behind, whole), (inside, before), (inside, behind)]
    return _svg("input", 360, draw, input_words(state), [
        _mark("padding", "".join(draw.lines(*sides) for sides in ring)),
        _mark("input", draw.area(0, inner)),
        _mark("grid", draw.lines(inside, inside)),
        _mark("unread", draw.down(state.unread, -padding, edge), stroke_width=cell),
        _mark("unread", draw.across(state.unread, -padding, edge), stroke_width=cell),
        ("g", {"class": "rl-window", "transform": draw.corner(*starts)}, window),
        _mark("break", draw.breaks()),
        draw.labels(*labels),
    ])


def output_picture(state: State) -> Node:
    """The output with the cell of the state filled."""
    last = state.outputs - 1
    rows, columns = (
        axis(0, last, index - 1, index + 1, 4, 4, 14) for index in (state.row, state.column)
    )
    draw = Grid(rows, columns, 180)
    here = f"M0 0h{draw.cell}v{draw.cell}h-{draw.cell}z"
    corner = {"class": "rl-window", "transform": draw.corner(state.row, state.column)}
    return _svg("output", 220, draw, output_words(state), [
        _mark("input", draw.area(0, last)),
        _mark("grid", draw.lines((0, last), (0, last))),
        ("g", corner, [_mark("taps", here, fill_opacity=1)]),
        _mark("break", draw.breaks()),
        draw.labels([state.row, 0, last], [state.column, 0, last]),
    ])


def legend() -> Node:
    """Keys to the marks of the pictures."""
    box = "M1 1h12v12h-12z"
    keys = [
        ("input", _mark("input", box)),
        ("padding", _mark("padding", box)),
        ("read now", _mark("taps", box)),
        ("never read", _mark("unread", "M7 1v12", stroke_width=12)),
        ("left out of the drawing", _mark("break", "M5 0l4 4l-4 4l4 4")),
    ]
    small = {"width": 14, "height": 14, "aria-hidden": "true"}
    items: list[Node] = [("li", {}, [("svg", small, [mark]), f" {text}"]) for text, mark in keys]
    return ("ul", {"class": "rl-legend"}, items)
