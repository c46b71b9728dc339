"""What the training lab says about its runs, and the race that shows them."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from resnet_lab.experiments.catalogue import RUNS
from resnet_lab.training import RunRecord
from resnet_lab.training.record import FINISHED, RUNNING
from resnet_lab.widgets.labs.lab_runs import data_words
from resnet_lab.widgets.race.data import EMPTY, RaceData, race_data, thinned
from resnet_lab.widgets.race.race import race_html
from resnet_lab.widgets.race.view import whole

WHERE = "To see them, open the chapter on the site of the book."
NETWORKS = {"plain": "plain-{}", "resnet": "ResNet-{}", "resnetv2_": "ResNet-{} v2"}
PARTS = {"train_error": "training error", "test_error": "test error"}

Numbered = tuple[int, RunRecord]
"""A run, and which of those with its settings it is."""


def run_words(record: RunRecord) -> str:
    """How the lab calls a run: its network, learning rate and seed."""
    run = record.name.partition("/")[2].rpartition("-seed")[0]
    title = RUNS[run].title if run in RUNS else _network_words(record)
    return f"{title}, learning rate {record.recipe.lr:g}, seed {record.seed}"


def _network_words(record: RunRecord) -> str:
    found = re.fullmatch(r"(plain|resnetv2_|resnet)(\d+)", record.model)
    title = NETWORKS[found[1]].format(found[2]) if found else record.model
    option = record.changes.get("shortcut")
    return f"{title}, option {option}" if option else title


def progress_words(record: RunRecord) -> str:
    """A run, how far it is or how it ended, and its errors."""
    return f"{run_words(record)}: {_ended_words(record)}; {_error_words(record)}."


def _ended_words(record: RunRecord) -> str:
    if record.ended == RUNNING:
        return f"step {record.steps:,} of {record.recipe.iterations:,}"
    if record.finished:
        return f"finished: {record.steps:,} steps in {record.seconds:.3g} s"
    return record.ended


def _error_words(record: RunRecord) -> str:
    if not len(record.curve):
        return "no point of the curve yet"
    return ", ".join(f"{words} {record.final(part):.1f} %" for part, words in PARTS.items())


def number_of(record: RunRecord, runs: Collection[Numbered]) -> int:
    """The number of a new run: one more than that of the last of ``runs`` with these settings."""
    alike = [number for number, run in runs if run_words(run) == run_words(record)]
    return max(alike, default=0) + 1


def numbered(records: Sequence[RunRecord]) -> list[Numbered]:
    """Runs with their numbers, the first of its settings being 1."""
    runs: list[Numbered] = []
    for record in records:
        runs.append((number_of(record, runs), record))
    return runs


def race_of(runs: Sequence[Numbered], title: str) -> RaceData:
    """The curves of runs, each a net of its own; the axis leaves room for those that go on."""
    records = [record for _, record in runs]
    if not any(len(record.curve) for record in records):
        return EMPTY
    nets = {f"{run_words(run)} ({n})" if n > 1 else run_words(run): _curves(run) for n, run in runs}
    trained = dict.fromkeys(data_words(record)[0] for record in records)
    race = race_data(nets, title, " and ".join(trained))
    running = [record.recipe.iterations for record in records if record.ended == RUNNING]
    return {**race, "until": max(running)} if running else race


def page_race(records: Sequence[RunRecord], title: str) -> str:
    """The race of :func:`race_of` on a page; nothing where there is no point to draw."""
    race = thinned(race_of(numbered(records), title))
    return race_html(race, whole(race), WHERE) if race["nets"] else ""


def _curves(record: RunRecord) -> list[dict[str, Any]]:
    ended = FINISHED if record.ended == RUNNING else record.ended
    return [{"curve": record.curve, "seed": record.seed, "ended": ended}]
