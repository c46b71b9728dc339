"""Copies of the project, and processes that run tests in them.

What tests import is imported once, and each run is a fork that has it already: it puts its copy
first on the path, so that the package comes from there. The package itself must not be imported
before.
"""

import gc
import importlib
import json
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

HEAVY = (
    "torch", "torchvision", "hypothesis", "pytest", "timm", "matplotlib.pyplot", "sklearn",
    "_hypothesis_pytestplugin",
)  # fmt: skip
FLAGS = (
    "-o", "addopts=-q --strict-markers", "-p", "_hypothesis_pytestplugin",
    "-p", "no:cacheprovider", "--tb=short",
)  # fmt: skip
LIMIT = 1200  # seconds for the tests of one mutant, far from what any takes: some never end
NOT_COPIED = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".colab",
    ".hypothesis",
    ".*_cache",
    "_build",
    "build",
    "__pycache__",
    "*.egg-info",
)


class Failure(NamedTuple):
    """The id of a test, the class of what was raised, and where.

    That is ``setup``, ``call`` or ``teardown``, or ``collect`` with the id of a file.
    """

    name: str
    error: str
    stage: str


@dataclass
class Outcome:
    """What a run of tests came to: pytest's exit code, the ids that passed, what failed."""

    code: int
    passed: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    output: str = ""


class Tally:
    """A plugin of pytest that notes which tests passed, and which failed with what."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failed: list[Failure] = []

    def pytest_runtest_logreport(self, report) -> None:
        """Note a test that passed."""
        if report.when == "call" and report.passed:
            self.passed.append(report.nodeid)

    def pytest_exception_interact(self, node, call) -> None:
        """Note a failure, of a test or of its file."""
        error = type(call.excinfo.value).__name__
        self.failed.append(Failure(node.nodeid, error, call.when))


class Workshop:
    """As many copies of a project as processes may run at a time.

    Args:
        root: folder of the project; it is only read.
        folder: where the copies are made.
        copies: how many.
    """

    def __init__(self, root: Path, folder: Path, copies: int = 1) -> None:
        sys.dont_write_bytecode = True  # two versions of a file in one second look the same
        os.environ["OMP_NUM_THREADS"] = "1"  # a fork of a process with more would wait for them
        for name in HEAVY:
            with suppress(ImportError):
                importlib.import_module(name)
        assert "resnet_lab" not in sys.modules, "forks would have the package of the working tree"
        self.context = get_context("fork")
        self.copies = [folder / str(number) for number in range(copies)]
        for copy in self.copies:
            shutil.copytree(root, copy, ignore=NOT_COPIED)

    def start(self, copy: Path, tests: Sequence[str], stop_early: bool) -> BaseProcess:
        """Run tests in a copy, up to the first failure or all of them."""
        run = self.context.Process(target=_run, args=(copy, tests, stop_early))
        run.start()
        return run

    def outcome(self, copy: Path, run: BaseProcess) -> Outcome:
        """What a run that has ended, and was waited for, came to."""
        note, output = _files(copy)
        text = output.read_text(errors="replace")
        if run.exitcode is None or run.exitcode < 0 or not note.exists():
            return Outcome(-1, output=text)
        noted = json.loads(note.read_text())
        failed = [Failure(*each) for each in noted["failed"]]
        return Outcome(noted["code"], noted["passed"], failed, text)


def _files(copy: Path) -> tuple[Path, Path]:
    return copy.with_suffix(".json"), copy.with_suffix(".txt")


def _run(copy: Path, tests: Sequence[str], stop_early: bool) -> None:
    """In a process of its own: pytest in a copy, its result beside it."""
    note, output = _files(copy)
    note.unlink(missing_ok=True)
    gc.freeze()  # what was imported stays: else pytest looks through it five times at its end
    os.setsid()  # so that all it starts can be ended with it
    with output.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(copy)
    os.environ.update(PYTHONPATH=str(copy), PYTHONDONTWRITEBYTECODE="1")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # those for notebooks take seconds
    os.environ["RESNET_LAB_SEED"] = "0"  # what is found today is found tomorrow
    os.environ.pop("PYTEST_ADDOPTS", None)
    sys.path.insert(0, str(copy))
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    import pytest

    tally = Tally()
    flags = [*FLAGS, "--rootdir", str(copy), *(["-x"] if stop_early else [])]
    code = pytest.main([*flags, *tests], plugins=[tally])
    note.write_text(json.dumps({"code": int(code), **vars(tally)}))
    sys.stdout.flush()
    os._exit(0)
