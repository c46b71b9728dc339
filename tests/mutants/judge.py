"""Whether the tests find each fault, and whether they pass without it."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.mutants.lists import Mutant
from tests.mutants.workshop import LIMIT, Outcome, Workshop

BROKEN = (
    "SyntaxError", "IndentationError", "ImportError", "ModuleNotFoundError", "NameError",
    "UnboundLocalError",
)  # fmt: skip
"""What code raises that could not run at all: any test would stumble over it."""


@dataclass(frozen=True)
class Verdict:
    """``killed``, ``survived``, ``refused`` or ``left out``, and why."""

    kind: str
    mutant: Mutant
    reason: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.mutant} ({self.reason})"


def judge(mutants: Sequence[Mutant], workshop: Workshop) -> Iterator[Verdict]:
    """Judge each mutant, in the order in which they are done."""
    able = []
    sound = without_faults(mutants, workshop)
    for mutant in mutants:
        verdict = refusal(mutant, workshop.copies[0], sound)
        if verdict is None:
            able.append(mutant)
        else:
            yield verdict
    jobs = [(mutant.tests, mutant) for mutant in able]
    for mutant, outcome in _runs(jobs, workshop, stop_early=True):
        yield verdict_of(mutant, outcome)


def without_faults(mutants: Sequence[Mutant], workshop: Workshop) -> dict[str, Outcome]:
    """What the tests come to without a fault, for each id that a mutant names.

    They are run in as many groups as there are copies. Pytest runs none of a group with an id
    that it does not know: its ids are then run one by one. So is an id without tests of its own
    in the group: they are skipped, or it is a folder.
    """
    names = list(dict.fromkeys(name for mutant in mutants for name in mutant.tests))
    share = -(-len(names) // len(workshop.copies)) or 1
    groups = [tuple(names[start : start + share]) for start in range(0, len(names), share)]
    found: dict[str, Outcome] = {}
    for group, outcome in _runs([(group, group) for group in groups], workshop):
        if outcome.code in (0, 1):
            parts = {name: _part(outcome, name) for name in group}
            found |= {name: part for name, part in parts.items() if part.passed or part.failed}
    alone = [((name,), name) for name in names if name not in found]
    found.update(_runs(alone, workshop))
    return found


def refusal(mutant: Mutant, root: Path, sound: dict[str, Outcome]) -> Verdict | None:
    """Why a mutant can't be judged, where that is so."""
    try:
        mutant.applied((root / mutant.file).read_text())
    except (OSError, ValueError) as error:
        return Verdict("refused", mutant, str(error))
    for name in mutant.tests:
        outcome = sound[name]
        if outcome.code:
            last = outcome.output.strip().rpartition("\n")[2]
            return Verdict("refused", mutant, f"without it {name} fails already: {last}")
        if not outcome.passed:
            return Verdict("left out", mutant, f"{name} is skipped here")
    return None


def verdict_of(mutant: Mutant, outcome: Outcome) -> Verdict:
    """What the run of its tests says of a mutant."""
    if outcome.failed:
        name, error, stage = outcome.failed[0]
        judged = stage == "call" or (stage != "collect" and error == "AssertionError")
        if judged and error not in BROKEN:
            return Verdict("killed", mutant, name)
        return Verdict("refused", mutant, f"no test judged it: {error} at {stage} of {name}")
    if outcome.code == 0:
        return Verdict("survived", mutant, f"{len(outcome.passed)} tests pass")
    last = outcome.output.strip().rpartition("\n")[2]
    return Verdict("refused", mutant, f"no test failed, pytest ended with {outcome.code}: {last}")


def _part(outcome: Outcome, name: str) -> Outcome:
    def is_own(each: str) -> bool:
        return each == name or each.startswith((f"{name}[", f"{name}::"))

    failed = [failure for failure in outcome.failed if is_own(failure.name)]
    passed = [each for each in outcome.passed if is_own(each)]
    return Outcome(int(bool(failed)), passed, failed, "\n".join(each.name for each in failed))


def _runs(jobs: Sequence, workshop: Workshop, stop_early: bool = False) -> Iterator:
    """Run the tests of each job ``(tests, key)``; a key that is a mutant is put in before."""
    waiting, free = list(jobs), list(workshop.copies)
    running: dict[int, tuple] = {}
    try:
        while waiting or running:
            while waiting and free:
                tests, key = waiting.pop(0)
                copy = free.pop()
                healthy = _put_in(key, copy) if isinstance(key, Mutant) else None
                limit = time.monotonic() + LIMIT if healthy is not None else inf
                run = workshop.start(copy, tests, stop_early)
                running[run.sentinel] = (run, copy, key, healthy, limit)
            ended = wait(list(running), timeout=1)
            late = [s for s, (*_, limit) in running.items() if time.monotonic() > limit]
            for sentinel in {*ended, *late}:
                run, copy, key, healthy, _ = running.pop(sentinel)
                _end(run)
                outcome = Outcome(-1, output=f"it took more than {LIMIT} seconds")
                if sentinel in ended:
                    outcome = workshop.outcome(copy, run)
                if healthy is not None:
                    (copy / key.file).write_text(healthy)
                free.append(copy)
                yield key, outcome
    finally:  # where this is interrupted, they would go on
        for run, *_ in running.values():
            _end(run)


def _put_in(mutant: Mutant, copy: Path) -> str:
    """Put a fault into a copy; returns the file as it was."""
    path = copy / mutant.file
    healthy = path.read_text()
    path.write_text(mutant.applied(healthy))
    return healthy


def _end(run: BaseProcess) -> None:
    """End what is left of a run: itself, where it still runs, and all that it started."""
    run.kill()  # it may not be the head of its group yet
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(run.pid, signal.SIGKILL)
    run.join()
