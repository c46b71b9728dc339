"""Curves of a few runs, as the training lab shows them: a picture, a table, and words.

They are drawn without matplotlib: its settings are shared by all threads, and the lab draws
while the reader may be drawing in another cell.
"""

import re
from collections.abc import Mapping
from math import isfinite

from resnet_lab.training import RunRecord
from resnet_lab.training.experiments import RUNS
from resnet_lab.widgets.drawing import Node
from resnet_lab.widgets.race_look import color, marker
from resnet_lab.widgets.race_numbers import Scale, linear_scale
from resnet_lab.widgets.still import markup

Records = Mapping[int, RunRecord]
"""Runs by the number that decides the color and the mark of each."""

RUNNING = "running"
EMPTY = "No curve yet."
TITLE = "Error (%) by training step"
NETWORKS = {"plain": "plain-{}", "resnet": "ResNet-{}", "resnetv2_": "ResNet-{} v2"}
PARTS = {"train_error": "training error", "test_error": "test error"}

_WIDTH, _HEIGHT = 440, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 416, 28, 258


def run_words(record: RunRecord) -> str:
    """How the curves call a run: its network, learning rate and seed."""
    run = record.name.partition("/")[2].rpartition("-seed")[0]
    title = RUNS[run].title if run in RUNS else _network_words(record)
    return f"{title}, learning rate {record.recipe.lr:g}, seed {record.seed}"


def _network_words(record: RunRecord) -> str:
    found = re.fullmatch(r"(plain|resnetv2_|resnet)(\d+)", record.model)
    title = NETWORKS[found[1]].format(found[2]) if found else record.model
    option = record.changes.get("shortcut")
    return f"{title}, option {option}" if option else title


def ended_words(record: RunRecord) -> str:
    """How far a run is, or how it ended."""
    if record.ended == RUNNING:
        return f"step {record.steps:,} of {record.recipe.iterations:,}"
    if record.finished:
        return f"finished: {record.steps:,} steps in {record.seconds:.3g} s"
    return record.ended


def error_words(record: RunRecord) -> str:
    """Both errors at the last point of a run's curve."""
    if not len(record.curve):
        return "no point of the curve yet"
    return ", ".join(f"{words} {record.final(part):.1f} %" for part, words in PARTS.items())


def picture_words(runs: Records) -> str:
    """The text alternative of the picture."""
    courses = [
        f"{run_words(record)} ({ended_words(record)}): "
        + ", ".join(_course(record, part, words) for part, words in PARTS.items())
        for record in runs.values()
    ]
    return f"{TITLE}. Line chart. {'; '.join(courses)}."


def _course(record: RunRecord, part: str, words: str) -> str:
    points = _points(record, part)
    if not points:
        return f"no {words}"
    (first, start), (last, end) = points[0], points[-1]
    if len(points) == 1:
        return f"{words} {start:.1f} at step {first:,}"
    at, lowest = min(points, key=lambda point: point[1])
    return (
        f"{words} from {start:.1f} at step {first:,} to {end:.1f} at step {last:,}, "
        f"lowest {lowest:.1f} at step {at:,}"
    )


def _points(record: RunRecord, part: str) -> list[tuple[int, float]]:
    """Steps and values of an error; a value that is not finite is left out."""
    pairs = zip(record.curve.step, record.curve.lists()[part], strict=True)
    return [(step, value) for step, value in pairs if isfinite(value)]


def curves_html(runs: Records) -> str:
    """The picture and the table; a line of text where there is no point to draw."""
    drawn = any(_points(record, part) for record in runs.values() for part in PARTS)
    first = f'<div class="rl-figure">{markup(picture(runs))}</div>' if drawn else f"<p>{EMPTY}</p>"
    return first + (f'<div class="rl-table">{markup(table(runs))}</div>' if runs else "")


def picture(runs: Records) -> Node:
    """Both errors of each run by step: training dashed and test solid, as in the paper."""
    across = linear_scale(max(map(_reach, runs.values())), stretch=False)
    shown = [
        value for record in runs.values() for part in PARTS for _, value in _points(record, part)
    ]
    up = linear_scale(max(shown) or 1.0, stretch=True)
    size = {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "width": f"min(100%, {_WIDTH * 5 // 4}px)"}
    return (
        "svg",
        {**size, "role": "img", "aria-label": picture_words(runs), "font-size": 12},
        [
            *_frame(across, up),
            *(
                _line(slot, record, part, across, up)
                for slot, record in runs.items() for part in PARTS if _points(record, part)
            ),
        ],
    )  # fmt: skip


def _reach(record: RunRecord) -> int:
    """The last step of the axis that a run needs."""
    return record.recipe.iterations if record.ended == RUNNING else record.steps


def _x(scale: Scale, step: float) -> float:
    return round(_LEFT + scale.part(step) * (_RIGHT - _LEFT), 1)


def _y(scale: Scale, value: float) -> float:
    return round(_BOTTOM - scale.part(value) * (_BOTTOM - _TOP), 1)


def _text(x: float, y: float, anchor: str, words: str) -> Node:
    return ("text", {"x": x, "y": y, "text-anchor": anchor, "fill": "currentColor"}, [words])


def _frame(across: Scale, up: Scale) -> list[Node]:
    ink = {"fill": "none", "stroke": "currentColor"}
    levels = "".join(f"M{_LEFT} {_y(up, value):g}H{_RIGHT}" for value, _ in up.ticks)
    marks = "".join(f"M{_x(across, value):g} {_BOTTOM}v5" for value, _ in across.ticks)
    return [
        ("path", {"d": levels, **ink, "stroke-opacity": 0.15}, []),
        ("path", {"d": f"M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}{marks}", **ink}, []),
        *(_text(_LEFT - 6, _y(up, value) + 4, "end", words) for value, words in up.ticks),
        *(_text(_x(across, value), _BOTTOM + 19, "middle", words) for value, words in across.ticks),
        _text(2, 14, "start", "error (%): test solid, training dashed"),
        _text(_RIGHT, _HEIGHT - 6, "end", "training step"),
    ]


def _line(slot: int, record: RunRecord, part: str, across: Scale, up: Scale) -> Node:
    """One error of a run, with the mark of the run at its end."""
    points = [(_x(across, step), _y(up, value)) for step, value in _points(record, part)]
    solid = part == "test_error"
    look = {"stroke-width": 2} if solid else {"stroke-width": 1.5, "stroke-dasharray": "5 3"}
    line = {"points": " ".join(f"{x:g},{y:g}" for x, y in points), "fill": "none", **look}
    kept = [marker(slot, *points[-1])] if solid or len(points) == 1 else []
    return ("g", {"stroke": color(slot)}, [("polyline", line, []), *kept])


def table(runs: Records) -> Node:
    """The last errors of each run, and how it ended; a key to the marks as well."""
    heads = ("run", "training error (%)", "test error (%)", "state")
    rows: list[Node] = [
        ("tr", {}, [
            ("th", {"scope": "row"}, [_key(slot), f" {run_words(record)}"]),
            *(("td", {}, [words]) for words in (*_last(record), ended_words(record))),
        ])
        for slot, record in runs.items()
    ]  # fmt: skip
    head: Node = ("tr", {}, [("th", {"scope": "col"}, [words]) for words in heads])
    return ("table", {}, [("thead", {}, [head]), ("tbody", {}, rows)])


def _last(record: RunRecord) -> list[str]:
    return [f"{record.final(part):.1f}" if len(record.curve) else "–" for part in PARTS]


def _key(slot: int) -> Node:
    size = {"viewBox": "0 0 14 14", "width": 14, "height": 14, "aria-hidden": "true"}
    return ("svg", size, [marker(slot, 7, 7)])
