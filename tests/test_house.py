"""The rules of the house: floors, the one address, and what the repository may not say."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "resnet_lab"

# Each floor imports only from the floors above it.
FLOORS = [
    "checks", "arithmetic", "tables", "models", "hooks", "analysis", "interop", "data", "training",
    "experiments", "records", "figures", "widgets", "exercises", "grading",
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


# What brings a module, where the names differ; and what is asked for where it is missing.
DISTRIBUTIONS = {
    "PIL": "pillow", "sklearn": "scikit-learn", "IPython": "ipywidgets", "traitlets": "ipywidgets",
    "urllib3": "requests",
}  # fmt: skip
OPTIONAL = {"safetensors"}
CHAPTERS = sorted((ROOT / "book").glob("[0-9][0-9]_*.ipynb"))


def code_of(path: Path) -> str:
    """The Python of a file; of a notebook, that of all its cells."""
    if path.suffix == ".py":
        return path.read_text(encoding="utf-8")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return "\n".join(map(TransformerManager().transform_cell, sources))  # magics become calls


def imported_modules(code: str) -> set[str]:
    """Top-level names that code imports, wherever it does."""
    nodes = list(ast.walk(ast.parse(code)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in plain | named}


@pytest.mark.parametrize("path", [PACKAGE, *CHAPTERS], ids=lambda path: path.stem)
def test_what_is_imported_is_installed_with_the_package(path):
    """Those who install the package alone can use all of it, and run the chapters."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    modules = set().union(*(imported_modules(code_of(file)) for file in files))
    ours = set(sys.stdlib_module_names) | {"resnet_lab"} | OPTIONAL
    assert {DISTRIBUTIONS.get(name, name) for name in modules - ours} <= declared


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
