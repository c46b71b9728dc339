"""Time several ways of doing one thing, taking turns, so that all meet the same machine."""

import statistics
import time
from collections.abc import Callable

Work = Callable[[], object]


def timed(ways: dict[str, Work], rounds: int) -> dict[str, list[float]]:
    """Seconds of each way in each round.

    Args:
        ways: what to time, by name; each runs once unmeasured first.
        rounds: how often each runs, in turns, the order reversed every other round.
    """
    for work in ways.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        order = list(ways.items())
        for name, work in order if turn % 2 == 0 else reversed(order):
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def ratios(ways: dict[str, Work], reference: str, rounds: int) -> dict[str, float]:
    """Median over the rounds of reference time / own time: above 1 is faster.

    Args:
        ways: what to time, by name.
        reference: the name that the others are measured against.
        rounds: how often each runs.
    """
    return to_reference(timed(ways, rounds), reference)


def to_reference(seconds: dict[str, list[float]], reference: str) -> dict[str, float]:
    """Median over the rounds of reference time / own time, from the times."""
    return {
        name: statistics.median(
            theirs / own for theirs, own in zip(seconds[reference], taken, strict=True)
        )
        for name, taken in seconds.items()
    }


def show(title: str, results: dict[str, float]) -> None:
    """Print one comparison, a line each."""
    print(f"\n{title}")
    for name, ratio in results.items():
        print(f"  {name:<44} {ratio:5.2f}", flush=True)
