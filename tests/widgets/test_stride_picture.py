"""The calculator's drawings and sentences, held against positions that are counted here."""

import random
import re
from itertools import pairwise
from typing import Any

import pytest
from javascript import children, find, js, words
from strides import possible_states

from resnet_lab.widgets.stride.state import State

STATES = possible_states()


def taps(state: State, index: int) -> list[int]:
    """Positions that an output position reads on one axis."""
    start = index * state.stride - state.padding
    return [start + tap * state.dilation for tap in range(state.kernel)]


def never_read(state: State) -> list[int]:
    read = {at for index in range(state.outputs) for at in taps(state, index)}
    return [at for at in range(-state.padding, state.size + state.padding) if at not in read]


def drawn(state: State, name: str = "inputPicture") -> Any:
    found = js("stride/picture", name, state._asdict())
    return found if name == "inputPicture" else found["picture"]


def paths(picture: Any, kind: str) -> list[str]:
    return [path[1]["d"] for path in find(picture, f".rl-{kind}")]


def corner(picture: Any) -> tuple[int, ...]:
    """Left and upper edge of the window."""
    (window,) = find(picture, ".rl-window")
    return tuple(map(int, re.findall(r"\d+", window[1]["transform"])))


def labels(picture: Any) -> list[dict[str, float]]:
    """Number -> place of its label; columns first, then rows."""
    found: list[dict[str, float]] = [{}, {}]
    for text in find(picture, "text"):
        attributes, (number,) = text[1:]
        row = attributes["text-anchor"] == "end"
        place = attributes["y"] - 4 if row else attributes["x"]
        found[row][number.replace("−", "-")] = place
    return found


def test_the_window_lies_where_the_labels_say_and_holds_the_taps() -> None:
    for state in STATES:
        picture = drawn(state)
        (window,) = find(picture, ".rl-window")
        read, frame = children(window)
        span = (state.kernel - 1) * state.dilation + 1
        cell = frame[1]["width"] / span
        assert frame[1]["height"] == frame[1]["width"]
        at = {(int(x) / cell, int(y) / cell) for x, y in re.findall(r"M(\d+) (\d+)", read[1]["d"])}
        steps = [tap * state.dilation for tap in range(state.kernel)]
        assert at == {(x, y) for x in steps for y in steps}
        for edge, found, index in zip(
            corner(picture), labels(picture), (state.column, state.row), strict=True
        ):
            first = taps(state, index)[0]
            assert found[str(first)] == edge + cell / 2, state
            if (last := str(first + span - 1)) in found:
                assert found[last] == edge + (span - 1) * cell + cell / 2, state


def test_the_marked_output_cell_lies_where_its_labels_say() -> None:
    for state in STATES:
        picture = drawn(state, "outputPicture")
        (window,) = find(picture, ".rl-window")
        cell = int(re.search(r"h(\d+)", children(window)[0][1]["d"])[1])  # type: ignore[index]
        places = [found[str(index)] - cell / 2 for found, index in zip(
            labels(picture), (state.column, state.row), strict=True)]  # fmt: skip
        assert tuple(places) == corner(picture), state


def test_where_all_is_drawn_each_position_has_its_mark() -> None:
    """Without a break in an axis, the place of a position is known without the drawing."""
    whole = 0
    for state in STATES:
        picture = drawn(state)
        if paths(picture, "break") != [""]:
            continue
        whole += 1
        frame = find(picture, "rect")[0][1]
        cell = frame["width"] // ((state.kernel - 1) * state.dilation + 1)
        left = corner(picture)[0] - cell * (taps(state, state.column)[0] + state.padding)
        x = {at: left + cell * (at + state.padding) for at in range(-state.padding, state.size)}
        (area,) = paths(picture, "input")
        side = state.size * cell
        assert area == f"M{x[0]} {22 + cell * state.padding}h{side}v{side}h-{side}z", state
        down, across = paths(picture, "unread")
        inside = [left + cell * (at + state.padding) + cell / 2 for at in never_read(state)]
        assert [float(at) for at in re.findall(r"M([\d.]+) ", down)] == inside, state
        assert [float(at) - 22 + left for at in re.findall(r"M\d+ ([\d.]+)", across)] == inside
    assert whole > 60


def test_an_axis_draws_both_ends_and_the_window_in_a_scale_that_stays(
    drawn: random.Random,
) -> None:
    rng = drawn
    broken = 0
    for _ in range(300):
        span, near, far = rng.randint(1, 20), rng.randint(1, 12), rng.randint(1, 12)
        first = -rng.randint(0, 8)
        last = first + rng.randint(span + 1, 400)
        room = rng.choice([14, 22])
        cells = set()
        for start in {first, last - span + 1, *(rng.randint(first, last - span) for _ in "123")}:
            stop = start + span - 1
            found = js("stride/picture", "axis", first, last, start, stop, near, far, room)
            runs, count = found["runs"], found["cells"]
            cells.add(count)
            shown = [at for a, b, _ in runs for at in range(a, b + 1)]
            assert shown == sorted(set(shown))
            assert {first, last, *range(start, stop + 1)} <= set(shown) <= {*range(first, last + 1)}
            assert runs[0][2] == 0
            assert runs[-1][2] + runs[-1][1] - runs[-1][0] + 1 == count
            for (a, b, cell), (c, _, after) in pairwise(runs):
                assert after == cell + b - a + 2, "a break is one cell wide"
                assert c > b + 1, "and stands for one position at least"
            broken += len(runs) > 1
        assert len(cells) == 1
    assert broken > 100


def said(name: str, state: State) -> Any:
    return js("stride/words", name, state._asdict())


def numbers(text: str) -> list[int]:
    return [int(found.replace("−", "-").replace(",", ""))
            for found in re.findall(r"(?<!\d)−?\d[\d,]*", text)]  # fmt: skip


def test_what_a_window_reads_is_counted() -> None:
    for state in STATES:
        text = said("windowWords", state)
        rows, columns = taps(state, state.row), taps(state, state.column)

        def both(margin: int, rows=rows, columns=columns, state=state) -> int:  # type: ignore[no-untyped-def]
            within = range(-margin, state.size + margin)
            return sum(r in within and c in within for r in rows for c in columns)

        places, counts = re.split(": ", text, maxsplit=1)
        ends = [end for axis in (rows, columns) for end in
                ([axis[0]] if len(axis) == 1 else
                 [axis[0], axis[-1], *([state.dilation] if state.dilation > 1 else [])])]
        assert numbers(places) == [state.row, state.column, *ends], state
        read, padded = both(0), both(state.padding)
        beyond = state.kernel**2 - padded
        assert numbers(counts) == [read, padded - read, *([beyond] if beyond else [])], state
        assert ("past the edge, which do not count" in counts) == bool(beyond)
        assert ("position of input" in counts) == (read == 1)


def test_what_is_never_read_is_counted() -> None:
    kinds = set()
    for state in STATES:
        text = said("edgeWords", state)
        last = taps(state, state.outputs - 1)[-1]
        end, edge = state.size + state.padding - 1, state.size - 1
        lost = [at for at in never_read(state) if 0 <= at <= edge]
        at_edge = [at for at in lost if at > last]
        skipped, between = len(lost) - len(at_edge), re.search(r"read, (\d+) of input", text)
        assert (int(between[1]) if between else 0) == skipped, state
        if last > end:
            assert f"hangs {last - end} column{'s' * (last - end > 1)} over" in text, state
        elif last == end:
            assert "ends exactly at the far edge" in text, state
        else:
            padding = end - max(last, edge)
            of_padding = f"{padding} column{'' if padding == 1 else 's'} of padding"
            assert f"{of_padding} and {len(at_edge)} of input are never read" in text, state
        read = (state.size - len(lost)) ** 2
        total = f"In all, {read:,} of {state.size**2:,} input positions are read."
        assert (total in text) == bool(lost), state
        kinds |= {(last > end) - (last < end), "taken off" in text, bool(skipped)}
    assert kinds == {-1, 0, 1}


def test_the_formula_comes_out() -> None:
    for state in STATES:
        names, filled, result = said("formula", state)
        rounding = "ceil" if state.ceil_mode else "floor"
        assert names.startswith(f"{rounding}((input + 2·padding − dilation·(kernel − 1) − 1)")
        top = state.size + 2 * state.padding - state.dilation * (state.kernel - 1) - 1
        assert numbers(filled) == [
            state.size, 2, state.padding, state.dilation, state.kernel, 1, 1, state.stride, 1,
        ]  # fmt: skip
        steps = -(-top // state.stride) if state.ceil_mode else top // state.stride
        less = [1] if steps + 1 > state.outputs else []
        assert numbers(result.replace("− 1 =", "1 =")) == [
            top, state.stride, 1, *less, steps, 1, *less, state.outputs,
        ], state  # fmt: skip
        assert said("edgeWords", state).startswith("One window is taken off") == bool(less)


@pytest.mark.parametrize("name", ["inputPicture", "outputPicture"])
def test_labels_do_not_touch(name: str) -> None:
    for state in STATES:
        for room, found in zip((8, 3), labels(drawn(state, name)), strict=True):
            places = sorted((place, len(text)) for text, place in found.items())
            for (a, wide), (b, next_wide) in pairwise(places):
                assert b - a >= room * (wide + next_wide) / 2, state


def test_the_legend_names_each_mark() -> None:
    marks = find(js("stride/picture", "legend"), "li")
    assert [words(mark).strip() for mark in marks] == [
        "input", "padding", "read now", "never read", "left out of the drawing",
    ]  # fmt: skip
