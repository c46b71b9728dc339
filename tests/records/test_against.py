"""Two codes on one machine, each in a repository of its own with one record."""

import json
import shutil
import subprocess

import pytest

from resnet_lab.records import against, replay, run_records
from resnet_lab.records.run_records import FOLDER
from resnet_lab.training.code import PACKAGE, code_digest

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git: no earlier commit")
MADE_BY, CHANGED = "a" * 16, "c" * 16


@pytest.fixture
def records(tmp_path, monkeypatch):
    """A folder with one record, made by a code that the code of a commit has replayed."""
    root = tmp_path / "repository"
    shutil.copytree(
        PACKAGE, root / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__", "runs")
    )
    for command in ("init -q", "add .", "commit -q -m all"):
        subprocess.run(
            ["git", "-c", "user.name=n", "-c", "user.email=e", *command.split()],
            cwd=root, check=True,
        )  # fmt: skip
    monkeypatch.setattr(against, "PACKAGE", root / PACKAGE.name)
    for module in (against, run_records):
        monkeypatch.setattr(module, "CODES", tmp_path / "codes.json")
    against.CODES.write_text(json.dumps({code_digest(): [MADE_BY]}))
    folder = tmp_path / "records/digits-short"
    folder.mkdir(parents=True)
    shutil.copy(FOLDER / "digits-short/plain20-seed0.json", folder)
    return folder.parent


def kept():
    return json.loads(against.CODES.read_text())


@pytest.mark.everything
def test_a_code_that_takes_the_same_steps_stands_by_the_records(records, monkeypatch, capsys):
    """And by those that the code of the commit made itself, or may yet make."""
    for module in (against, run_records):
        monkeypatch.setattr(module, "code_digest", lambda: CHANGED)
    assert against.replay_against("HEAD", records) == 0
    assert "in all 1 records, bit for bit" in capsys.readouterr().out
    assert kept() == {CHANGED: sorted([MADE_BY, code_digest()])}


@pytest.mark.everything
def test_a_code_that_takes_other_steps_does_not(records, capsys):
    step = against.PACKAGE / "training/step.py"
    text, right = step.read_text(), "result.loss.backward()"
    assert right in text
    step.write_text(text.replace(right, "(result.loss / 2).backward()"))
    found = kept()
    assert against.replay_against("HEAD", records) == 1
    said = capsys.readouterr().err
    assert "digits-short/plain20-seed0: [" in said
    assert "nothing was written: losses differ" in said
    assert kept() == found


def test_the_commit_must_be_one_that_stands_by_the_records(records, monkeypatch):
    monkeypatch.setattr(against, "_losses", lambda *of: pytest.fail("replayed before the refusal"))
    with pytest.raises(ValueError, match="^commit must be one of this repository, got 'none'"):
        against.replay_against("none", records)
    against.CODES.write_text(json.dumps({"b" * 16: [MADE_BY]}))
    reason = f"^commit must have the code b+, got 'HEAD' with {code_digest()}"
    with pytest.raises(ValueError, match=reason):
        against.replay_against("HEAD", records)


def test_the_command_line_says_what_is_wrong(records, capsys):
    assert replay.main(["--against", "none"]) == 1
    assert capsys.readouterr().err.startswith("commit must be one of this repository")
