"""The arithmetic of the race; ``race_numbers.js`` does the same."""

import math
from bisect import bisect_right
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from resnet_lab.widgets.race_data import PARTS, QUANTITIES, RaceData

_NICE_TEXT = [f"{digit}e{power}" for power in range(-12, 13) for digit in (1, 2, 5)]
NICE = [float(text) for text in _NICE_TEXT]
"""1, 2 and 5 times every power of ten: what an axis is divided by."""
LOSS_TOP = 10.0
"""Nats; guessing among a thousand classes costs 6.9."""


class View(NamedTuple):
    """What the reader chose: ``seed`` None means all of them."""

    quantity: str
    part: str
    shown: tuple[str, ...]
    seed: int | None
    step: int

    @property
    def series(self) -> str:
        """Name of the chosen values in a run."""
        return f"{self.part}_{self.quantity}"

    def check(self, race: RaceData) -> None:
        """Raise what is wrong with it for these curves; the message begins with its name."""
        for name, accepted in (("quantity", QUANTITIES), ("part", PARTS)):
            _one_of(name, getattr(self, name), list(accepted))
        labels = [net["label"] for net in race["nets"]]
        for label in self.shown:
            _one_of("shown", label, labels, "hold only labels of")
        if self.seed is not None:
            _one_of("seed", self.seed, seeds(race), "be None or one of")
        _one_of("step", self.step, steps(race))


def _one_of(name: str, value: Any, accepted: list[Any], rule: str = "be one of") -> None:
    if isinstance(value, bool) or not isinstance(value, type(accepted[0])):
        raise TypeError(f"{name} must {rule} {_some(accepted)}, got {value!r}")
    if value not in accepted:
        raise ValueError(f"{name} must {rule} {_some(accepted)}, got {value!r}")


def _some(accepted: list[Any]) -> str:
    """All of a list, or its beginning and its end."""
    if len(accepted) <= 12:
        return str(accepted)
    return f"[{', '.join(map(repr, accepted[:6]))}, …, {accepted[-1]!r}]"


def seeds(race: RaceData) -> list[int]:
    """Every seed of the race, in order."""
    return sorted({run["seed"] for net in race["nets"] for run in net["runs"]})


def steps(race: RaceData) -> list[int]:
    """Every step at which something was measured, in order."""
    return sorted({step for grid in race["grids"] for step in grid["step"]})


def epoch(race: RaceData, step: int) -> float | None:
    """The epoch at a step, where all runs measured there agree."""
    found = {
        grid["epoch"][grid["step"].index(step)] for grid in race["grids"] if step in grid["step"]
    }
    return found.pop() if len(found) == 1 else None


def chosen_runs(net: dict[str, Any], view: View) -> list[dict[str, Any]]:
    """The runs of a net that the view asks for."""
    return [run for run in net["runs"] if view.seed is None or run["seed"] == view.seed]


def value_at(race: RaceData, run: dict[str, Any], series: str, step: int) -> float | None:
    """The last value measured up to a step; None before the first point and after the last."""
    measured = race["grids"][run["grid"]]["step"]
    place = bisect_right(measured, step) - 1
    return None if place < 0 or step > measured[-1] else run[series][place]


def mean(values: list[float]) -> float:
    """The sum, from left to right, divided by the number: as JavaScript adds."""
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


class Spread(NamedTuple):
    """Mean, lowest and highest over the seeds."""

    mean: float
    low: float
    high: float


class Place(NamedTuple):
    """Where a net stands at a step.

    ``rank`` and ``spread`` are None where none of its runs has a value; ``measured`` of its
    ``runs`` have one. ``start`` is the mean at its first point.
    """

    net: int
    label: str
    rank: int | None
    spread: Spread | None
    measured: int
    runs: int
    start: float | None


def mean_curve(race: RaceData, net: dict[str, Any], view: View) -> list[tuple[int, float | None]]:
    """The mean over the chosen runs at every step where one of them was measured."""
    runs = chosen_runs(net, view)
    measured = sorted({step for run in runs for step in race["grids"][run["grid"]]["step"]})
    points: list[tuple[int, float | None]] = []
    for step in measured:
        values = [value_at(race, run, view.series, step) for run in runs]
        numbers = [value for value in values if value is not None]
        points.append((step, mean(numbers) if numbers else None))
    return points


def ranking(race: RaceData, view: View) -> list[Place]:
    """The shown nets, lowest mean first; those without a value last, in the order given."""
    places = []
    for index, net in enumerate(race["nets"]):
        if net["label"] not in view.shown:
            continue
        runs = chosen_runs(net, view)
        found = [value_at(race, run, view.series, view.step) for run in runs]
        values = [value for value in found if value is not None]
        spread = Spread(mean(values), min(values), max(values)) if values else None
        starts = [value for _, value in mean_curve(race, net, view) if value is not None]
        start = starts[0] if starts else None
        places.append(Place(index, net["label"], None, spread, len(values), len(runs), start))
    means = [place.spread.mean if place.spread else math.inf for place in places]
    order = sorted(range(len(places)), key=lambda index: means[index])
    return [
        places[index]._replace(rank=1 + sum(other < means[index] for other in means))
        if places[index].spread
        else places[index]
        for index in order
    ]


class Scale(NamedTuple):
    """An axis: its ends, whether it is logarithmic, and ``(value, text)`` of its marks.

    Where it is ``cut``, some values lie beyond it and are drawn at its end.
    """

    low: float
    high: float
    log: bool
    ticks: list[tuple[float, str]]
    cut: bool = False

    def part(self, value: float) -> float:
        """How far along the axis a value lies, 0 to 1."""
        value = min(max(value, self.low), self.high)
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        return math.log10(value / self.low) / math.log10(self.high / self.low)


def value_scale(race: RaceData, view: View) -> Scale:
    """The axis for the shown nets: one for training and test, all seeds and all steps.

    Error starts at 0. Loss is logarithmic; a loss of 0 lies at the lower end, one above
    ``LOSS_TOP`` at the upper end: deep nets begin with test losses in the millions.
    """
    values = [
        value
        for net in race["nets"] if net["label"] in view.shown
        for run in net["runs"]
        for part in PARTS
        for value in run[f"{part}_{view.quantity}"] if value
    ]
    if view.quantity == "error" or not values:
        return linear_scale(max(values, default=1.0), stretch=True)
    low, high = min(values), max(values)
    top = high if low >= LOSS_TOP else min(high, LOSS_TOP)
    return _log_scale(low, top)._replace(cut=top < high)


def linear_scale(top: float, stretch: bool) -> Scale:
    """From 0 to ``top``, or on to the next mark above it, in at most five equal parts."""
    top = min(top, NICE[-1])
    unit = next(nice for nice in NICE if 5 * nice >= top)
    count = math.ceil(top / unit) if stretch else math.floor(top / unit)
    digits = sum(unit < limit for limit in (1, 0.1, 0.01, 0.001))
    ticks = [(unit * place, fixed(unit * place, digits)) for place in range(count + 1)]
    return Scale(0.0, unit * count if stretch else top, False, ticks)


def _log_scale(low: float, high: float) -> Scale:
    below = [place for place, nice in enumerate(NICE[:-1]) if nice <= low]
    first = below[-1] if below else 0
    last = next((place for place, nice in enumerate(NICE) if nice >= high), len(NICE) - 1)
    last = max(last, first + 1)
    ticks = list(range(first, last + 1))
    if len(ticks) > 7:
        ticks = [place for place in ticks if place % 3 == 0]
    ticks = ticks[:: math.ceil(len(ticks) / 7)]
    marks = [(NICE[place], _nice_text(place)) for place in ticks]
    return Scale(NICE[first], NICE[last], True, marks)


def _nice_text(place: int) -> str:
    return f"{NICE[place]:g}" if 0.001 <= NICE[place] < 10000 else _NICE_TEXT[place]


def fixed(value: float, digits: int) -> str:
    """A number with this many decimals, halves rounded up as JavaScript does."""
    return format(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP), ",f")
