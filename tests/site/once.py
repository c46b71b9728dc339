"""What the processes of a run of tests need done once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock


def once(folder: Path, work: Callable[[], None]) -> None:
    """Do the work, where no other process of this run has; wait for one that is at it.

    `folder` is the one that the processes share. Work that failed is tried again by the next.
    """
    done = folder / "done"
    with FileLock(folder / "lock"):
        if not done.exists():
            work()
            done.touch()
