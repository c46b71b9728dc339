"""JupyterLab of our environment: a figure in a saved notebook lives when it is opened again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = Path(sys.prefix) / "share/jupyter/lab/settings/overrides.json"
OURS = ROOT / "book/tools/jupyterlab.json"
CELL = "from resnet_lab.widgets import StrideCalculator\n\nStrideCalculator(size=112, kernel=3)"
PATIENCE = 300_000  # milliseconds, for a busy machine
FOLDERS = (
    "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR",
    "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR",
)  # fmt: skip


def test_the_environment_has_the_settings_of_the_book():
    assert SETTINGS.is_file(), f"{SETTINGS} is missing: remove .venv/.ready, then run make test"
    assert json.loads(SETTINGS.read_text()) == json.loads(OURS.read_text())


@contextmanager
def jupyterlab(folder: Path, own: Path) -> Iterator[str]:
    """The address of a server on ``folder`` that knows no user's settings, only ``own``."""
    address = re.compile(r"(http://127\.0\.0\.1:\d+/lab)\?(token=\w+)")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
         "--port=0", f"--notebook-dir={folder}"],
        env={**os.environ, **{name: str(own / name) for name in FOLDERS},
             "PYTHONPATH": str(ROOT), "JUPYTER_PREFER_ENV_PATH": "1"},
        cwd=folder, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = []
    for line in server.stderr:
        said.append(line)
        if found := address.search(line):
            break
    else:
        pytest.fail(f"JupyterLab did not start:\n{''.join(said)}")
    try:
        yield f"{found[1]}/tree/small.ipynb?{found[2]}&reset"
    finally:
        server.terminate()
        server.communicate()


@contextmanager
def opened(browser: Any, address: str) -> Iterator[Any]:
    """A page of its own on the notebook.

    JupyterLab looks two seconds long for the model of a figure, and then tries once more as soon
    as the saved state is read. If that ends just as the time is up, it says "model not found" for
    good. On a page whose clock shows one time the search does not end, so that nothing here
    depends on how busy the machine is.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 1600})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.clock.set_fixed_time("2026-01-01")
    page.goto(address, wait_until="domcontentloaded")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    try:
        yield page
    finally:
        context.close()


def kernel(page: Any) -> Any:
    """The control for the kernel's size; it is there once the figure lives."""
    return page.get_by_role("spinbutton", name="kernel", exact=True)


def larger(page: Any) -> str:
    """Make the kernel larger by keyboard, wait for the new picture, and return its text."""
    figure = page.locator(".jp-OutputArea-output").filter(has=kernel(page))
    before, value = figure.inner_text(), int(kernel(page).input_value())
    kernel(page).press("ArrowUp")
    page.wait_for_function(
        "([figure, text]) => figure.innerText !== text", arg=[figure.element_handle(), before]
    )
    assert int(kernel(page).input_value()) == value + 1
    return figure.inner_text()


@pytest.mark.everything
def test_a_figure_lives_after_saving_and_reopening(browser, tmp_path):
    folder, own = tmp_path / "notebooks", tmp_path / "own"
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(CELL)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, folder / "small.ipynb")

    with jupyterlab(folder, own) as address, opened(browser, address) as page:
        page.locator(".jp-Cell").first.click()
        page.keyboard.press("Control+Enter")
        kernel(page).wait_for()
        moved = larger(page)
        with page.expect_response(
            lambda answer: answer.request.method == "PUT" and "small.ipynb" in answer.url
        ):
            page.keyboard.press("Control+s")

    with jupyterlab(folder, own) as address, opened(browser, address) as page:
        kernel(page).wait_for()
        assert kernel(page).input_value() == "4"
        assert larger(page) != moved
        assert page.get_by_text("model not found").count() == 0
