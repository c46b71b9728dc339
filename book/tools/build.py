"""Build the book: `python -m book.tools.build` leaves `_build/html/index.html`.

Jupyter Book caches what the chapters computed and sees neither a change in `resnet_lab/` nor one
in its own extensions. So this keeps two fingerprints: when the package or the requirements change,
the chapters execute again; when the site's own files change, the scripts and style sheets of the
package among them, the pages are written again.

A build that fails or is interrupted keeps the chapters it executed, and the next one writes all
pages, so that the same fault fails every time: Jupyter Book keeps no chapter that failed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "_build"
STAMP = BUILD / "fingerprints.json"
# Held by Jupyter Book under _build/: executed cells, parsed pages, written pages.
EXECUTED, PARSED, WRITTEN = ".jupyter_cache", ".doctrees", "html"
# Files of the package that draw what a chapter computed: what they make is on the pages alone.
DRAWING = {".js", ".css"}


def fingerprint(files: Iterable[Path]) -> str:
    """Return a digest of the names and contents of `files`."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def files_under(folder: Path) -> list[Path]:
    """Return the files under `folder`, without Python's caches."""
    return [p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts]


def fingerprints() -> dict[str, str]:
    """Return what the executed cells and the written pages depend on, besides the chapters."""
    requirements = ROOT / "requirements.txt"
    package = files_under(ROOT / "resnet_lab")
    drawn = [path for path in package if path.suffix in DRAWING]
    site = [*files_under(ROOT / "book/_ext"), *files_under(ROOT / "book/_site"), *drawn]
    return {
        "chapters": fingerprint([*(set(package) - set(drawn)), requirements]),
        "pages": fingerprint([*site, ROOT / "_config.yml", ROOT / "_toc.yml", requirements]),
    }


def read_stamp() -> dict[str, str]:
    """Return the fingerprints of what `_build/` holds; none where the file is missing or torn."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(prints: dict[str, str]) -> None:
    """Write the fingerprints in one step: an interruption leaves the old file or the new one."""
    BUILD.mkdir(exist_ok=True)
    fresh = STAMP.with_suffix(".new")
    fresh.write_text(json.dumps(prints, indent=1), encoding="utf-8")
    fresh.replace(STAMP)


def drop(*names: str) -> None:
    """Remove folders under `_build/`."""
    for name in names:
        shutil.rmtree(BUILD / name, ignore_errors=True)


def drop_outdated(old: dict[str, str], new: dict[str, str]) -> None:
    """Remove the results that the changed inputs have made stale, and say why."""
    if old == new:
        return
    if "chapters" not in old:
        reason = "No earlier build is known: everything is built."
    elif old["chapters"] != new["chapters"]:
        reason = "resnet_lab, the requirements or Python changed: chapters execute again."
    elif "pages" not in old:
        reason = "The last build did not finish: the pages are written again."
    else:
        reason = "The site's own files changed: the pages are written again."
    print(reason, flush=True)
    drop(PARSED, WRITTEN)
    if old.get("chapters") != new["chapters"]:
        drop(EXECUTED)


def run_jupyter_book() -> int:
    """Run Jupyter Book, warnings counted as errors, and return its exit status."""
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", str(ROOT), "-W", "-n", "--keep-going"]
    # The kernel of this environment, whatever the user has installed beside it.
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}
    return subprocess.call(command, cwd=ROOT, env=environment)


@contextmanager
def alone() -> Iterator[None]:
    """Wait for a build that another process is at: two at once would spoil each other."""
    BUILD.mkdir(exist_ok=True)
    lock = FileLock(BUILD / "lock")
    try:
        held = lock.acquire(blocking=False)
    except Timeout:
        print("Another build is at work: waiting for its end.", flush=True)
        held = lock.acquire()
    with held:
        yield


def main() -> int:
    """Build the book, when no other process does, and return the exit status."""
    with alone():
        return build()


def build() -> int:
    """Build the book and return the exit status."""
    started = time.monotonic()
    new = fingerprints()
    drop_outdated(read_stamp(), new)
    write_stamp({"chapters": new["chapters"]})
    status = run_jupyter_book()
    if status:
        print("The book was not built: see the first error above.", file=sys.stderr)
        return status
    write_stamp(new)
    seconds = time.monotonic() - started
    print(f"Built {(BUILD / WRITTEN / 'index.html').relative_to(ROOT)} in {seconds:.0f} s.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
