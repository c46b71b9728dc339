"""The runner of mutants on a project of two lines, then on this one (in ``make test-all``)."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.mutants.__main__ import LISTS, chosen
from tests.mutants.lists import Mutant, read_lists

ROOT = Path(__file__).parents[1]

TESTS = """
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
"""


def entry(tests: str, before: str = "2 * x", after: str = "3 * x", **more) -> dict:
    return {"file": "sums.py", "why": "a fault", "before": before, "after": after,
            "tests": " ".join(f"test_sums.py::test_{name}" for name in tests.split()), **more}


CASES = {
    "killed": (entry("double"), "killed", "test_sums.py::test_double"),
    "one of two": (entry("weak double"), "killed", "test_sums.py::test_double"),
    "survives": (entry("weak"), "survived", "1 tests pass"),
    "not there": (entry("double", before="2*x"), "refused", "it is there 0 times"),
    "twice": (entry("double", before="x"), "refused", "it is there 2 times"),
    "the same": (entry("double", after="2 * x"), "refused", "the same"),
    "broken": (entry("double broken"), "refused", "test_broken fails already"),
    "unknown": (entry("double none"), "refused", "test_none fails already"),
    "skipped": (entry("skipped"), "left out", "is skipped here"),
    "no syntax": (entry("double", after="2 *"), "refused", "no test failed"),
    "collected": (entry("double", after="2 *", collection=True), "killed", "collected"),
    "ends": (entry("double", after="__import__('os')._exit(0)"), "refused", "ended with -1"),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory) -> dict:
    """The verdict on each case, in a process that has not imported the package."""
    project, folder = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("lists")
    (project / "sums.py").write_text("def double(x):\n    return 2 * x\n")
    (project / "test_sums.py").write_text(TESTS)
    (project / "pyproject.toml").write_text("[tool.pytest.ini_options]\npythonpath = ['.']\n")
    for name, (mutant, _, _) in CASES.items():
        (folder / f"{name}.yml").write_text(yaml.safe_dump([mutant]))
    code = (
        "import sys; from pathlib import Path; from tests.mutants import workshop\n"
        "workshop.HEAVY = ('pytest', '_hypothesis_pytestplugin')\n"
        "from tests.mutants.judge import judge; from tests.mutants.lists import read_lists\n"
        "place = workshop.Workshop(Path(sys.argv[1]), Path(sys.argv[3]), copies=2)\n"
        "for found in judge(read_lists(Path(sys.argv[2])), place):\n"
        "    print(found.mutant.room, found.kind, found.reason, sep=': ')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, project, folder, tmp_path_factory.mktemp("copies")],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert (project / "sums.py").read_text() == "def double(x):\n    return 2 * x\n"
    lines = [line.split(": ", 2) for line in done.stdout.splitlines()]
    return {name: (kind, reason) for name, kind, reason in lines}


@pytest.mark.parametrize("name", CASES)
def test_each_mutant_gets_its_verdict(name, verdicts):
    _, kind, words = CASES[name]
    assert verdicts[name][0] == kind
    assert words in verdicts[name][1]


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
