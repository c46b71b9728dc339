"""Carries out an experiment: run by run, seed by seed, each kept as a record."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from resnet_lab.models import ResNetSpec, spec
from resnet_lab.training.claims import check_claims
from resnet_lab.training.code import code_digest
from resnet_lab.training.data import ImageSet, load_data
from resnet_lab.training.execution import Execution
from resnet_lab.training.experiments import RUNS, Run, Setting
from resnet_lab.training.record import RunRecord, read_record
from resnet_lab.training.trainer import Trainer


def record_name(setting: Setting, run: Run, seed: int) -> str:
    """What the record of a run is called; with ``.json`` behind it, its path in a folder."""
    return f"{setting.name}/{run.name}-seed{seed}"


def network_of(run: Run, data: ImageSet) -> ResNetSpec:
    """The network of a run, with as many channels and classes as the images have."""
    return spec(
        run.model, in_channels=data.shape[0], num_classes=len(data.classes), **run.changes
    )


def train_runs(
    setting: Setting,
    runs: Sequence[str],
    seeds: Sequence[int],
    folder: Path,
    execution: Execution | None = None,
    progress: bool = True,
    keep_weights: bool = False,
    checkpoint_every: int | None = None,
) -> Iterator[RunRecord]:
    """Train every run with every seed, in turn, and keep each record in the folder.

    A run whose record is there is not trained again; one that was interrupted goes on from its
    checkpoint. Runs that fail are kept as well: their records say how they ended.

    Args:
        setting: data and recipe.
        runs: names of :data:`~resnet_lab.training.experiments.RUNS`.
        seeds: one training run each.
        folder: ``<setting>/<run>-seed<n>.json`` go here; checkpoints in between, under ``work``.
        execution: device and shortcuts.
        progress: show a bar for each run.
        keep_weights: keep the last weights under ``work``.
        checkpoint_every: steps between two checkpoints; None writes one at each point.

    Raises:
        ValueError: a record that is there was made by other code.
        RecordError: it is that of another run.
    """
    data: ImageSet | None = None
    for seed in seeds:
        for run in (RUNS[name] for name in runs):
            name = record_name(setting, run, seed)
            path = folder / f"{name}.json"
            if path.exists():
                record = read_record(path)
                if record.code != code_digest():
                    raise ValueError(
                        f"{path} must be moved away to be made anew: other code made it"
                    )
                check_claims(record, setting, run, seed, path)
                yield record
                continue
            data = data or load_data(setting.data, progress=progress)
            yield train_run(
                setting, run, seed, data, path, execution, progress, keep_weights,
                checkpoint_every,
            )  # fmt: skip


def train_run(
    setting: Setting,
    run: Run,
    seed: int,
    data: ImageSet,
    path: Path,
    execution: Execution | None,
    progress: bool,
    keep_weights: bool,
    checkpoint_every: int | None,
) -> RunRecord:
    """Train one run with one seed, or go on with it, and write its record."""
    work = path.parent / "work" / path.stem
    trainer = Trainer(
        network_of(run, data), data, run.recipe_in(setting), seed, execution, run.surgery, work,
        record_name(setting, run, seed), checkpoint_every, progress=progress,
    )  # fmt: skip
    record = trainer.run(resume=True)
    if record.finished or record.diverged:
        record.save(path)
        for file in work.iterdir():
            if not (keep_weights and file.name == "weights.pt"):
                file.unlink()
    return record
