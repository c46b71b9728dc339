"""Build the book: `python book/build.py` leaves `_build/html/index.html`.

Jupyter Book caches what the chapters computed and sees neither a change in `resnet_lab/` nor one
in its own extensions. So this keeps two fingerprints: when the package or the requirements change,
the chapters execute again; when the site's own files change, the pages are written again. After a
failed build nothing counts as done, so that the same fault fails every time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
STAMP = BUILD / "fingerprints.json"
PACKAGE_SUFFIXES = {".py", ".js", ".css", ".json", ".csv"}
# Held by Jupyter Book under _build/: executed cells, parsed pages, written pages.
EXECUTED, PARSED, WRITTEN = ".jupyter_cache", ".doctrees", "html"


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
    package = [p for p in files_under(ROOT / "resnet_lab") if p.suffix in PACKAGE_SUFFIXES]
    site = [ROOT / "_config.yml", ROOT / "_toc.yml", *files_under(ROOT / "book/_ext")]
    return {
        "chapters": fingerprint([*package, ROOT / "requirements.txt"]),
        "pages": fingerprint([*site, ROOT / "requirements.txt"]),
    }


def drop(*names: str) -> None:
    """Remove folders under `_build/`."""
    for name in names:
        shutil.rmtree(BUILD / name, ignore_errors=True)


def drop_outdated(old: dict[str, str], new: dict[str, str]) -> None:
    """Remove the results that the changed inputs have made stale, and say which."""
    if not old:
        print("No finished build is known: building everything.", flush=True)
        drop(PARSED, WRITTEN)
    if old.get("chapters") != new["chapters"]:
        print("resnet_lab or the requirements changed: the chapters execute again.", flush=True)
        drop(EXECUTED, PARSED, WRITTEN)
    if old.get("pages") != new["pages"]:
        print("The site's own files changed: the pages are written again.", flush=True)
        drop(PARSED, WRITTEN)


def run_jupyter_book() -> int:
    """Run Jupyter Book, warnings counted as errors, and return its exit status."""
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", str(ROOT), "-W", "-n", "--keep-going"]
    # The kernel of this environment, whatever the user has installed beside it.
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}
    return subprocess.call(command, cwd=ROOT, env=environment)


def main() -> int:
    """Build the book and return the exit status."""
    started = time.monotonic()
    new = fingerprints()
    old: dict[str, str] = json.loads(STAMP.read_text()) if STAMP.exists() else {}
    STAMP.unlink(missing_ok=True)
    drop_outdated(old, new)
    status = run_jupyter_book()
    if status:
        print("The book was not built: see the first error above.", file=sys.stderr)
        return status
    STAMP.write_text(json.dumps(new, indent=1))
    seconds = time.monotonic() - started
    print(f"Built {(BUILD / WRITTEN / 'index.html').relative_to(ROOT)} in {seconds:.0f} s.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
