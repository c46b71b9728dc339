"""Two runs held against each other, with the spread over their seeds beside the difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

from resnet_lab.records.run_records import Runs, Summary


@dataclass(frozen=True)
class Comparison:
    """Where a run ended, beside where its reference ended.

    A handful of seeds does not allow more than this: it says whether a difference is larger
    than the spread, not how sure it is.

    Attributes:
        run: one value a seed.
        reference: likewise, of what it is held against.
        unit: of the values, in words.
    """

    run: Summary
    reference: Summary
    unit: str = "points"

    @property
    def difference(self) -> float:
        """Mean of the run less mean of the reference."""
        return self.run.mean - self.reference.mean

    @property
    def spread(self) -> float:
        """The larger of the two standard deviations over seeds; nan where one has one seed."""
        both = (self.run.deviation, self.reference.deviation)
        return max(both) if all(value == value for value in both) else float("nan")

    @property
    def apart(self) -> bool:
        """Whether every value of the one lies on the same side of every value of the other."""
        run, reference = self.run.values, self.reference.values
        return min(run) > max(reference) or max(run) < min(reference)

    @property
    def by_chance(self) -> float:
        """How often as many values of equal runs, in random order, would lie apart."""
        runs, references = len(self.run.values), len(self.reference.values)
        return 2 / comb(runs + references, runs)

    @property
    def verdict(self) -> str:
        """What can be said: "higher", "lower" or "too close to tell apart".

        Higher or lower needs two seeds each, no overlap between them, and a difference of the
        means above the spread.
        """
        settled = self.apart and abs(self.difference) > self.spread
        if not settled:
            return "too close to tell apart"
        return "higher" if self.difference > 0 else "lower"

    def __str__(self) -> str:
        """The difference, and the spread or the overlap where they leave it open."""
        text = f"{self.difference:+.2f} {self.unit}".replace("-", "−")
        if self.verdict != "too close to tell apart":
            return f"{text}: {self.verdict}, with every seed"
        if self.spread != self.spread:
            return f"{text}: {self.verdict}, as one seed shows no spread"
        if abs(self.difference) <= self.spread:
            return f"{text}: {self.verdict}, the spread over seeds is {self.spread:.2f}"
        return f"{text}: {self.verdict}, as single seeds overlap"


def compare(
    runs: Runs, reference: str, quantity: str = "test_error", others: Sequence[str] = ()
) -> dict[str, Comparison]:
    """Hold the runs of an experiment against one of them.

    Args:
        runs: the records.
        reference: name of the run to compare with.
        quantity: of the curve, at the end.
        others: names of the runs to compare; all that have records where it is empty.

    Returns:
        Name of each run -> its comparison. Runs of which no seed finished are left out.

    Raises:
        ValueError: a name or the quantity is unknown, or no seed of the reference finished.
    """
    held_against = runs.final(reference, quantity)
    unit = "points" if quantity.endswith("error") else "nats"
    return {
        run: Comparison(runs.final(run, quantity), held_against, unit)
        for run in others or runs.records
        if run != reference and any(record.finished for record in runs.records[run])
    }
