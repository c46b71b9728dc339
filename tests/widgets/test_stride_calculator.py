"""The widget in Python: what it refuses, what it hands to a page."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import anywidget
import pytest
import torch
from javascript import SOURCES
from stills import with_stills
from traitlets import TraitError

from resnet_lab.widgets import StrideCalculator
from resnet_lab.widgets.live import state_script
from resnet_lab.widgets.stride.state import State


def page(calculator: StrideCalculator) -> str:
    """What the site shows."""
    return with_stills(calculator._repr_mimebundle_()[0]["text/html"], SOURCES)


@pytest.mark.parametrize(
    ("settings", "error", "argument"),
    [
        ({"size": 2.0}, TypeError, "size"),
        ({"kernel": "7"}, TypeError, "kernel"),
        ({"stride": 0}, ValueError, "stride"),
        ({"padding": -1}, ValueError, "padding"),
        ({"dilation": True}, TypeError, "dilation"),
        ({"ceil_mode": 1}, TypeError, "ceil_mode"),
        ({"size": 5, "kernel": 7, "padding": 0}, ValueError, "kernel"),
        ({"kernel": 3, "padding": 2, "ceil_mode": True}, ValueError, "padding"),
        ({"size": 513}, ValueError, "size"),
        ({"row": 112}, ValueError, "row"),
        ({"column": -1}, ValueError, "column"),
        ({"column": 1.5}, TypeError, "column"),
    ],
)
def test_an_impossible_argument_is_named(
    settings: dict[str, Any], error: type[Exception], argument: str
) -> None:
    with pytest.raises(error, match=f"^{argument} must"):
        StrideCalculator(**settings)


def test_an_unknown_argument_is_refused() -> None:
    with pytest.raises(TypeError, match="kernel_size"):
        StrideCalculator(kernel_size=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("base", [ValueError, TraitError])
def test_a_later_impossible_value_changes_nothing(base: type[Exception]) -> None:
    calculator = StrideCalculator()
    before = calculator.state
    with pytest.raises(base, match="^kernel must fit"):
        calculator.kernel = 300
    with pytest.raises(base, match="^row must be at most 111"):
        calculator.row = 112
    with pytest.raises(base, match="^kernel must fit"):
        calculator.set_state({"size": 3, "padding": 0})
    assert calculator.state == before


def test_settings_that_only_fit_together_are_set_together() -> None:
    calculator = StrideCalculator(size=8, kernel=3, stride=1, padding=0)
    with calculator.hold_trait_notifications():
        calculator.kernel, calculator.size, calculator.row = 11, 30, 19
    assert calculator.state == State(30, 11, 1, 0, 1, False, 19, 0)


def test_a_place_the_new_output_lacks_is_given_up() -> None:
    calculator = StrideCalculator(row=100, column=3)
    calculator.size = 222
    assert (calculator.row, calculator.column) == (100, 3)
    calculator.size = 32
    assert (calculator.row, calculator.column) == (0, 0)


def test_every_setting_is_synchronized() -> None:
    assert set(State._fields) <= set(StrideCalculator().get_state())


def test_the_bundle_holds_the_view_a_sentence_and_a_stable_text() -> None:
    data, _ = StrideCalculator(size=56, kernel=1, padding=0)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == (
        "StrideCalculator(size=56, kernel=1, stride=2, padding=0, dilation=1, "
        "ceil_mode=False, row=0, column=0)"
    )
    assert data["text/html"].startswith(
        '<div class="rl-widget" data-module="stride"><p>Here a window slides over an input, and '
    )


def test_colab_gets_the_figure_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.colab", object())
    data, _ = StrideCalculator()._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/plain"}


def test_without_a_view_the_sentence_remains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anywidget.AnyWidget, "_repr_mimebundle_", lambda self, **kwargs: None)
    data, metadata = StrideCalculator()._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html"}
    assert metadata == {}


class Scripts(HTMLParser):
    """Collects the text of script elements as a browser would cut them."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open = tag == "script" and ("type", "application/json") in attrs
        if self.open:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[-1] += data


def test_the_state_comes_back_from_the_page() -> None:
    calculator = StrideCalculator(112, 3, 2, 0, row=5, column=54)
    reader = Scripts()
    reader.feed(page(calculator))
    assert [json.loads(text) for text in reader.texts] == [calculator.state._asdict()]


def test_no_value_can_end_the_script() -> None:
    hostile = {"name": "</script><script>alert(1)</script><!--<script>"}
    written = state_script(hostile)
    assert "</" not in written.removesuffix("</script>")
    reader = Scripts()
    reader.feed(written + "<p>after</p>")
    assert [json.loads(text) for text in reader.texts] == [hostile]


def test_the_text_alternative_has_the_numbers_of_torch() -> None:
    layer = torch.nn.Conv2d(1, 1, 7, stride=2, padding=3)
    outputs = layer(torch.zeros(1, 1, 224, 224)).shape[-1]
    pictures = ElementTree.fromstring(page(StrideCalculator(row=0, column=111))).findall(".//svg")
    labels = [picture.get("aria-label") or "" for picture in pictures if picture.get("role")]
    assert len(labels) == 2
    assert "224 by 224, with 3 of padding" in labels[0]
    assert "1 column of padding and 0 of input are never read" in labels[0]
    assert "columns 219 to 225" in labels[0]
    assert labels[1] == f"Output, {outputs} by {outputs}. Row 0, column 111 is marked."


@pytest.mark.parametrize(
    ("settings", "row", "column"),
    [((224, 7, 2, 3, 1), 0, 5), ((56, 1, 2, 0, 1), 27, 0), ((17, 3, 3, 1, 2), 1, 4)],
)
def test_positions_read_are_those_with_a_gradient(
    settings: tuple[int, ...], row: int, column: int
) -> None:
    size, kernel, stride, padding, dilation = settings
    layer = torch.nn.Conv2d(1, 1, kernel, stride, padding, dilation, bias=False)
    torch.nn.init.ones_(layer.weight)
    image = torch.zeros(1, 1, size, size, requires_grad=True)
    layer(image)[0, 0, row, column].backward()
    text = page(StrideCalculator(*settings, row=row, column=column))
    said = re.search(r"(\d+) positions? of input, (\d+) of padding", text)
    assert said is not None
    read = int((image.grad != 0).sum())
    assert (int(said[1]), int(said[2])) == (read, kernel**2 - read)


@pytest.mark.parametrize("settings", [(56, 1, 2, 0, 1), (12, 2, 4, 1, 1), (20, 3, 4, 0, 2)])
def test_positions_ever_read_are_those_with_a_gradient(settings: tuple[int, ...]) -> None:
    size, kernel, stride, padding, dilation = settings
    layer = torch.nn.Conv2d(1, 1, kernel, stride, padding, dilation, bias=False)
    torch.nn.init.ones_(layer.weight)
    image = torch.zeros(1, 1, size, size, requires_grad=True)
    layer(image).sum().backward()
    read = int((image.grad != 0).sum())
    assert f"In all, {read:,} of {size**2:,} input positions are read." in page(
        StrideCalculator(*settings)
    )


def test_ceil_mode_is_that_of_torch() -> None:
    for size, kernel, stride, padding in [(112, 3, 2, 0), (6, 2, 3, 1), (5, 2, 2, 1), (7, 3, 3, 1)]:
        pool = torch.nn.MaxPool2d(kernel, stride, padding, ceil_mode=True)
        outputs = pool(torch.zeros(1, 1, size, size)).shape[-1]
        html = page(StrideCalculator(size, kernel, stride, padding, ceil_mode=True))
        assert f"<strong>{outputs} × {outputs}</strong>" in html


def test_importing_the_package_imports_no_widget() -> None:
    code = "import sys, resnet_lab; print('anywidget' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
