"""JupyterLab of our environment: a figure in a saved notebook works when it is opened again."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
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
RACE = """from resnet_lab.records import runs
from resnet_lab.widgets import Race

found = runs("degradation")
Race(found.records, title="Depth", data=found.data)"""
PATIENCE = 300  # seconds, for a busy machine
ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+/lab)\?(token=\w+)\s")
FOLDERS = (
    "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR",
    "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR",
)  # fmt: skip


def test_the_environment_has_the_settings_of_the_book():
    assert SETTINGS.is_file(), f"{SETTINGS} is missing: make test puts it there"
    assert json.loads(SETTINGS.read_text()) == json.loads(OURS.read_text())


@pytest.fixture
def house(tmp_path) -> Path:
    """A copy of the Makefile whose environment is up to date, though nothing is in it."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    settings = ".venv/share/jupyter/lab/settings/overrides.json"
    made_from = ["requirements.txt", "pyproject.toml", "book/tools/jupyterlab.json"]
    for age, name in enumerate([*made_from, ".venv/.ready", settings]):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (age, age))
    return tmp_path


def planned(house: Path, target: str) -> str:
    """What ``make`` would run; it runs nothing."""
    return subprocess.run(
        ["make", "--dry-run", target], cwd=house, env={**os.environ, "MAKEFLAGS": ""},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


@pytest.mark.parametrize("target", ["test", "test-all", "lab"])
def test_a_change_of_the_settings_copies_them_and_keeps_the_environment(house, target):
    assert "overrides.json" not in planned(house, target)
    os.utime(house / "book/tools/jupyterlab.json")
    assert "overrides.json" in planned(house, target)
    assert "-m venv" not in planned(house, target)
    os.utime(house / "requirements.txt")
    assert "-m venv --clear" in planned(house, target)


def test_the_command_takes_the_kernel_of_the_environment(house):
    assert "JUPYTER_PREFER_ENV_PATH=1" in planned(house, "lab")


def address_in(log: Path, server: subprocess.Popen, patience: float) -> re.Match[str]:
    """The address that a server writes into its log within some seconds."""
    end = time.monotonic() + patience
    while not (found := ADDRESS.search(log.read_text())):
        if server.poll() is not None or time.monotonic() > end:
            pytest.fail(f"JupyterLab gave no address:\n{log.read_text()}")
        time.sleep(0.1)
    return found


@pytest.mark.parametrize(
    ("code", "patience"), [("", PATIENCE), ("import sys; sys.stdin.read()", 0)]
)
def test_a_server_that_ends_or_waits_without_an_address_is_given_up(tmp_path, code, patience):
    log = tmp_path / "server.log"
    log.write_text("Loading extensions\n")
    with (
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as server,
        pytest.raises(pytest.fail.Exception, match="no address:\nLoading extensions"),
    ):
        address_in(log, server, patience)


@contextmanager
def jupyterlab(folder: Path, own: Path) -> Iterator[str]:
    """The address of a server on ``folder`` that knows no user's settings, only ``own``."""
    own.mkdir(exist_ok=True)
    log = own / "server.log"
    with log.open("w") as stderr:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
             "--port=0", f"--notebook-dir={folder}"],
            env={**os.environ, **{name: str(own / name) for name in FOLDERS},
                 "PYTHONPATH": str(ROOT), "JUPYTER_PREFER_ENV_PATH": "1"},
            cwd=folder, stderr=stderr,
        )  # fmt: skip
    try:
        found = address_in(log, server, PATIENCE)
        yield f"{found[1]}/tree/small.ipynb?{found[2]}&reset"
    finally:
        server.terminate()
        server.wait()


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
    page.set_default_timeout(PATIENCE * 1000)
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


def folders(tmp_path: Path, *cells: str) -> tuple[Path, Path]:
    """A folder with a notebook of these cells, and one for the settings of a server."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, folder / "small.ipynb")
    return folder, tmp_path / "own"


@pytest.mark.everything
def test_a_figure_lives_after_saving_and_reopening(browser, tmp_path):
    folder, own = folders(tmp_path, CELL)

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


def active(page: Any) -> int:
    """The place of the cell that is selected; the notebook has to be in command mode."""
    assert page.locator(".jp-Notebook.jp-mod-commandMode").count() == 1
    return page.locator(".jp-Notebook .jp-Cell").evaluate_all(
        "(cells) => cells.findIndex((cell) => cell.classList.contains('jp-mod-active'))"
    )


# What a figure shows; its live region speaks late, so it is left out.
SHOWN = """(figure) => [...figure.children]
    .filter((part) => !part.matches(".rl-spoken")).map((part) => part.outerHTML).join("")"""


def changed_by(page: Any, control: Any, key: str, place: int) -> None:
    """A key changes the figure around a control, and the cell of the figure stays selected."""
    figure = control.evaluate_handle("(one) => one.closest('.rl-calculator, .rl-race')")
    control.focus()
    assert active(page) == place
    before = figure.evaluate(SHOWN)
    page.keyboard.press(key)
    assert active(page) == place, f"{key} left the figure"
    page.wait_for_function(
        f"([figure, before]) => ({SHOWN})(figure) !== before", arg=[figure, before]
    )


@pytest.mark.everything
def test_arrow_keys_change_a_control_and_move_between_cells_elsewhere(browser, tmp_path):
    folder, own = folders(tmp_path, CELL, RACE, "1 + 1")
    with jupyterlab(folder, own) as address, opened(browser, address) as page:
        cells = page.locator(".jp-Notebook .jp-Cell")
        for place in (0, 1):
            cells.nth(place).locator(".jp-InputPrompt").click()
            page.keyboard.press("Control+Enter")
        race = page.locator(".rl-race")
        race.get_by_role("slider").wait_for()
        kernel(page).wait_for()

        race.locator(".rl-title").click()
        changed_by(page, race.get_by_role("slider"), "ArrowLeft", 1)
        changed_by(page, race.get_by_label("error (%)", exact=True), "ArrowRight", 1)
        assert race.get_by_label("loss", exact=True).is_checked()
        changed_by(page, race.get_by_label("training", exact=True), "ArrowDown", 1)

        page.locator(".rl-calculator .rl-sizes").click()
        changed_by(page, page.get_by_role("slider", name="kernel, slider"), "ArrowRight", 0)
        changed_by(page, page.get_by_role("slider", name="stride, slider"), "ArrowUp", 0)
        changed_by(page, page.locator("[role=gridcell][tabindex='0']"), "ArrowRight", 0)

        cells.nth(2).locator(".jp-InputPrompt").click()
        for key, place in [("ArrowUp", 1), ("ArrowUp", 0), ("ArrowDown", 1)]:
            page.keyboard.press(key)
            cells.and_(page.locator(".jp-mod-active")).and_(cells.nth(place)).wait_for()
