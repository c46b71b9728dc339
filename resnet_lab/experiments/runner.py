"""Carries out an experiment: run by run, seed by seed, each kept as a record."""

from collections.abc import Generator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from resnet_lab.checks import check_choice, check_integer
from resnet_lab.data import ImageSet, load_data
from resnet_lab.experiments.catalogue import RUNS
from resnet_lab.experiments.claims import check_claims
from resnet_lab.experiments.entries import Run, Setting
from resnet_lab.experiments.side_by_side import STREAMS, side_by_side
from resnet_lab.experiments.studies import STUDIES, Studies, check_studied, study_path
from resnet_lab.models import ResNetSpec, spec
from resnet_lab.training.code import code_digest
from resnet_lab.training.execution import Execution
from resnet_lab.training.record import RunRecord, read_record
from resnet_lab.training.trainer import Trainer


def record_name(setting: Setting, run: Run, seed: int) -> str:
    """What the record of a run is called; with ``.json`` after it, its path in a folder."""
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
    *,
    progress: bool = True,
    keep_weights: bool = False,
    checkpoint_every: int | None = None,
    at_a_time: int = 1,
    studies: Sequence[str] = (),
) -> Generator[RunRecord, None, None]:
    """Train every run with every seed, and keep each record in the folder.

    A run whose record is there is not trained again; one that was interrupted goes on from its
    checkpoint. Runs that fail are kept as well: their records say how they ended.

    Args:
        setting: data and recipe.
        runs: names of :data:`~resnet_lab.experiments.catalogue.RUNS`, each once.
        seeds: one training run each; no two the same.
        folder: ``<setting>/<run>-seed<n>.json`` go here; checkpoints in between, under ``work``.
        execution: device and shortcuts.
        progress: show a bar for each run.
        keep_weights: keep the last weights under ``work``.
        checkpoint_every: steps between two checkpoints; None writes one at each point.
        at_a_time: how many are trained at once; see
            :func:`~resnet_lab.experiments.side_by_side.side_by_side`.
        studies: names of :data:`~resnet_lab.experiments.studies.STUDIES`; what they find goes to
            ``<setting>/<study>/<run>-seed<n>.json``.

    Yields:
        The records: first those that are there, then the others as they are done.

    Raises:
        TypeError, ValueError: when the first record is asked for: ``at_a_time`` is impossible, or
            more than one where ``compile`` is set; a run or a study is unknown; a run or a seed
            comes twice; or a record that is there was made by other code or without a study.
        RecordError: likewise; one that is there is that of another run.
    """
    execution = execution or Execution()
    check_integer("at_a_time", at_a_time, 1, STREAMS)
    if at_a_time > 1 and execution.compile is not None:
        raise ValueError(f"at_a_time must be 1 where compile is set, got {at_a_time}")
    for name in runs:
        check_choice("each of runs", name, RUNS)
    for study in studies:
        check_choice("each of studies", study, STUDIES)
    _refuse_repeats("runs", runs)
    _refuse_repeats("seeds", seeds)
    left: list[tuple[Run, int]] = []
    for run, seed in ((RUNS[name], seed) for seed in seeds for name in runs):
        path = folder / f"{record_name(setting, run, seed)}.json"
        if path.exists():
            yield _kept(path, setting, run, seed, studies)
        else:
            left.append((run, seed))
    if not left:
        return
    data = load_data(setting.data, progress=progress)

    def make_trainer(run: Run, seed: int) -> Trainer:
        name = record_name(setting, run, seed)
        studied = Studies(studies, folder / f"{name}.json")
        trainer = Trainer(
            network_of(run, data), data, run.recipe_in(setting), seed, execution,
            surgery=run.surgery, folder=_work_folder(folder, name), name=name,
            checkpoint_every=checkpoint_every, progress=progress, on_point=studied.see,
        )  # fmt: skip
        studied.begin(trainer)
        return trainer

    makers = [partial(make_trainer, run, seed) for run, seed in left]
    # Closed at once whatever ends the loop, so that the other runs stop and write checkpoints.
    with closing(side_by_side(makers, at_a_time, execution)) as records:
        for record in records:
            record.machine["at_a_time"] = min(at_a_time, len(left))
            if record.finished or record.diverged:
                record.save(folder / f"{record.name}.json")
                for file in _work_folder(folder, record.name).iterdir():
                    if not (keep_weights and file.name == "weights.pt"):
                        file.unlink()
            yield record


def _refuse_repeats(name: str, values: Sequence[object]) -> None:
    """Each run is trained once: two of one name would share a record and a folder."""
    for place, value in enumerate(values):
        if value in values[:place]:
            raise ValueError(f"{name} must differ from each other, got {value!r} twice")


def _kept(
    path: Path, setting: Setting, run: Run, seed: int, studies: Sequence[str]
) -> RunRecord:
    """A record that is there, if it is that of the run, by this code and with these studies."""
    record = read_record(path)
    if record.code != code_digest():
        raise ValueError(f"{path} must be moved away to be made anew: other code made it")
    check_claims(record, setting, run, seed, path)
    for study in studies:
        check_studied(record, study_path(path, study))
    return record


def _work_folder(folder: Path, name: str) -> Path:
    """Where a run keeps its checkpoints."""
    setting, _, run = name.partition("/")
    return folder / setting / "work" / run
