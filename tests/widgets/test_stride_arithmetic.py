"""The rules that exist in both languages: sizes, positions, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from javascript import RefusedError, js
from strides import SETTINGS, states

from resnet_lab import arithmetic
from resnet_lab.widgets.stride.state import LIMITS, State

STATES = states()


def by_python(work: Callable[[], int]) -> tuple[Any, ...]:
    try:
        return (work(),)
    except (TypeError, ValueError) as error:
        return str(error).split()[0], str(error)


def by_javascript(module: str, name: str, state: dict[str, Any]) -> tuple[Any, ...]:
    try:
        return (js(module, name, state),)
    except RefusedError as error:
        return error.argument, str(error)


def assert_same(ours: tuple[Any, ...], theirs: tuple[Any, ...], state: dict[str, Any]) -> None:
    """Word for word, except that only Python names the type of a number that is no integer."""
    message = ours[-1]
    if isinstance(message, str) and message.endswith(" (float)"):
        ours = (ours[0], message.removesuffix(" (float)"))
    assert ours == theirs, state


def test_sizes_and_refusals_agree() -> None:
    refused = 0
    for state in STATES:
        settings = {name: state[name] for name in SETTINGS}
        pooled = {**settings, "ceil_mode": state["ceil_mode"]}
        for ours, asked in (
            (by_python(lambda s=settings: arithmetic.conv_output_size(**s)), "convOutputSize"),
            (by_python(lambda s=pooled: arithmetic.pool_output_size(**s)), "poolOutputSize"),
        ):
            assert_same(ours, by_javascript("js/arithmetic", asked, state), state)
        whole = by_python(State(**state).check)
        assert_same(whole, by_javascript("stride/picture", "check", state), state)
        refused += len(whole) == 2
    assert 50 < refused < 300


def test_positions_agree() -> None:
    tried = 0
    for state in STATES:
        settings = {name: state[name] for name in SETTINGS}
        try:
            outputs = arithmetic.conv_output_size(**settings)
        except (TypeError, ValueError):
            continue
        window = {name: state[name] for name in SETTINGS[1:]}
        last = list(arithmetic.window_positions(outputs - 1, **window))
        assert js("js/arithmetic", "windowPositions", outputs - 1, state) == last
        end = js("js/arithmetic", "farEnd", state, outputs)
        dropped = arithmetic.dropped_columns(**settings)
        assert (end["padding"], end["input"], end["overhang"]) == (*dropped, 0)
        unread = js("js/arithmetic", "unreadPositions", state, outputs)
        inside = [position for position in unread if 0 <= position < state["size"]]
        assert inside == list(arithmetic.unread_positions(**settings))
        tried += 1
    assert tried > 200


def test_the_limits_are_the_same() -> None:
    assert js("stride/picture", "LIMITS") == {name: list(ends) for name, ends in LIMITS.items()}


@pytest.mark.parametrize("value", [None, "7", 2.5, True])
def test_only_integers_are_integers(value: Any) -> None:
    state = {**State(56, 3, 1, 1, 1, False, 0, 0)._asdict(), "kernel": value}
    with pytest.raises(RefusedError, match="^kernel must be an integer"):
        js("js/arithmetic", "convOutputSize", state)
