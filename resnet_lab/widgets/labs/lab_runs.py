"""What the training lab trains, and the recorded runs that a page shows in its place."""

import difflib
import math
from collections.abc import Sequence
from html import escape

from resnet_lab.data import ImageSet
from resnet_lab.experiments.catalogue import SETTINGS
from resnet_lab.models import ResNetSpec, spec
from resnet_lab.records.run_records import FOLDER, checked_record
from resnet_lab.training import Recipe, RunRecord, recipe

KINDS = {
    "plain": "plain, no shortcuts",
    "A": "residual, option A: zeros for new channels",
    "B": "residual, option B: projections where the shape changes",
    "C": "residual, option C: projections everywhere",
    "v2": "residual v2: pre-activation",
}
"""The networks to choose from: what the shortcuts are."""

FEWEST_POINTS = 10
LIVE = "in a notebook with a kernel and widgets, a panel in this place trains live"

Recorded = RunRecord | str | Sequence[RunRecord | str] | None


def lab_network(depth: int, kind: str, data: ImageSet) -> ResNetSpec:
    """The network for some images: a depth of the catalogue and one of :data:`KINDS`."""
    prefix = {"plain": "plain", "v2": "resnetv2_"}.get(kind, "resnet")
    changes = {"shortcut": kind} if prefix == "resnet" else {}
    return spec(
        f"{prefix}{depth}", in_channels=data.shape[0], num_classes=len(data.classes), **changes
    )


def lab_recipe(lr: float, steps: int, data: ImageSet) -> Recipe:
    """The recipe "short" with another learning rate and length.

    The rate is divided after half and after three quarters of the steps. A point of the curve
    stands for one pass over the images, or for a tenth of a run that has not ten passes.
    """
    short = recipe("short")
    each_pass = math.ceil(data.train_size / short.batch)
    few = steps < FEWEST_POINTS * each_pass
    return short.changed(
        lr=lr,
        iterations=steps,
        drops=(steps // 2, round(0.75 * steps)),
        evaluate_every=max(1, steps // FEWEST_POINTS) if few else None,
    )


def recorded_runs(recorded: Recorded, most: int) -> list[RunRecord]:
    """The records to show: given as such, or by the names of packaged ones.

    Raises:
        TypeError: one is neither a record nor a name.
        ValueError: no record has a name, or there are more than ``most``.
        RecordError: a packaged record is not what its name claims.
    """
    if recorded is None:
        return []
    entries = [recorded] if isinstance(recorded, RunRecord | str) else recorded
    if not isinstance(entries, Sequence) or not all(
        isinstance(entry, RunRecord | str) for entry in entries
    ):
        raise TypeError(f"recorded must be a RunRecord, a name or a list of them, got {recorded!r}")
    if len(entries) > most:
        raise ValueError(f"recorded must hold at most {most} runs, got {len(entries)}")
    return [entry if isinstance(entry, RunRecord) else _packaged(entry) for entry in entries]


def _packaged(name: str) -> RunRecord:
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        known = [f"{entry.parent.name}/{entry.stem}" for entry in sorted(FOLDER.glob("*/*.json"))]
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.3) or known[:3] or ["none"]
        raise ValueError(
            f"recorded must name one of the {len(known)} packaged records, got {name!r}; "
            f"near it: {', '.join(near)}"
        )
    return checked_record(path)


def recorded_words(records: Sequence[RunRecord]) -> str:
    """The sentence above recorded runs, as HTML: what they are, and what a kernel adds."""
    if not records:
        return f"{LIVE[0].upper()}{LIVE[1:]}."
    runs = "This is a recorded run" if len(records) == 1 else "These are recorded runs"
    trained = list(dict.fromkeys("".join(data_words(record)) for record in records))
    return escape(f"{runs} on {'; and on '.join(trained)}; {LIVE}.")


def data_words(record: RunRecord) -> tuple[str, str]:
    """What a run was trained on, and how much that was where it needs to be said."""
    setting, title = SETTINGS.get(record.name.partition("/")[0]), str(record.data["title"])
    if setting is None:
        sizes = f"{record.data['train']:,} images, {record.recipe.iterations:,} steps"
        return title, f" ({sizes} of {record.recipe.batch})"
    return (f"{title} at reduced size", f" ({setting.reduced})") if setting.reduced else (title, "")
