"""Comparisons of runs: what the numbers allow to say, and no more."""

import math
from types import SimpleNamespace

import pytest

from resnet_lab.records import Summary
from resnet_lab.records.comparison import Comparison, compare

CLOSE = "too close to tell apart"


@pytest.mark.parametrize(("run", "reference", "verdict", "words"), [
    ((9.0, 9.2, 9.4), (8.0, 8.2, 8.4), "higher", "+1.00 points: higher, with every seed"),
    ((8.0, 8.2, 8.4), (9.0, 9.2, 9.4), "lower", "−1.00 points: lower, with every seed"),
    ((8.1, 8.6, 8.9), (8.0, 8.4, 8.5), CLOSE, "the spread over seeds is 0.40"),
    ((8.0, 8.1, 9.0), (7.0, 7.9, 8.0), CLOSE, "single seeds overlap"),  # touch at 8.0
    ((8.0, 8.5), (7.0, 7.9), "higher", "+0.80 points: higher, with every seed"),
    ((5.0, 9.0), (4.0, 4.9), CLOSE, "the spread over seeds is 2.83"),  # apart, but within it
    ((1.0, 1.0, 1.0, 5.0), (0.0,) * 4, CLOSE, "the spread over seeds is 2.00"),  # as far
    ((9.0,), (8.0,), CLOSE, "one seed shows no spread"),
    ((9.0, 9.1), (8.0,), CLOSE, "one seed shows no spread"),
    ((0.0, 0.0), (1.0, 1.0), "lower", "−1.00 points: lower, with every seed"),
    ((1.0, 1.0), (1.0, 1.0), CLOSE, "+0.00 points"),
])
def test_what_can_be_said(run, reference, verdict, words):
    found = Comparison(Summary(run), Summary(reference))
    assert found.verdict == verdict
    assert words in str(found)


def test_the_numbers_of_a_comparison():
    found = Comparison(Summary((1.0, 2.0, 3.0)), Summary((4.0, 8.0)), "nats")
    assert found.difference == -4
    assert found.spread == pytest.approx(math.sqrt(8))
    assert found.apart
    assert found.by_chance == 2 / 10
    assert "nats" in str(found)
    assert math.isnan(Comparison(Summary((1.0,)), Summary((1.0, 2.0))).spread)


@pytest.mark.parametrize(("seeds", "chance"), [((1, 1), 1), ((2, 2), 1 / 3), ((3, 3), 1 / 10)])
def test_how_often_chance_sets_runs_apart(seeds, chance):
    run, reference = (Summary(tuple(range(count))) for count in seeds)
    assert Comparison(run, reference).by_chance == pytest.approx(chance)


def fake_runs(**ends):
    """What `compare` asks of records: whether they finished, and where."""
    records = {
        run: tuple(SimpleNamespace(finished=end is not None) for end in values)
        for run, values in ends.items()
    }

    def final(run, quantity):
        return Summary(tuple(end for end in ends[run] if end is not None))

    return SimpleNamespace(records=records, final=final)


def test_every_other_run_is_compared_but_those_that_never_finished():
    runs = fake_runs(reference=(8.0, 8.1), better=(7.0, 7.1, None), never=(None, None))
    found = compare(runs, "reference", "test_error")
    assert list(found) == ["better"]
    assert found["better"].verdict == "lower"
    assert compare(runs, "reference", "test_loss")["better"].unit == "nats"
    assert compare(runs, "reference", others=["never"]) == {}
