"""Sums over steps, and what they decide: exact, and each counted once in a group."""

from types import SimpleNamespace

import pytest
import torch
from tiny_runs import RECIPE

from resnet_lab.training.curve import Curve, Tally
from resnet_lab.training.group import Group
from resnet_lab.training.schedule import Schedule
from resnet_lab.training.step import StepResult

CPU = torch.device("cpu")
ALONE = Group(CPU)


def result(loss: float, wrong: int) -> StepResult:
    return StepResult(torch.tensor(loss), torch.tensor(wrong))


def test_a_tally_gives_means_over_images_and_not_over_batches():
    tally = Tally(CPU)
    tally.add(result(3.0, 2), 2)
    tally.add(result(1.0, 1), 6)
    assert tally.read(ALONE) == (1.5, 37.5)
    assert tally.read(ALONE) == (1.5, 37.5)
    tally.reset()
    tally.add(result(2.0, 0), 1)
    assert tally.read(ALONE) == (2.0, 0.0)


def test_a_tally_counts_single_images_among_millions():
    """64,000 steps of 256 images are 2**24 of them: the next is lost in single precision."""
    tally = Tally(CPU)
    tally.add(result(1.0, 2**24), 2**24)
    tally.add(result(1.0, 1), 1)
    assert tally.sums.tolist() == [2**24 + 1] * 3
    assert tally.read(ALONE) == (1.0, 100.0)


def test_adding_to_a_tally_keeps_no_graph():
    tally, loss = Tally(CPU), torch.tensor(1.0, requires_grad=True) * 2
    tally.add(StepResult(loss, torch.tensor(0)), 1)
    assert not tally.sums.requires_grad


@pytest.mark.parametrize("size", [1, 2, 3])
def test_what_a_group_has_counted_is_counted_once_after_a_restart(size):
    """The state holds the sums of all; one process goes on with them, the others from zero."""
    state = torch.tensor([30.0, 4.0, 10.0], dtype=torch.float64)
    tallies = [Tally(CPU) for _ in range(size)]
    schedules = [Schedule(RECIPE.changed(warmup_lr=0.01), ALONE) for _ in range(size)]
    for rank, (tally, schedule) in enumerate(zip(tallies, schedules, strict=True)):
        tally.add(result(5.0, 1), 1)  # forgotten
        schedule.group = SimpleNamespace(rank=rank)
        tally.restore(state, schedule.group)
        schedule.restore({"warming": True, "window": state})
    assert torch.equal(sum(tally.sums for tally in tallies), state)
    assert torch.equal(sum(schedule.window.sums for schedule in schedules), state)


def test_a_state_is_a_copy():
    tally = Tally(CPU)
    tally.add(result(1.0, 0), 1)
    state = tally.state(ALONE)
    tally.restore(state, ALONE)
    tally.add(result(1.0, 0), 1)
    assert state.tolist() == [1, 0, 1]
    assert tally.sums.tolist() == [2, 0, 2]


@pytest.mark.parametrize(
    ("wrong", "warms"),
    [((8, 8), True), ((9, 7), True), ((8, 7), False), ((10, 5), False), ((7, 10), True)],
)
def test_the_warm_up_ends_where_the_error_of_a_whole_window_is_below_80_percent(wrong, warms):
    """At 80 % exactly it goes on."""
    recipe = RECIPE.changed(warmup_lr=0.01, warmup_window=2, warmup_error=80.0)
    schedule = Schedule(recipe, ALONE)
    for step, count in enumerate(wrong, start=1):
        assert (schedule.warming, schedule.lr(step - 1)) == (True, 0.01)
        schedule.see(step, result(1.0, count), 10)
    assert schedule.warming is warms
    assert schedule.lr(2) == (0.01 if warms else 0.1)
    assert schedule.window.sums.tolist() == [0, 0, 0]
    for step in (3, 4):  # a bad window after the end begins no new one
        schedule.see(step, result(1.0, 10), 10)
    assert schedule.warming is warms


def test_without_a_warm_up_nothing_is_counted():
    schedule = Schedule(RECIPE, ALONE)
    schedule.see(1, result(1.0, 8), 8)
    assert (schedule.warming, schedule.window.sums.tolist()) == (False, [0, 0, 0])
    assert [schedule.lr(step) for step in (0, 11, 12)] == pytest.approx([0.1, 0.1, 0.01])


def test_a_point_needs_every_quantity():
    curve = Curve()
    point = dict.fromkeys(curve.lists(), 1.0)
    curve.add(**point)
    assert len(curve) == 1
    del point["test_error"]
    with pytest.raises(KeyError, match="test_error"):
        curve.add(**point)
