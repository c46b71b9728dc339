"""Records of training runs: found, checked against what their names claim, compared."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import mean, median, stdev

from resnet_lab.checks import check_choice
from resnet_lab.experiments.catalogue import RUNS, SETTINGS, experiment, setting_of
from resnet_lab.experiments.claims import check_claims
from resnet_lab.experiments.entries import Experiment, Setting
from resnet_lab.tables import markdown_table
from resnet_lab.training.code import code_digest
from resnet_lab.training.record import RecordError, RunRecord, read_record

FOLDER = Path(__file__).with_name("runs")
CODES = Path(__file__).with_name("codes.json")
SIZES = ("full", "full-jpeg", "small")
"""Sizes of an experiment, the one nearest to the papers first."""


@dataclass(frozen=True)
class Summary:
    """One quantity at the end of the finished runs of a network.

    Attributes:
        values: one a seed, in the order of the seeds.
        failed: seeds whose run did not finish.
    """

    values: tuple[float, ...]
    failed: tuple[int, ...] = ()

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return mean(self.values)

    @property
    def median(self) -> float:
        """Median over the seeds."""
        return median(self.values)

    @property
    def best(self) -> float:
        """The smallest value."""
        return min(self.values)

    @property
    def deviation(self) -> float:
        """Standard deviation over the seeds, with n - 1; nan of a single one."""
        return stdev(self.values) if len(self.values) > 1 else float("nan")

    def __str__(self) -> str:
        """Mean and deviation, two digits."""
        spread = f" ± {self.deviation:.2f}" if len(self.values) > 1 else ""
        return f"{self.mean:.2f}{spread}"


@dataclass(frozen=True)
class Runs:
    """The records of an experiment at one size.

    Attributes:
        experiment: the question.
        size: ``"small"``, ``"full"`` or ``"full-jpeg"``.
        setting: data and recipe.
        records: name of the run -> one record a seed.
    """

    experiment: Experiment
    size: str
    setting: Setting
    records: dict[str, tuple[RunRecord, ...]]

    @property
    def data(self) -> str:
        """What it was trained on, as a figure has to say it."""
        title: str = next(iter(self.records.values()))[0].data["title"]
        return f"{title}, small size" if self.size == "small" else title

    @property
    def reduced(self) -> str:
        """What is smaller than in the papers, in words; empty where nothing is."""
        return self.setting.reduced

    def title(self, run: str) -> str:
        """How a figure calls a run."""
        return RUNS[self._known(run)].title

    def seeds(self, run: str) -> tuple[int, ...]:
        """Seeds of a run."""
        return tuple(record.seed for record in self.records[self._known(run)])

    def curves(self, run: str, quantity: str) -> list[tuple[list[float], list[float]]]:
        """Passes over the training images, and values: a pair for each seed."""
        self._known(run)
        return [
            (record.curve.epoch, record.curve.lists()[quantity]) for record in self.records[run]
        ]

    def final(self, run: str, quantity: str = "test_error") -> Summary:
        """A quantity at the end of a run: the last weights, not the best ones.

        Raises:
            ValueError: there are no records of the run, or none of them finished.
        """
        records = self.records[self._known(run)]
        failed = tuple(record.seed for record in records if not record.finished)
        values = tuple(record.final(quantity) for record in records if record.finished)
        if not values:
            raise ValueError(f"run must be one that finished, got {run!r}: {records[0].ended}")
        return Summary(values, failed)

    def table(self, quantity: str = "test_error", runs: Sequence[str] = ()) -> str:
        """A Markdown table: for each run the mean, median, best and worst over its seeds."""
        heads = ("network", "seeds", "mean ± deviation", "median", "best", "worst", "failed")
        lines = list[tuple[str, ...]]()
        for run in runs or self.records:
            if not any(record.finished for record in self.records[self._known(run)]):
                failed = str(len(self.records[run]))
                lines.append((self.title(run), "0", "–", "–", "–", "–", failed))
                continue
            found = self.final(run, quantity)
            lines.append((
                self.title(run), str(len(found.values)), str(found), f"{found.median:.2f}",
                f"{found.best:.2f}", f"{max(found.values):.2f}", str(len(found.failed)),
            ))  # fmt: skip
        return markdown_table(heads, lines, right=range(1, len(heads)))

    def _known(self, run: str) -> str:
        check_choice("run", run, self.records)
        return run


def runs(name: str, size: str | None = None, folder: Path = FOLDER) -> Runs:
    """The records of an experiment, checked.

    Args:
        name: of the experiment.
        size: ``"small"``, ``"full"`` or ``"full-jpeg"``; None takes the one nearest to the
            papers of which every run has a record.
        folder: where the records are.

    Raises:
        ValueError: the experiment or the size is unknown.
        LookupError: there are no records at this size.
        RecordError: a record is not what its name claims.
    """
    wanted = experiment(name)
    for candidate in SIZES if size is None else (size,):
        setting = setting_of(name, candidate)
        records = {run: _records(setting.name, run, folder) for run in wanted.runs}
        if size is None and not all(records.values()):
            continue
        found = {run: entries for run, entries in records.items() if entries}
        if found:
            return Runs(wanted, candidate, setting, found)
    raise LookupError(
        f"no records of {name!r} at size {size or 'small'}; make them with "
        f"python -m resnet_lab experiment {name} --size {size or 'small'}"
    )


@cache
def _records(setting: str, run: str, folder: Path) -> tuple[RunRecord, ...]:
    paths = sorted((folder / setting).glob(f"{run}-seed*.json"))
    return tuple(sorted((checked_record(path) for path in paths), key=lambda one: one.seed))


def checked_record(path: Path) -> RunRecord:
    """Read a record and hold it against what its path claims.

    Args:
        path: ``<setting>/<run>-seed<n>.json``.

    Raises:
        RecordError: setting or run is unknown, or the record is of another one, was made by
            other code, or ends early without saying so; the message says what differs.
    """
    record = read_record(path)
    setting_name, (run_name, _, seed) = path.parent.name, path.stem.rpartition("-seed")
    for kind, name, known in (("setting", setting_name, SETTINGS), ("run", run_name, RUNS)):
        if name not in known:
            raise RecordError(f"{path}: no {kind} is called {name!r}")
    if not seed.isdecimal():
        raise RecordError(f"{path}: the seed in its name must be a number, got {seed!r}")
    check_claims(record, SETTINGS[setting_name], RUNS[run_name], int(seed), path)
    if record.code not in accepted_codes():
        raise RecordError(
            f"{path}: other code made it ({record.code}, this is {code_digest()}); "
            "python -m resnet_lab.records.replay tells whether they agree"
        )
    if record.commit.endswith("+"):
        raise RecordError(f"{path}: the code was changed since its commit {record.commit}")
    if record.commit == "unknown":
        raise RecordError(f"{path}: the commit of the code that made it must be known")
    return record


@cache
def accepted_codes() -> frozenset[str]:
    """Digests of the code whose records this code stands by: its own, and those it replayed."""
    replayed = json.loads(CODES.read_text(encoding="utf-8")) if CODES.exists() else {}
    return frozenset({code_digest(), *replayed.get(code_digest(), ())})


def write_codes(codes: Iterable[str]) -> None:
    """Note that this code stands by the records of some codes; what was noted before goes."""
    others = sorted({*codes} - {code_digest()})
    CODES.write_text(json.dumps({code_digest(): others}, indent=1) + "\n", encoding="utf-8")
