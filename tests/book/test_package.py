"""The package as others install it: beside their torch, and alone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))

# Runs a notebook's code cells in one IPython shell and stops at the first error.
RUNNER = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in json.load(open(sys.argv[1]))["cells"]:
    if cell["cell_type"] == "code":
        result = shell.run_cell("".join(cell["source"]))
        if not result.success:
            sys.exit(f"cell {cell['id']} failed")
print("ran to the end")
"""


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Path:
    """A copy to install from: a build leaves files beside the sources."""
    copy = tmp_path_factory.mktemp("sources") / "resnet-lab"
    leave_out = shutil.ignore_patterns(".git", ".venv", ".colab", "_build", "build", "*.egg-info")
    shutil.copytree(ROOT, copy, ignore=leave_out)
    return copy


def test_installing_moves_nothing_that_is_there(sources):
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--report", "-"]
    result = subprocess.run([*command, str(sources)], capture_output=True, text=True, check=True)
    installs = [entry["metadata"]["name"] for entry in json.loads(result.stdout)["install"]]
    assert installs == ["resnet-lab"]


@pytest.fixture(scope="module")
def bare_python(sources, tmp_path_factory) -> Path:
    """A new environment in which only ``pip install .`` was done."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(sources)], check=True)
    return python


@pytest.mark.everything
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_runs_where_only_the_package_is(chapter, bare_python, tmp_path):
    result = subprocess.run(
        [bare_python, "-c", RUNNER, chapter],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg", "IPYTHONDIR": str(tmp_path)},
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    assert result.stdout.endswith("ran to the end\n")
