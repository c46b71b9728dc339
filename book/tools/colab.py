"""Run every chapter where Colab's packages are: ``make colab``, or ``make colab CHAPTERS=04``.

Makes an environment with the versions of ``colab.txt`` and a stub of ``google.colab``. Each chapter
of the last commit is then executed as in Colab: by itself, in an empty folder, its first cell
installing the package. Neither may a version have moved afterwards, nor a file been left.
It takes many minutes and some gigabytes, so no other command does it.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from book.kit import cells, notebooks

ROOT = notebooks.ROOT
LIST = ROOT / "book" / "tools" / "colab.txt"
HOME = ROOT / ".colab"
VERSIONS = ("3.13", "3.12")  # of Python, that of the list first

STUB = {
    "__init__.py": '"""Stands for what only Colab has."""\n',
    "output.py": (
        '"""What widgets ask for."""\n\n\ndef enable_custom_widget_manager() -> None:\n'
        '    """Colab would load the manager from its own host."""\n'
    ),
}
EXECUTE = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, timeout=900, kernel_name="python3").execute()
"""


def interpreter(find: Callable[[str], str | None] = shutil.which) -> str:
    """A Python of Colab's version; the variable ``COLAB_PYTHON`` may name it.

    Raises:
        RuntimeError: there is none.
    """
    names = [os.environ.get("COLAB_PYTHON", ""), *(f"python{version}" for version in VERSIONS)]
    for name in names:
        if name and (found := find(name)) and _version(found) in VERSIONS:
            return found
    raise RuntimeError(
        f"a Python {' or '.join(VERSIONS)} is needed, as in Colab, and none was found. "
        "Set COLAB_PYTHON to its path."
    )


def make_environment(python: str) -> Path:
    """The environment, made anew where the list or the Python changed; returns its Python."""
    stamp = hashlib.sha256(f"{python}{STUB}{LIST.read_text(encoding='utf-8')}".encode()).hexdigest()
    made, own = HOME / "made", HOME / "bin" / "python"
    if made.exists() and made.read_text(encoding="utf-8") == stamp:
        return own
    print(f"Making the environment in {HOME.name} (several minutes) ...", flush=True)
    subprocess.run([python, "-m", "venv", "--clear", HOME], check=True)
    subprocess.run([own, "-m", "pip", "install", "--quiet", "-r", LIST], check=True)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(_output(own, "-c", ask))
    stub = packages / "google" / "colab"
    stub.mkdir(parents=True)
    for name, text in STUB.items():
        (stub / name).write_text(text, encoding="utf-8")
    (packages / "colab.pth").write_text("import google.colab\n", encoding="utf-8")
    made.write_text(stamp, encoding="utf-8")
    return own


def from_clone(notebook: notebooks.Notebook, clone: Path) -> notebooks.Notebook:
    """The chapter with its first cell installing from a clone in place of the repository.

    Raises:
        ValueError: there is no such cell.
    """
    address = cells.repository()
    installing = notebooks.tagged(notebook, "install")
    if not installing or f"git+{address}" not in installing[0]["source"]:
        raise ValueError(f"the chapter must install from {address}")
    cell = installing[0]
    cell["source"] = cell["source"].replace(f"git+{address}", f"git+{clone.as_uri()}")
    return notebook


def run_chapter(python: Path, path: Path, clone: Path) -> list[str]:
    """Execute a chapter as in Colab; returns what is wrong, nothing where all is well."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "content"
        work.mkdir()
        copy = Path(folder) / path.name
        copy.write_text(notebooks.dump(from_clone(notebooks.load(path), clone)), encoding="utf-8")
        before = _freeze(python)
        done = subprocess.run(
            [python, "-c", EXECUTE, copy], cwd=work, capture_output=True, text=True, check=False,
            env={**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", "PYTHONPATH": ""},
        )  # fmt: skip
        wrong = [f"failed:\n{done.stderr[-3000:]}"] if done.returncode else []
        wrong += moved(before, _freeze(python))
        wrong += [f"left {left.name} in the folder" for left in sorted(work.iterdir())]
        return wrong


def moved(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    """Packages whose version is another one, or that came or went; the book's own may come."""
    for name in sorted(before.keys() | after.keys()):
        if name != "resnet-lab" and before.get(name) != after.get(name):
            yield f"{name} was {before.get(name, 'not there')}, is {after.get(name, 'gone')}"


@contextmanager
def bare(python: Path) -> Iterator[None]:
    """The environment without the book's package, before and after."""
    remove: list[str | Path] = [python, "-m", "pip", "uninstall", "--quiet", "--yes", "resnet-lab"]
    subprocess.run(remove, capture_output=True, check=True)
    try:
        yield
    finally:
        subprocess.run(remove, capture_output=True, check=True)


def _freeze(python: Path) -> dict[str, str]:
    listed = json.loads(_output(python, "-m", "pip", "list", "--format", "json"))
    return {package["name"]: package["version"] for package in listed}


def _version(python: str) -> str:
    return _output(python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])")


def _output(python: str | Path, *arguments: str) -> str:
    done = subprocess.run([python, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main(names: list[str]) -> int:
    """Run the chapters whose names begin so, or all; the exit status is 1 where one fails."""
    python = make_environment(interpreter())
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        for path in sorted((clone / "book").glob("[0-9][0-9]_*.ipynb")):
            if names and not path.name.startswith(tuple(names)):
                continue
            started = time.monotonic()
            with bare(python):
                wrong = run_chapter(python, path, clone)
            failed += bool(wrong)
            said = "; ".join(wrong) or "as in Colab"
            print(f"{path.stem}: {said} ({time.monotonic() - started:.0f} s)", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
