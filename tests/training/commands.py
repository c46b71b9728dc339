"""Runs of the command line, in this process and in others, all with a time limit."""

import contextlib
import io
import json
import os
import signal
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
    """One thread, so that sums have one order, and no group of processes around.

    A program imports the package beside these tests, wherever it lies itself.
    """
    kept = {
        name: value for name, value in os.environ.items()
        if name not in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
    }  # fmt: skip
    return {
        **kept, "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1", "CUDA_VISIBLE_DEVICES": "",
    }  # fmt: skip


AT_EACH_STEP = """
import os, runpy, signal, threading, time
from resnet_lab.training.trainer import Trainer
advance = Trainer.advance
def step(trainer):
    {statement}
    advance(trainer)
Trainer.advance = step
runpy.run_module("resnet_lab", run_name="__main__", alter_sys=True)
"""


def command(*words: object, at_each_step: str = "") -> list[str]:
    """A line that starts a command; it may carry out a statement before each of its steps."""
    program = ["-c", AT_EACH_STEP.format(statement=at_each_step)]
    start = program if at_each_step else ["-m", "resnet_lab"]
    return [sys.executable, *start, *map(str, words)]


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


@contextlib.contextmanager
def heeding_ctrl_c() -> Iterator[None]:
    """Ctrl-C interrupts, also where pytest was started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
