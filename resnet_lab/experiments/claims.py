"""What the name of a record claims, held against what the record says."""

from dataclasses import asdict
from pathlib import Path

from resnet_lab.experiments.entries import Run, Setting
from resnet_lab.models import spec
from resnet_lab.training.record import RecordError, RunRecord


def check_claims(record: RunRecord, setting: Setting, run: Run, seed: int, path: Path) -> None:
    """Refuse the record of another run, of other images, or of a run that was cut short.

    Args:
        record: what was read.
        setting: where its path puts it.
        run: likewise.
        seed: likewise.
        path: of the record.

    Raises:
        RecordError: the record is of another run; the message says what differs.
    """
    claims = {
        "name": f"{setting.name}/{path.stem}",  # one name, one file: no seed counts twice
        "model": run.model,
        "surgery": list(run.surgery),
        "drawn": "from the seed",
        "recipe": run.recipe_in(setting),
        "seed": seed,
        "processes": 1,
    }
    for name, claim in claims.items():
        if (found := getattr(record, name)) != claim:
            raise RecordError(f"{path}: {name} must be {claim!r}, got {found!r}")
    plain = asdict(spec(run.model))
    differing = {
        name: value for name, value in record.changes.items()
        if name not in ("in_channels", "num_classes") and value != plain[name]
    }  # fmt: skip
    if differing != run.changes:
        raise RecordError(f"{path}: changes must be {run.changes!r}, got {differing!r}")
    if record.data["name"] != setting.data:
        raise RecordError(f"{path}: data must be {setting.data!r}, got {record.data['name']!r}")
    if setting.checksum and record.data["checksum"] != setting.checksum:
        raise RecordError(f"{path}: the images are not those of {setting.data!r} (checksum)")
    if record.finished and record.steps != record.recipe.iterations:
        raise RecordError(
            f"{path}: a finished run has {record.recipe.iterations} steps, got {record.steps}"
        )
