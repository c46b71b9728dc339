"""The experiment that CONTRIBUTING.md adds, in a copy of the package, as it stands there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "CONTRIBUTING.md").read_text().partition("## Add an experiment")[2]
RUN, EXPERIMENT = re.findall(
    r"```python\n(.+?)```", SECTION.partition("\n## ")[0], flags=re.DOTALL
)
USE = """
from resnet_lab.experiments.catalogue import RUNS, experiment, setting_of
setting, batch = setting_of("batch", "small"), experiment("batch")
first, second = (RUNS[name] for name in batch.runs)
print(setting.name, *(run.recipe_in(setting).batch for run in (first, second)))
assert second.recipe_in(setting).changed(batch=64) == first.recipe_in(setting) == setting.recipe
assert (second.model, second.changes, second.surgery) == (first.model, first.changes, first.surgery)
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """A copy of the package whose catalogue has the two entries."""
    folder = tmp_path_factory.mktemp("house")
    kept = shutil.ignore_patterns("__pycache__", "*.json", "*.pt")
    shutil.copytree(ROOT / "resnet_lab", folder / "resnet_lab", ignore=kept)
    catalogue = folder / "resnet_lab" / "experiments" / "catalogue.py"
    text = catalogue.read_text(encoding="utf-8")
    for entries, added in (("for run in (\n", RUN), ("for experiment in (\n", EXPERIMENT)):
        before, found, after = text.partition(entries)
        text = before + found + added + after
    catalogue.write_text(text, encoding="utf-8")
    return folder


def said(house: Path, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, *arguments], cwd=house, env={"PYTHONPATH": str(house), "PATH": ""},
        text=True, capture_output=True, check=True,
    ).stdout  # fmt: skip


def test_its_runs_differ_in_the_batch_alone(house):
    assert said(house, "-c", USE).split() == ["digits-short", "64", "128"]


def test_the_command_line_knows_it(house):
    assert "Do larger batches train as well?" in said(
        house, "-m", "resnet_lab", "experiment", "--help"
    )
