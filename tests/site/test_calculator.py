"""The stride calculator on its published page: no kernel, the network closed, the policy strict."""

from __future__ import annotations

import re

import pytest
import torch
from visits import visit

pytestmark = pytest.mark.everything

CHAPTER = "book/04_stride_arithmetic.html"


@pytest.fixture
def opened(browser, site):
    with visit(browser, site, CHAPTER) as chapter:
        chapter.page.locator(".rl-widget[data-awake]").first.wait_for()
        yield chapter
        assert not chapter.trouble()


@pytest.fixture
def widget(opened):
    return opened.page.locator(".rl-widget").first


def number(widget, name: str) -> int:
    return int(widget.get_by_role("spinbutton", name=name, exact=True).input_value())


def by_torch(widget) -> int:
    """The output size that torch gives for the settings on the page."""
    picture = torch.empty(1, 1, *[number(widget, "input size")] * 2, device="meta")
    window = {name: number(widget, name) for name in ("stride", "padding", "dilation")}
    kernel = torch.empty(1, 1, *[number(widget, "kernel")] * 2, device="meta")
    return torch.nn.functional.conv2d(picture, kernel, **window).shape[-1]


def shown_size(widget) -> int:
    found = re.search(r"→\s*(\d+) × (\d+)", widget.inner_text())
    assert found
    assert found[1] == found[2]
    return int(found[1])


def pictures(widget) -> list[str]:
    return [svg.evaluate("(e) => e.outerHTML") for svg in widget.locator("svg").all()]


def test_it_is_awake_and_says_what_torch_says(widget):
    assert widget.get_by_role("slider").count() >= 5
    assert shown_size(widget) == by_torch(widget)


@pytest.mark.parametrize("name", ["input size", "kernel", "stride", "padding", "dilation"])
@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_slider_changes_picture_and_numbers(opened, widget, name, way):
    widget.get_by_role("button", name="stem pool", exact=True).click()
    before, drawn = number(widget, name), pictures(widget)
    slider = widget.get_by_role("slider", name=f"{name}, slider")
    slider.scroll_into_view_if_needed()
    if way == "mouse":
        box = slider.bounding_box()
        middle = box["y"] + box["height"] / 2
        # Along the whole track: one end may be where it stands.
        for part in (0.02, 0.98, 0.3):
            opened.page.mouse.move(box["x"] + box["width"] * part, middle)
            opened.page.mouse.down()
            opened.page.mouse.move(box["x"] + box["width"] * part + 3, middle)
            opened.page.mouse.up()
            if number(widget, name) != before:
                break
    else:
        slider.focus()
        for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
            opened.page.keyboard.press(key)
            if number(widget, name) != before:
                break
    assert number(widget, name) != before
    assert pictures(widget) != drawn
    assert shown_size(widget) == by_torch(widget)


def test_presets_are_the_layers_they_name(widget):
    sizes = {}
    for preset in ("stem conv", "stem pool", "stem pool without padding", "3x3/2 at 55", "1x1/2"):
        widget.get_by_role("button", name=preset, exact=True).click()
        sizes[preset] = shown_size(widget)
        assert sizes[preset] == by_torch(widget)
    assert sizes["stem conv"] == 112
    assert sizes["stem pool"] == 56
    assert sizes["stem pool without padding"] == 55
    assert sizes["3x3/2 at 55"] == 28


def test_the_window_moves_by_keyboard(opened, widget):
    widget.get_by_role("button", name="stem pool", exact=True).click()
    reads = widget.inner_text()
    widget.locator("[role=gridcell][tabindex='0']").focus()
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowDown")
    assert widget.inner_text() != reads


def test_without_script_the_still_picture_shows(browser, site):
    with visit(browser, site, "book/index.html", java_script_enabled=False) as opened:
        opened.page.goto(site + CHAPTER)
        still = opened.page.locator(".rl-widget figure svg").first
        assert still.is_visible()
        assert still.bounding_box()["height"] > 50


def test_where_the_module_is_missing_the_still_picture_stays(browser, site):
    with visit(browser, site, "book/index.html") as opened:
        opened.page.route("**/rl/stride/live.js", lambda route: route.abort())
        opened.page.goto(site + CHAPTER, wait_until="networkidle")
        assert opened.page.locator(".rl-widget figure svg").first.is_visible()
        assert not opened.page.locator(".rl-widget[data-awake]").count()
