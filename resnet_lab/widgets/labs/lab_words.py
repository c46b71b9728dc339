"""What the training lab says about its runs, and the race that shows them."""

import re
from collections.abc import Sequence
from typing import Any

from resnet_lab.experiments.catalogue import RUNS, SETTINGS
from resnet_lab.training import RunRecord
from resnet_lab.widgets.race.data import EMPTY, FINISHED, RaceData, race_data, thinned
from resnet_lab.widgets.race.race import race_html
from resnet_lab.widgets.race.view import whole

RUNNING = "running"
NETWORKS = {"plain": "plain-{}", "resnet": "ResNet-{}", "resnetv2_": "ResNet-{} v2"}
PARTS = {"train_error": "training error", "test_error": "test error"}


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


def race_of(records: Sequence[RunRecord], title: str) -> RaceData:
    """The curves of runs, each a net of its own; the axis leaves room for those that go on."""
    if not any(len(record.curve) for record in records):
        return EMPTY
    nets = dict(zip(_labels(records), map(_curves, records), strict=True))
    race = race_data(nets, title, " and ".join(dict.fromkeys(map(_data_words, records))))
    running = [record.recipe.iterations for record in records if record.ended == RUNNING]
    return {**race, "until": max(running)} if running else race


def page_race(records: Sequence[RunRecord], title: str) -> str:
    """The race of :func:`race_of` on a page; nothing where there is no point to draw."""
    race = thinned(race_of(records, title))
    return race_html(race, whole(race)) if race["nets"] else ""


def _data_words(record: RunRecord) -> str:
    setting = SETTINGS.get(record.name.partition("/")[0])
    title: str = record.data["title"]
    return f"{title} at reduced size" if setting and setting.reduced else title


def _labels(records: Sequence[RunRecord]) -> list[str]:
    """How runs are called; one that was run before is numbered."""
    names = [run_words(record) for record in records]
    earlier = [names[:place].count(name) for place, name in enumerate(names)]
    return [f"{name} ({n + 1})" if n else name for name, n in zip(names, earlier, strict=True)]


def _curves(record: RunRecord) -> list[dict[str, Any]]:
    ended = FINISHED if record.ended == RUNNING else record.ended
    return [{"curve": record.curve, "seed": record.seed, "ended": ended}]
