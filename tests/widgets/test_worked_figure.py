"""The figure that CONTRIBUTING.md adds, in a copy of the package, as it stands there."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from node_lines import Node
from stills import PROGRAM
from visits import all_awake, visit

from resnet_lab.arithmetic import conv_output_size

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "CONTRIBUTING.md").read_text().partition("## Add an interactive figure")[2]
FILES = dict(
    zip(
        ("still.js", "live.js", "__init__.py"),
        re.findall(r"```(?:js|python)\n(.+?)```", SECTION.partition("\n## ")[0], flags=re.DOTALL),
        strict=True,
    )
)
USE = """
import json
from resnet_lab.widgets.halving import Halving
refusals = []
for size in (0, 513, 2.5):
    try:
        Halving(size)
    except (TypeError, ValueError) as error:
        refusals.append(str(error))
print(json.dumps([Halving(97)._repr_mimebundle_()[0]["text/html"], Halving._esm, refusals]))
"""


def answer(widgets: Path) -> tuple[str, str, list[str]]:
    """The figure's HTML and its module as Python gives them, and what it refuses."""
    run = subprocess.run(
        [sys.executable, "-c", USE], cwd=widgets.parents[1], text=True, capture_output=True,
        check=True, env={"PYTHONPATH": str(widgets.parents[1]), "PATH": ""},
    )  # fmt: skip
    html, module, refusals = json.loads(run.stdout)
    return html, module, refusals


@pytest.fixture(scope="module")
def widgets(tmp_path_factory) -> Path:
    """The widgets of a copy of the package to which the figure was added."""
    folder = tmp_path_factory.mktemp("house")
    kept = shutil.ignore_patterns("__pycache__", "runs")
    shutil.copytree(ROOT / "resnet_lab", folder / "resnet_lab", ignore=kept)
    widgets = folder / "resnet_lab" / "widgets"
    (widgets / "halving").mkdir()
    for name, text in FILES.items():
        (widgets / "halving" / name).write_text(text, encoding="utf-8")
    return widgets


def sizes(size: int) -> list[int]:
    found = [size]
    for _ in range(5):
        found.append(conv_output_size(found[-1], 3, 2, 1))
    return found


def test_it_has_a_still_and_one_module(widgets):
    html, module, refusals = answer(widgets)
    assert [words.partition(",")[0] for words in refusals] == [
        "size must be at least 1 and at most 512", "size must be at least 1 and at most 512",
        "size must be an integer",
    ]  # fmt: skip
    assert 'data-module="halving"' in html
    assert "import " not in re.sub(r"(?m)^//.*", "", module)
    node = Node(PROGRAM, str(widgets))
    try:
        drawn = node.ask({"folder": "halving", "state": {"size": 97}})["html"]
    finally:
        node.close()
    assert f"Columns: {', '.join(map(str, sizes(97)))}." in drawn
    assert [int(width) for width in re.findall(r'y="\d+" width="(\d+)"', drawn)] == sizes(97)


@pytest.mark.everything
def test_it_answers_on_a_page(widgets, served, browser):
    html, _, _ = answer(widgets)
    with visit(browser, served(widgets, {"index.html": [html]}), "") as opened:
        all_awake(opened.page)
        figure = opened.page.locator(".rl-widget")
        slider = figure.get_by_role("slider", name="Columns")
        for key, size in (("ArrowRight", 98), ("End", 512), ("Home", 1)):
            slider.press(key)
            assert slider.get_attribute("aria-valuetext") == f"{size} columns"
            words = f"Columns: {', '.join(map(str, sizes(size)))}."
            assert figure.get_by_role("img", name=words, exact=True).is_visible()
            assert figure.get_by_text(words).is_visible()
        assert not opened.trouble()
