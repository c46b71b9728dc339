"""The digest of the code: blind to comments and layout, and to nothing else."""

import ast
import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import resnet_lab
from resnet_lab.data import ImageFolderData
from resnet_lab.hooks import detach_shortcuts
from resnet_lab.training import (
    Execution,
    Recipe,
    Trainer,
    batches,
    code,
    curve,
    graphed_step,
    group,
    network,
    schedule,
    step,
)

BEFORE = '''
"""A module."""
import torch

RATE = 0.1  # per step

def train(model, *, steps=5):
    """Train it."""
    if steps:
        first(model)
        second(model)
    for step in range(steps):  # as often
        model(step, "text")
    return {"rate": RATE, "steps": (steps,)}
'''


def digest_of(text: str, tmp_path, monkeypatch) -> str:
    """The digest of a package whose computing files all hold the same text."""
    for name in code.COMPUTING:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(code, "PACKAGE", tmp_path)
    return digest_now()


def digest_now() -> str:
    """The digest of the files as they are."""
    return code.digest_of(code.read_sources(code.COMPUTING))


@pytest.fixture
def digest(tmp_path, monkeypatch):
    return lambda text: digest_of(text, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # per step", ""),
        ("# as often", "# again and again"),
        ('"""A module."""', ""),
        ('"""Train it."""', '"""Trains a model.\n\n    Args:\n        model: it.\n    """'),
        ("def train(model, *, steps=5):", "def train(\n    model,\n    *,\n    steps=5,\n):"),
        ("import torch\n\nRATE", "import torch\nRATE"),
        ("(steps,)", "( steps , )"),
        ('"rate"', "'rate'"),
        ("0.1", "1e-1"),
        ("    for", "\n\n    for"),
    ],
)
def test_comments_docstrings_and_layout_do_not_matter(digest, old, new):
    assert BEFORE.count(old) == 1
    assert digest(BEFORE) == digest(BEFORE.replace(old, new))


def test_reformatted_source_is_the_same(digest):
    assert digest(BEFORE) == digest(ast.unparse(ast.parse(BEFORE)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.1", "0.2"),
        ("steps=5", "steps=6"),
        ("        second(model)", "    second(model)"),  # out of the if
        ("    return", "        return"),  # into the loop
        ("(steps,)", "[steps]"),
        ("(steps,)", "steps"),
        ("*, steps", "steps"),
        ("range", "reversed"),
        ('"text"', '"texts"'),
        ('model(step, "text")', 'model(step)("text")'),
        ("first(model)", "first(model), second(model)"),
        ("if steps", "if not steps"),
        ("import torch", "import torch as other"),
        ("return {", "yield {"),
    ],
)
def test_any_change_of_the_code_matters(digest, old, new):
    assert BEFORE.count(old) == 1
    assert digest(BEFORE) != digest(BEFORE.replace(old, new))


def test_an_empty_part_of_a_string_does_not_matter():
    """Python 3.12 and 3.13 put one after a width that is itself computed."""
    tree = ast.parse('f"{name:<{width}} {name}"')
    before = list(code._walk(tree))
    spec = tree.body[0].value.values[0].format_spec
    spec.values = [value for value in spec.values if getattr(value, "value", None) != ""]
    assert list(code._walk(tree)) == before
    spec.values.append(ast.Constant(""))
    assert list(code._walk(tree)) == before
    spec.values[0].value = ">"
    assert list(code._walk(tree)) != before


def test_each_file_counts(tmp_path, monkeypatch):
    same = digest_of(BEFORE, tmp_path, monkeypatch)
    seen = {same}
    for name in code.COMPUTING:
        (tmp_path / name).write_text(BEFORE + "\nEXTRA = 1\n")
        seen.add(digest_now())
        (tmp_path / name).write_text(BEFORE)
    assert len(seen) == 1 + len(code.COMPUTING)
    assert digest_now() == same


def test_the_digest_is_sixteen_digits_and_stays():
    assert len(code.code_digest()) == 16
    assert int(code.code_digest(), 16) >= 0
    assert code.code_digest() == digest_now()


@pytest.mark.parametrize(
    "thing",
    [
        resnet_lab.ResNet, resnet_lab.ResNetSpec, resnet_lab.spec, detach_shortcuts, Trainer,
        Recipe, batches.MemoryBatches, batches.draw_epoch, schedule.Schedule, step.make_step,
        step.make_optimizer, network.make_network, curve.Tally, Execution, group.Group,
        graphed_step.GraphedStep, ImageFolderData,
        *(type(module) for module in resnet_lab.build("resnet20").modules()
          if type(module).__module__.startswith("resnet_lab")),
    ],
)  # fmt: skip
def test_what_decides_the_numbers_is_among_the_files(thing):
    file = inspect.getsourcefile(thing)
    assert any(file.endswith(f"resnet_lab/{name}") for name in code.COMPUTING), file


def modules_of(file: Path) -> set[str]:
    """Files of the package that a file imports, in functions as well, with their folders."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    ours = [name.split(".")[1:] for name in names if name.split(".")[0] == "resnet_lab"]
    above = {"/".join(parts[:depth]) for parts in ours for depth in range(len(parts) + 1)}
    files = {f"{place}.py" for place in above} | {f"{place}/__init__.py" for place in above}
    return {name.lstrip("/") for name in files if (code.PACKAGE / name.lstrip("/")).is_file()}


def brought_by(file: str) -> set[str]:
    """A file of the package, and all of the package that it brings with it."""
    found, left = set(), {file}
    while left:
        found |= left
        left = {name for known in left for name in modules_of(code.PACKAGE / known)} - found
    return found


def test_every_module_that_training_brings_computes_or_is_neutral_with_a_reason():
    brought = brought_by("training/trainer.py")
    assert {"data/cifar.py", "training/group.py"} < brought
    assert brought - {*code.COMPUTING, *code.NEUTRAL} == set(), "decides it what a run computes?"
    assert {*code.COMPUTING, *code.NEUTRAL} - brought == set(), "training does not import it"
    assert set(code.COMPUTING) & set(code.NEUTRAL) == set()
    assert all(len(reason.split()) > 3 for reason in code.NEUTRAL.values())


def test_imports_are_seen_wherever_they_are(tmp_path):
    path = tmp_path / "some.py"
    path.write_text(
        "import resnet_lab.training.group\n"
        "def late():\n    from resnet_lab.data import folder, load_data\n    import torch\n"
    )
    assert modules_of(path) == {
        "__init__.py", "training/__init__.py", "training/group.py", "data/__init__.py",
        "data/folder.py",
    }  # fmt: skip


def test_files_that_change_after_they_were_loaded_do_not_change_the_digest(tmp_path):
    """As in a run of hours: what it computes is what it was begun with."""
    shutil.copytree(code.PACKAGE, tmp_path / "resnet_lab", ignore=shutil.ignore_patterns("records"))
    edited = tmp_path / "resnet_lab/training/step.py"
    program = (
        "import resnet_lab.training.trainer\n"
        "from pathlib import Path\n"
        "from resnet_lab.training.code import code_digest\n"
        f"path = Path({str(edited)!r})\n"
        "path.write_text(path.read_text() + 'EXTRA = 1\\n')\n"
        "print(resnet_lab.__file__, code_digest())\n"
    )

    def digest_in_a_process() -> str:
        done = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True,
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)},
        )  # fmt: skip
        file, digest = done.stdout.split()
        assert file.startswith(str(tmp_path))
        return digest

    assert digest_in_a_process() == digest_now()
    assert digest_in_a_process() != digest_now()


@pytest.mark.skipif(shutil.which("git") is None, reason="no git: commits are not looked up")
def test_the_commit_is_git_s_and_shows_changes(tmp_path, monkeypatch):
    package = tmp_path / "package"
    package.mkdir()
    monkeypatch.setattr(code, "PACKAGE", package)
    commit = code.commit.__wrapped__
    assert commit() == "unknown"

    def git(*words: str) -> str:
        names = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        return subprocess.run(
            ["git", "-C", str(tmp_path), *names, *words], check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    assert commit() == "unknown"
    (package / "a.py").write_text("a = 1\n")
    (package / "notes.md").write_text("notes\n")
    (tmp_path / "other.py").write_text("b = 1\n")
    git("add", "other.py")
    git("commit", "-q", "-m", "before the package")
    assert commit() == "unknown"  # inside a repository, as an installed copy may be
    git("add", ".")
    git("commit", "-q", "-m", "first")
    assert commit() == git("rev-parse", "HEAD")
    (package / "new.py").write_text("untracked = 1\n")
    (package / "notes.md").write_text("other notes\n")
    assert commit() == git("rev-parse", "HEAD")
    (package / "a.py").write_text("a = 2\n")
    assert commit() == git("rev-parse", "HEAD") + "+"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit() == "unknown"
    monkeypatch.setenv("RESNET_LAB_COMMIT", "f" * 40)
    assert commit() == "f" * 40
