"""Does this code compute what the records say? The first steps of each are taken again.

``python -m resnet_lab.records.replay`` trains the first steps of every packaged record whose
images are at hand, compares the losses, and, if all agree, writes the digest of this code
into ``codes.json`` beside those of the code that made the records.
"""

import json
import math
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from tqdm import tqdm

from resnet_lab.records.run_records import CODES, FOLDER
from resnet_lab.training.code import code_digest
from resnet_lab.training.data import ImageSet, load_data
from resnet_lab.training.execution import Execution
from resnet_lab.training.experiments import RUNS
from resnet_lab.training.record import RunRecord, read_record
from resnet_lab.training.runner import network_of
from resnet_lab.training.trainer import Trainer

TOLERANCE = 1e-3
"""Relative. The same machine repeats each loss; on another one sums are rounded differently."""


def replayed_losses(record: RunRecord, data: ImageSet) -> list[float]:
    """The losses of the first steps, computed anew on the CPU.

    Args:
        record: whose run is begun again.
        data: its images.

    Raises:
        ValueError: these are other images than those of the record.
    """
    if data.checksum != record.data["checksum"]:
        raise ValueError(f"data must be the images of {record.name}, got {data!r}")
    run = RUNS[record.name.partition("/")[2].rpartition("-seed")[0]]
    steps = max(1, len(record.first_losses))
    trainer = Trainer(
        network_of(run, data), data, record.recipe.changed(iterations=steps, drops=()),
        record.seed, Execution("cpu"), run.surgery, progress=False,
    )  # fmt: skip
    return trainer.run().first_losses


def agree(recorded: Iterable[float], replayed: Iterable[float]) -> bool:
    """Whether two lists of losses are the same within :data:`TOLERANCE`."""
    return all(
        math.isclose(before, now, rel_tol=TOLERANCE) or (math.isnan(before) and math.isnan(now))
        for before, now in zip(recorded, replayed, strict=True)
    )


def main(folder: Path = FOLDER) -> int:
    """Replay every record; returns 0 if those that could be replayed agree."""
    load = cache(load_data)
    codes, skipped, wrong = set(), [], []
    for path in tqdm(sorted(folder.glob("*/*.json")), desc="replaying", unit="record"):
        record = read_record(path)
        codes.add(record.code)
        try:
            data = load(record.data["name"], progress=False)
        except (OSError, ValueError) as error:
            skipped.append(f"{record.name}: {error}")
            continue
        replayed = replayed_losses(record, data)
        if not agree(record.first_losses, replayed):
            wrong.append(f"{record.name}: {record.first_losses} recorded, {replayed} replayed")
    for line in (*(f"not replayed, {line}" for line in skipped), *wrong):
        print(line, file=sys.stderr)
    if wrong:
        return 1
    before = sorted(codes - {code_digest()})
    CODES.write_text(json.dumps({code_digest(): before}, indent=1) + "\n", encoding="utf-8")
    print(f"{code_digest()} agrees with the code of all records but {len(skipped)} not replayed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
