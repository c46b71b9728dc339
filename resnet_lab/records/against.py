"""Two codes on one machine: both take the first steps of every record.

The code of a commit that stands by the records has computed them, or replayed them on a machine
that rounds sums as theirs did. Where the code of today takes the same steps to the last bit, it
stands by them, too.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

from tqdm import tqdm

from resnet_lab.records.run_records import CODES, FOLDER, write_codes
from resnet_lab.training.code import PACKAGE, code_digest

# Run in the folder of one code or the other, with names that both have.
DIGEST = "from resnet_lab.training.code import code_digest; print(code_digest())"
LOSSES = """
import json, sys
from functools import cache
from pathlib import Path
from resnet_lab.records import replay
load = cache(replay.load_data)
for path in sorted(Path(sys.argv[1]).glob("*/*.json")):
    record = replay.read_record(path)
    losses = replay.replayed_losses(record, load(record.data["name"], progress=False))
    print(json.dumps([record.name, losses]), flush=True)
"""


def replay_against(commit: str, folder: Path = FOLDER) -> int:
    """Compare with the code of a commit on this machine; returns 0 if no loss differs.

    Raises:
        ValueError: the repository has no such commit, its code does not stand by the records,
            or images are not at hand.
    """
    with tempfile.TemporaryDirectory() as there:
        _unpack(commit, Path(there))
        digest, kept = _digest(Path(there)), json.loads(CODES.read_text(encoding="utf-8"))
        if digest not in kept:
            raise ValueError(
                f"commit must have the code {' or '.join(kept)}, got {commit!r} with {digest}"
            )
        before = _losses(Path(there), folder, f"the code of {commit}")
    now = _losses(PACKAGE.parent, folder, "this code")
    differing = [name for name, losses in before.items() if losses != now[name]]
    for name in differing:
        print(f"{name}: {before[name]} at {commit}, {now[name]} now", file=sys.stderr)
    if differing:
        print("nothing was written: losses differ", file=sys.stderr)
        return 1
    write_codes([digest, *kept[digest]])
    print(f"{code_digest()} takes the steps of {digest} in all {len(now)} records, bit for bit")
    return 0


def _unpack(commit: str, folder: Path) -> None:
    """Put the package of a commit into a folder."""
    command = ["git", "-C", str(PACKAGE.parent), "archive", "--format=zip", commit, PACKAGE.name]
    packed = subprocess.run(command, capture_output=True, check=False)
    if packed.returncode:
        reason = packed.stderr.decode().strip()
        raise ValueError(f"commit must be one of this repository, got {commit!r} ({reason})")
    zipfile.ZipFile(BytesIO(packed.stdout)).extractall(folder)


def _digest(root: Path) -> str:
    """The digest of the code in ``root``."""
    with _python(root, DIGEST) as process:
        return process.communicate()[0].strip()


def _losses(root: Path, folder: Path, whose: str) -> dict[str, list[str]]:
    """The first losses of each record with the code in ``root``: every digit, as text."""
    losses = dict[str, list[str]]()
    total = len(list(folder.glob("*/*.json")))
    with (
        _python(root, LOSSES, str(folder)) as process,
        tqdm(desc=f"replaying with {whose}", total=total, unit="record") as bar,
    ):
        for line in process.stdout or ():
            name, found = json.loads(line)
            losses[name] = [repr(loss) for loss in found]  # nan is nan
            bar.update()
    if process.returncode:
        raise ValueError(f"records must all be replayed, {whose} replayed {len(losses)} of {total}")
    return losses


def _python(root: Path, program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a program with the package in ``root``."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
