"""The runner of mutants on a project of two lines, then on this one (in ``make test-all``)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.mutants.__main__ import LISTS, chosen
from tests.mutants.lists import Mutant, read_lists

ROOT = Path(__file__).parents[1]

SUMS = "def double(x):\n    return 2 * x\n"
TESTS = """
import os
import pytest
from sums import double

def test_double():
    assert double(3) == 6

def test_weak():
    assert double(0) == 0

def test_broken():
    assert double(3) == 7

@pytest.mark.skip
def test_skipped():
    assert double(3) == 6

@pytest.fixture
def checked():
    assert double(3) == 6

def test_in_a_fixture(checked):
    pass

@pytest.fixture
def looked_up():
    return {6: "six"}[double(3)]

def test_behind_a_fixture(looked_up):
    pass

def test_repeatable():
    assert os.environ["RESNET_LAB_SEED"] == "0"
    assert double(3) == 6
"""
MORE = """
from sums import double

def test_more():
    assert double(3) == 6
"""


def entry(tests: str, before: str = "2 * x", after: str = "3 * x") -> dict:
    return {"file": "sums.py", "why": "a fault", "before": before, "after": after,
            "tests": " ".join(f"test_sums.py::test_{name}" for name in tests.split())}


NO_IMPORT = entry("double", after="2 * x\n\nunknown")
CASES = {
    "killed": (entry("double"), "killed", "test_sums.py::test_double"),
    "one of two": (entry("weak double"), "killed", "test_sums.py::test_double"),
    "a folder": (entry("") | {"tests": "more/"}, "killed", "more/test_again.py::test_more"),
    "survives": (entry("weak"), "survived", "1 tests pass"),
    "not there": (entry("double", before="2*x"), "refused", "it is there 0 times"),
    "twice": (entry("double", before="x"), "refused", "it is there 2 times"),
    "the same": (entry("double", after="2 * x"), "refused", "the same"),
    "broken": (entry("double broken"), "refused", "test_broken fails already"),
    "unknown": (entry("double none"), "refused", "test_none fails already"),
    "skipped": (entry("skipped"), "left out", "is skipped here"),
    "no syntax": (entry("double", after="2 *"), "refused", "must leave it Python"),
    "unknown name": (entry("double", after="unknown"), "refused",
                     "NameError at call of test_sums.py::test_double"),
    "no import": (NO_IMPORT, "refused", "NameError at collect of test_sums.py"),
    "no import, two files": (
        NO_IMPORT | {"tests": "more/test_again.py more/test_more.py"},
        "refused", "NameError at collect of ",
    ),
    "a fixture finds it": (entry("in_a_fixture"), "killed", "test_in_a_fixture"),
    "a fixture breaks": (entry("behind_a_fixture"), "refused", "KeyError at setup"),
    "the same seed": (entry("repeatable"), "killed", "test_repeatable"),
    "ends": (entry("double", after="__import__('os')._exit(0)"), "refused", "ended with -1"),
}  # fmt: skip
ENDLESS = entry("double", after="__import__('signal').pause()")

BEGIN = """
import multiprocessing, sys
from pathlib import Path
from tests.mutants import judge, workshop
from tests.mutants.lists import read_lists

workshop.HEAVY = ("pytest", "_hypothesis_pytestplugin")
project, folder, copies = map(Path, sys.argv[1:])
verdicts = judge.judge(read_lists(folder), workshop.Workshop(project, copies, copies=2))
"""
SAY_ALL = """
for verdict in verdicts:
    print(verdict.mutant.room, verdict.kind, verdict.reason, sep=": ")
"""
STOP_AFTER_THE_FIRST = """
print(next(verdicts).mutant.room)
before = multiprocessing.active_children()
verdicts.close()
after = multiprocessing.active_children()
print(len(before), len(after))
for run in after:
    run.kill()  # this process would wait for them at its end
"""


def judged(tmp_path: Path, entries: dict[str, dict], code: str) -> list[str]:
    """What ``code`` prints, with the verdicts on entries, in a process without the package."""
    project, folder = tmp_path / "project", tmp_path / "lists"
    for path in (project / "more", folder, tmp_path / "copies"):
        path.mkdir(parents=True)
    (project / "sums.py").write_text(SUMS)
    (project / "test_sums.py").write_text(TESTS)
    for name in ("more", "again"):
        (project / f"more/test_{name}.py").write_text(MORE)
    (project / "pyproject.toml").write_text("[tool.pytest.ini_options]\npythonpath = ['.']\n")
    for name, mutant in entries.items():
        (folder / f"{name}.yml").write_text(yaml.safe_dump([mutant]))
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code, project, folder, tmp_path / "copies"],
        capture_output=True, text=True, check=True, cwd=ROOT, timeout=600,
        env={**os.environ, "RESNET_LAB_SEED": "7", "PYTEST_ADDOPTS": "--collect-only"},
    )  # fmt: skip
    assert (project / "sums.py").read_text() == SUMS
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory) -> dict:
    """The verdict on each case."""
    entries = {name: mutant for name, (mutant, _, _) in CASES.items()}
    lines = judged(tmp_path_factory.mktemp("cases"), entries, SAY_ALL)
    return {name: rest for name, *rest in (line.split(": ", 2) for line in lines)}


@pytest.mark.parametrize("name", CASES)
def test_each_mutant_gets_its_verdict(name, verdicts):
    _, kind, words = CASES[name]
    assert verdicts[name][0] == kind
    assert words in verdicts[name][1]


def test_a_run_that_never_ends_is_ended(tmp_path):
    (line,) = judged(tmp_path, {"endless": ENDLESS}, "judge.LIMIT = 0" + SAY_ALL)
    assert line.startswith("endless: refused: ")
    assert line.endswith("it took more than 0 seconds")


def test_no_run_is_left_behind_where_the_rest_is_not_asked_for(tmp_path):
    """As after Ctrl-C, which does not reach them: each has a session of its own."""
    entries = {"endless": ENDLESS, "killed": entry("double")}
    assert judged(tmp_path, entries, STOP_AFTER_THE_FIRST) == ["killed", "1 0"]


def test_only_those_asked_for_are_run():
    here = Mutant("models", "a.py", "", "", "", ())
    there = Mutant("training", "b.py", "", "", "", ())
    assert chosen([here, there], []) == [here, there]
    assert chosen([here, there], ["training"]) == [there]
    assert chosen([here, there], ["a.py"]) == [here]
    with pytest.raises(SystemExit, match="no mutant is in 'widgets'; rooms: models, training"):
        chosen([here, there], ["models", "widgets"])


def test_an_entry_that_lacks_a_field_is_refused(tmp_path):
    (tmp_path / "room.yml").write_text("- file: a.py\n  why: so\n")
    with pytest.raises(ValueError, match=r"^room.yml: an entry must have .*'tests'.*got"):
        read_lists(tmp_path)


def test_an_entry_without_tests_is_refused(tmp_path):
    """Without an id pytest would run them all."""
    (tmp_path / "room.yml").write_text(yaml.safe_dump([entry("")]))
    with pytest.raises(ValueError, match=r"^room.yml: `tests` must .* got none: a fault"):
        read_lists(tmp_path)


def test_every_mutant_has_its_place_and_its_tests():
    """Quick: what is to be changed is there once, and the files of the tests are."""
    mutants = read_lists(LISTS)
    assert len({(m.file, m.before, m.after) for m in mutants}) == len(mutants)
    for mutant in mutants:
        top, below, *_ = Path(mutant.file).parts
        assert mutant.room == (Path(below).stem if top == "resnet_lab" else top)
        mutant.applied((ROOT / mutant.file).read_text())
        for name in mutant.tests:
            path, _, test = name.partition("::")
            text, function = (ROOT / path).read_text(), test.partition("[")[0]
            assert not test or f"def {function}(" in text, name


@pytest.mark.everything
def test_every_mutant_is_killed():
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutants"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
