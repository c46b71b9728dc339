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
    "checks", "arithmetic", "tables", "models", "hooks", "interop", "data", "training",
    "experiments", "records", "figures", "widgets", "exercises",
]  # fmt: skip

NOT_OURS = {
    ".git", ".venv", ".colab", "_build", "build", "vendor", "__pycache__",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".ipynb_checkpoints",
}  # fmt: skip


def imported_floors(path: Path) -> set[str]:
    """Floors of resnet_lab that a file imports from; ``"resnet_lab"`` where it imports the top.

    What the top has comes from several floors, so nothing inside the package imports it.
    """
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write the whole path of an import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            top, *parts = name.split(".")
            assert top not in ("book", "tests", "benchmarks"), f"{path} imports {name}"
            if top == "resnet_lab":
                found.add(parts[0] if parts and parts[0] in FLOORS else "resnet_lab")
    return found


def floor_of(path: Path) -> str:
    """The folder, or the module at the ground, that a file of the package belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def wrong_imports(path: Path) -> set[str]:
    """What a file of the package imports and must not."""
    return imported_floors(path) - set(FLOORS[: FLOORS.index(floor_of(path)) + 1])


# The package's own name and its command line stand above all floors.
ROOF = {"__init__", "__main__"}


def test_every_file_of_the_package_is_on_a_floor_and_no_floor_is_empty():
    assert {floor_of(path) for path in PACKAGE.rglob("*.py")} == {*FLOORS, *ROOF}


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_from_above(floor):
    files = [path for path in PACKAGE.rglob("*.py") if floor_of(path) == floor]
    assert {path: wrong for path in files if (wrong := wrong_imports(path))} == {}


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("from resnet_lab.figures import curve", {"figures"}),
        ("import resnet_lab.training.recipe", {"training"}),
        ("from resnet_lab import build", {"resnet_lab"}),
        ("import resnet_lab", {"resnet_lab"}),
        ("from resnet_lab.attic import chest", {"resnet_lab"}),
        ("def late():\n    from resnet_lab import widgets, tables", {"widgets"}),
        ("from resnet_lab.models.spec import ResNetSpec", set()),
        ("from resnet_lab.arithmetic import Window", set()),
    ],
)
def test_the_rule_sees_a_wrong_import(line, wrong, monkeypatch, tmp_path):
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    path = tmp_path / "hooks" / "wrong.py"
    path.parent.mkdir()
    path.write_text(line)
    assert wrong_imports(path) == wrong


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
    assert core_lines(PACKAGE) <= 2500


def core_lines(package: Path) -> int:
    """Lines of what a learner reads: arithmetic, models and hooks, however deep."""
    files = [package / "arithmetic.py", *package.glob("models/**/*"), *package.glob("hooks/**/*")]
    return sum(len(path.read_text().splitlines()) for path in files if path.suffix == ".py")


def test_the_count_of_the_core_looks_into_every_folder(tmp_path):
    for name in ("arithmetic.py", "models/a.py", "models/blocks/b.py", "hooks/one/two/c.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a = 1\nb = 2\n")
    (tmp_path / "tables.py").write_text("of no matter\n")
    assert core_lines(tmp_path) == 8


# Whatever chooses between two ways: statements, expressions, and tables looked up by a name.
BRANCHES = (
    ast.If, ast.IfExp, ast.Match, ast.While, ast.Try, ast.BoolOp, ast.Compare, ast.Assert,
    ast.Dict, ast.DictComp, ast.Lambda,
)  # fmt: skip


def branches(code: str) -> list[str]:
    """What chooses inside the ``forward`` methods of some code; a filter in a loop included."""
    found = []
    for function in ast.walk(ast.parse(code)):
        if isinstance(function, ast.FunctionDef) and function.name == "forward":
            for node in ast.walk(function):
                if isinstance(node, BRANCHES) or getattr(node, "ifs", None):
                    found.append(type(node).__name__)
                if isinstance(node, ast.For) and node.orelse:
                    found.append("for and else")
    return found


def test_no_variant_is_a_branch_in_a_forward():
    for path in PACKAGE.glob("models/**/*.py"):
        assert branches(path.read_text()) == [], path
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name == "forward":
                assert len(node.body) <= 10, path


@pytest.mark.parametrize(
    "body",
    [
        "if self.v2: x = self.bn(x)",
        "x = self.bn(x) if self.v2 else x",
        "match self.version:\n        case 'v2': x = self.bn(x)",
        "x = self.v2 and self.bn(x) or x",
        "x = {'v1': self.one, 'v2': self.two}[self.version](x)",
        "x = (self.one, self.two)[self.version == 'v2'](x)",
        "x = [part(x) for part in self.parts if part.wanted][0]",
        "while self.v2: return x",
        "for part in self.parts:\n        x = part(x)\n    else: x = self.bn(x)",
    ],
)
def test_the_rule_sees_a_branch(body):
    assert branches(f"def forward(self, x):\n    {body}\n    return x\n") != []


def test_the_rule_lets_a_plain_loop_pass():
    assert branches("def forward(self, x):\n    for part in self.parts: x = part(x)\n") == []
