"""Does this code compute what the records say? The first steps of each are taken again.

``python -m resnet_lab.records.replay`` trains the first steps of every packaged record whose
images are at hand, compares the losses, and, if all agree, writes the digest of this code
into ``codes.json`` beside those of the code that made the records.

Another machine rounds sums differently, and deep networks drift apart within a few steps. There
``--against COMMIT`` compares with the code of a commit that stands by the records instead: each
takes the first steps on this machine, and every loss must be the same to the last bit.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

import torch
from tqdm import tqdm

from resnet_lab.data import ImageSet, load_data
from resnet_lab.experiments.catalogue import RUNS
from resnet_lab.experiments.runner import network_of
from resnet_lab.records.run_records import CODES, FOLDER
from resnet_lab.training.code import PACKAGE, code_digest
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
    _write_codes(codes)
    print(f"{code_digest()} agrees with the code of all records but {len(skipped)} not replayed")
    return 0


# Run in the folder of one code or the other: names that both have.
LOSSES = """
import json, sys
from functools import cache
from pathlib import Path
from resnet_lab.records import replay
load = cache(replay.load_data)
for path in sorted(Path(sys.argv[1]).glob("*/*.json")):
    record = replay.read_record(path)
    losses = replay.replayed_losses(record, load(record.data["name"], progress=False))
    print(json.dumps([replay.code_digest(), record.name, losses]), flush=True)
"""


def replay_against(commit: str, folder: Path = FOLDER) -> int:
    """Compare with the code of a commit on this machine; returns 0 if no loss differs.

    Raises:
        ValueError: the repository has no such commit, its code does not stand by the records,
            or images are not at hand.
    """
    with tempfile.TemporaryDirectory() as there:
        _unpack(commit, Path(there))
        known, before = _losses(Path(there), folder)
    _, now = _losses(PACKAGE.parent, folder)
    if known not in (kept := json.loads(CODES.read_text(encoding="utf-8"))):
        raise ValueError(f"commit must be one whose code {list(kept)} is, got {commit} ({known})")
    differing = [name for name, losses in before.items() if losses != now[name]]
    for name in differing:
        print(f"{name}: {before[name]} at {commit}, {now[name]} now", file=sys.stderr)
    if differing:
        print("nothing was written: losses differ", file=sys.stderr)
        return 1
    _write_codes(kept[known])
    print(f"{code_digest()} takes the steps of {known} in all {len(now)} records, bit for bit")
    return 0


def _unpack(commit: str, folder: Path) -> None:
    """Put the package of a commit into a folder."""
    packed = subprocess.run(
        ["git", "-C", str(PACKAGE.parent), "archive", commit, "resnet_lab"],
        capture_output=True, check=False,
    )  # fmt: skip
    if packed.returncode:
        reason = packed.stderr.decode().strip()
        raise ValueError(f"commit must be one of this repository, got {commit!r} ({reason})")
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")


def _losses(root: Path, folder: Path) -> tuple[str, dict[str, list[float]]]:
    """The digest of the code in ``root``, and the first losses of each record with it."""
    command = [sys.executable, "-c", LOSSES, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    losses, digest = dict[str, list[float]](), ""
    total = len(list(folder.glob("*/*.json")))
    with (
        subprocess.Popen(
            command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True
        ) as process,
        tqdm(desc=f"replaying in {root.name}", total=total, unit="record") as bar,
    ):
        for line in process.stdout or ():
            digest, name, losses[name] = json.loads(line)
            bar.update()
    if process.returncode:
        raise ValueError(f"records must all be replayed, got {len(losses)} of {total}")
    return digest, losses


def _write_codes(codes: Iterable[str]) -> None:
    before = sorted({*codes} - {code_digest()})
    CODES.write_text(json.dumps({code_digest(): before}, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--against", metavar="COMMIT", help="compare with the code of a commit on this machine"
    )
    options = parser.parse_args(arguments)
    return replay() if options.against is None else replay_against(options.against)


if __name__ == "__main__":
    sys.exit(main())
