"""The rules of the house: floors, the one address, and what the repository may not say."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "resnet_lab"

# Each floor imports only from the floors above it.
FLOORS = [
    "arithmetic", "tables", "models", "hooks", "interop", "training", "records",
    "figures", "widgets", "exercises", "grading",
]  # fmt: skip


NOT_OURS = {
    ".git", ".venv", "_build", "build", "vendor", "__pycache__",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".ipynb_checkpoints",
}  # fmt: skip


def imported_floors(path: Path) -> set[str]:
    """Floors of resnet_lab that a file imports from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write the whole path of an import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            assert parts[0] not in ("book", "tests", "benchmarks"), f"{path} imports {name}"
            if parts[0] == "resnet_lab" and len(parts) > 1 and parts[1] in FLOORS:
                found.add(parts[1])
    return found


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_from_above(floor):
    files = [PACKAGE / f"{floor}.py", *(PACKAGE / floor).rglob("*.py")]
    allowed = set(FLOORS[: FLOORS.index(floor) + 1])
    for path in filter(Path.exists, files):
        assert imported_floors(path) <= allowed, path


def test_the_rule_sees_a_wrong_import(tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text("from resnet_lab.figures import curve\nimport resnet_lab.models.spec\n")
    assert imported_floors(path) == {"figures", "models"}


def test_importing_the_package_is_light():
    code = "import sys, resnet_lab; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(result.stdout.split())
    assert "torch" in loaded
    assert loaded.isdisjoint({"matplotlib", "anywidget", "ipywidgets", "sklearn", "torchvision"})


def project_text() -> dict[Path, str]:
    """Every file of the project that is text, read."""
    texts = {}
    for path in ROOT.rglob("*"):
        parts = set(path.relative_to(ROOT).parts)
        if path.is_file() and not parts & NOT_OURS and "egg-info" not in str(path):
            try:
                texts[path] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return texts


def address() -> str:
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    return config["repository"]["url"]


def test_the_address_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["urls"]["Repository"] == address()
    slug = address().removeprefix("https://github.com/")
    for path, text in project_text().items():
        for mention in re.findall(r"(?:github\.com|/github)/([\w.-]+/resnet[\w-]*lab)", text):
            assert mention.removesuffix(".git") == slug, path


def test_nothing_speaks_of_this_machine():
    forbidden = re.compile(
        r"/work/main|/home/\w+/|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian\.org"
    )
    for path, text in project_text().items():
        if path != Path(__file__):
            assert not forbidden.search(text), f"{path}: {forbidden.search(text)}"


def test_files_stay_short():
    lengths = {
        path: len(path.read_text().splitlines())
        for folder in (PACKAGE, ROOT / "book", ROOT / "benchmarks")
        for path in folder.rglob("*.py")
    }
    assert {path: n for path, n in lengths.items() if n > 250} == {}
    learner = [PACKAGE / "arithmetic.py", *PACKAGE.glob("models/*"), *PACKAGE.glob("hooks/*")]
    assert sum(lengths.get(path, 0) for path in learner) <= 2500


def test_no_variant_is_a_branch_in_a_forward():
    for path in PACKAGE.glob("models/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name == "forward":
                assert not any(isinstance(n, ast.If | ast.IfExp) for n in ast.walk(node)), path
                assert len(node.body) <= 10
