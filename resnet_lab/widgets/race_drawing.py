"""The picture of the race as plain data ``(tag, attributes, children)``, and its still.

``race_picture.js`` builds the same for the live picture.
"""

import math
from typing import Any

from resnet_lab.widgets.drawing import Node
from resnet_lab.widgets.race_data import RaceData
from resnet_lab.widgets.race_look import color, dashes, marker
from resnet_lab.widgets.race_numbers import (
    Scale,
    View,
    chosen_runs,
    linear_scale,
    mean_curve,
    steps,
    value_scale,
)
from resnet_lab.widgets.race_words import (
    NONE_CHOSEN,
    caption_words,
    ended_words,
    picture_words,
    quantity_words,
    table,
)

LEFT, RIGHT, TOP, BOTTOM = 48, 22, 30, 42
STILL_WIDTH = 400
Points = list[tuple[int, float | None]]


class Chart:
    """Where steps and values lie in a picture of a given width."""

    def __init__(self, race: RaceData, view: View, width: int) -> None:
        self.width, self.height = width, min(380, 40 + math.floor(0.6 * width))
        self.right, self.bottom = width - RIGHT, self.height - BOTTOM
        self.across: Scale = linear_scale(steps(race)[-1] or 1, stretch=False)
        self.up: Scale = value_scale(race, view)

    def x(self, step: float) -> float:
        """Where a step lies."""
        return _tenth(LEFT + self.across.part(step) * (self.right - LEFT))

    def y(self, value: float) -> float:
        """Where a value lies."""
        return _tenth(self.bottom - self.up.part(value) * (self.bottom - TOP))

    def line(self, points: Points) -> str:
        """A path through the points, with a gap where there is no value."""
        parts, pen = [], "M"
        for step, value in points:
            if value is None:
                pen = "M"
                continue
            parts.append(f"{pen}{self.x(step):g} {self.y(value):g}")
            pen = "L"
        return "".join(parts)


def _tenth(value: float) -> float:
    return math.floor(value * 10 + 0.5) / 10


def _text(x: float, y: float, anchor: str, words: str) -> Node:
    look = {"text-anchor": anchor, "font-size": 13, "fill": "currentColor"}
    return ("text", {"x": x, "y": y, **look}, [words])


def _frame(chart: Chart, view: View) -> list[Node]:
    """Both axes with their marks and names."""
    ink = {"fill": "none", "stroke": "currentColor"}
    cut = f", cut at {chart.up.high:g}" if chart.up.cut else ""
    log = f" (log scale{cut})" if chart.up.log else ""
    levels = "".join(f"M{LEFT} {chart.y(v):g}H{chart.right}" for v, _ in chart.up.ticks)
    marks = "".join(f"M{chart.x(v):g} {chart.bottom}v5" for v, _ in chart.across.ticks)
    axes = f"M{LEFT} {TOP}V{chart.bottom}H{chart.right}{marks}"
    return [
        ("path", {"d": levels, **ink, "stroke-opacity": 0.15}, []),
        ("path", {"d": axes, **ink, "stroke-opacity": 0.7}, []),
        ("g", {}, [
            _text(LEFT - 6, math.ceil(chart.y(v)) + 4, "end", t) for v, t in chart.up.ticks
        ]),
        ("g", {}, [
            _text(chart.x(v), chart.bottom + 19, "middle", t) for v, t in chart.across.ticks
        ]),
        _text(2, 15, "start", f"{quantity_words(view)}{log}"),
        _text(chart.right, chart.height - 4, "end", "training step"),
    ]


def _net(race: RaceData, view: View, index: int, chart: Chart) -> Node:
    """The lines of one net, up to the step and faintly beyond it, and its mark."""
    net = race["nets"][index]
    runs = chosen_runs(net, view)
    thick = mean_curve(race, net, view)
    parts: list[Node] = []

    def draw(lines: list[Points], look: dict[str, Any]) -> None:
        d = "".join(chart.line(line) for line in lines)
        if d:
            parts.append(("path", {"d": d, **look}, []))

    if len(runs) > 1:
        thin = [
            list(zip(race["grids"][run["grid"]]["step"], run[view.series], strict=True))
            for run in runs
        ]
        draw([_beyond(line, view.step) for line in thin], {"stroke-opacity": 0.15})
        draw([_up_to(line, view.step) for line in thin], {"stroke-opacity": 0.55})
    faint = {"stroke-opacity": 0.3, "stroke-width": 1.5}
    draw([_beyond(thick, view.step)], {**faint, **dashes(index)})
    draw([_up_to(thick, view.step)], {"stroke-width": 2.5, **dashes(index)})
    reached = _up_to(thick, view.step)
    if reached and reached[-1][1] is not None:
        parts.append(marker(index, chart.x(reached[-1][0]), chart.y(reached[-1][1])))
    look = {"fill": "none", "stroke": color(index), "stroke-linejoin": "round"}
    return ("g", look, parts)


def _up_to(points: Points, step: int) -> Points:
    return [point for point in points if point[0] <= step]


def _beyond(points: Points, step: int) -> Points:
    """From the last point up to the step on; nothing where that is the end."""
    start = max(0, len(_up_to(points, step)) - 1)
    return points[start:] if points and points[-1][0] > step else []


def picture(race: RaceData, view: View, width: int) -> Node:
    """The curves, ``width`` pixels wide."""
    chart = Chart(race, view, width)
    now = {"d": f"M{chart.x(view.step):g} {TOP}V{chart.bottom}", "stroke": "currentColor"}
    shown = [
        _net(race, view, index, chart)
        for index, net in enumerate(race["nets"]) if net["label"] in view.shown
    ]
    middle = ((LEFT + chart.right) / 2, (TOP + chart.bottom) / 2)
    empty = [] if shown else [_text(*middle, "middle", NONE_CHOSEN)]
    size = {"viewBox": f"0 0 {width} {chart.height}", "width": width, "height": chart.height}
    return ("svg", {
        "class": "rl-race-svg", **size, "role": "img", "aria-label": picture_words(race, view),
    }, [
        *_frame(chart, view),
        ("path", {**now, "stroke-opacity": 0.5, "stroke-dasharray": "1 3"}, []),
        *shown,
        *empty,
    ])


def still(race: RaceData, view: View) -> Node:
    """The race without its controls, at its end."""
    view = view._replace(step=steps(race)[-1])
    notes = [caption_words(race), *ended_words(race)]
    return ("figure", {"class": "rl-still rl-race-still"}, [
        ("p", {"class": "rl-title"}, [race["title"]]),
        ("div", {"class": "rl-race-picture"}, [picture(race, view, STILL_WIDTH)]),
        ("div", {"class": "rl-table"}, [table(race, view)]),
        ("figcaption", {"class": "rl-notes"}, [("p", {}, [note]) for note in notes]),
    ])
