"""Runs of the command line, in this process and in others, all with a time limit."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resnet_lab.experiments.cli import main

ROOT = Path(__file__).parents[2]
PATIENCE = 240
"""Seconds until a test gives up on another process; importing torch takes most of them."""


def environment() -> dict[str, str]:
    """One thread, so that sums have one order, and no group of processes around."""
    kept = {
        name: value for name, value in os.environ.items()
        if name not in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
    }  # fmt: skip
    return {**kept, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1", "CUDA_VISIBLE_DEVICES": ""}


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "resnet_lab", *map(str, words)]


@contextlib.contextmanager
def started(line: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A process in a group of its own; whatever is left of the group is killed in the end."""
    process = subprocess.Popen(
        line, cwd=ROOT, env=environment(), text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.communicate()


def strict(line: str) -> Any:
    """What a line of JSON says; NaN is no JSON."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    return json.loads(line, parse_constant=refuse)


def call(*words: object) -> tuple[int, dict[str, Any], str]:
    """A command in this process: exit code, the last line of output, what went to stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(word) for word in words])
    return code, strict(out.getvalue().splitlines()[-1]), err.getvalue()
