"""Does this code compute what the records say? The first steps of each are taken again.

``python -m resnet_lab.records.replay`` trains the first steps of every packaged record whose
images are at hand, compares the losses, and, if all agree, writes the digest of this code
into ``codes.json`` beside those of the code that made the records.

Another machine rounds sums differently, and deep networks drift apart within a few steps. There
``--against COMMIT`` compares with the code of a commit instead, see ``against.py``.
"""

import argparse
import math
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import torch
from tqdm import tqdm

from resnet_lab.data import ImageSet, load_data
from resnet_lab.experiments.catalogue import RUNS
from resnet_lab.experiments.runner import network_of
from resnet_lab.records.against import replay_against
from resnet_lab.records.run_records import FOLDER, write_codes
from resnet_lab.training.code import code_digest
from resnet_lab.training.execution import Execution
from resnet_lab.training.record import RunRecord, read_record
from resnet_lab.training.trainer import Trainer

TOLERANCES = (1e-4, 1e-3, 1e-2, 3e-2, 1e-1)
"""Relative, for each step. The same machine repeats every loss; another one rounds its sums
differently, and in the first steps of a deep network a difference grows tenfold a step."""


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
        record.seed, Execution("cpu"), surgery=run.surgery, progress=False,
    )  # fmt: skip
    threads = torch.get_num_threads()
    torch.set_num_threads(record.machine["threads"])
    try:
        for _ in range(steps):
            trainer.advance()
        return trainer.first_losses
    finally:
        torch.set_num_threads(threads)


def agree(recorded: Iterable[float], replayed: Iterable[float]) -> bool:
    """Whether two lists of losses are the same within :data:`TOLERANCES`."""
    recorded, replayed = list(recorded), list(replayed)
    return len(recorded) == len(replayed) and all(
        math.isclose(before, now, rel_tol=tolerance) or (math.isnan(before) and math.isnan(now))
        for before, now, tolerance in zip(recorded, replayed, TOLERANCES, strict=False)
    )


def replay(folder: Path = FOLDER) -> int:
    """Replay every record; returns 0 if this code stands by all of them.

    One whose images are not at hand is passed over, as long as others of its code were replayed.
    """
    load = cache(load_data)
    codes, unseen = set[str](), set[str]()
    skipped, wrong = list[str](), list[str]()
    for path in tqdm(sorted(folder.glob("*/*.json")), desc="replaying", unit="record"):
        record = read_record(path)
        try:
            data = load(record.data["name"], progress=False)
        except (OSError, ValueError) as error:
            skipped.append(f"{record.name}: {error}")
            unseen.add(record.code)
            continue
        codes.add(record.code)
        replayed = replayed_losses(record, data)
        if not agree(record.first_losses, replayed):
            wrong.append(f"{record.name}: {record.first_losses} recorded, {replayed} replayed")
    for line in (*(f"not replayed, {line}" for line in skipped), *wrong):
        print(line, file=sys.stderr)
    if wrong or not unseen <= codes:
        why = "records differ" if wrong else "of some code no record could be replayed"
        print(f"nothing was written: {why}", file=sys.stderr)
        return 1
    write_codes(codes)
    print(f"{code_digest()} agrees with the code of all records but {len(skipped)} not replayed")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--against", metavar="COMMIT", help="compare with the code of a commit on this machine"
    )
    against = parser.parse_args(arguments).against
    try:
        return replay() if against is None else replay_against(against)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
