"""The calculator as a guest: keys of the browser, scrolling, a shadow root, a second calculator."""

from typing import Any

import pytest
from visits import all_awake, visit

from resnet_lab.widgets.stride.state import State

pytestmark = pytest.mark.everything


def place(page: Any) -> list[int]:
    """Row and column of the output cell that the model holds."""
    return page.evaluate("['row', 'column'].map((name) => model.get(name))")


def test_keys_of_the_browser_are_left_to_it(page: Any, start: State) -> None:
    page.evaluate("addEventListener('keydown', (e) => { window.taken = e.defaultPrevented; })")
    page.locator('[role=gridcell][tabindex="0"]').focus()
    for key in ["Control+Home", "Alt+ArrowDown", "Meta+ArrowRight", "Control+ArrowUp"]:
        page.keyboard.press(key)
        assert page.evaluate("taken") is False
        assert place(page) == [start.row, start.column]
    page.keyboard.press("ArrowRight")
    assert page.evaluate("taken") is True
    assert place(page) == [start.row, start.column + 1]


def test_moving_the_window_does_not_scroll_the_page(page: Any, start: State) -> None:
    page.set_viewport_size({"width": 1280, "height": 300})
    page.locator('[role=gridcell][tabindex="0"]').focus()
    page.locator("h1").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    assert page.evaluate("scrollY") == before
    assert place(page) == [start.row, 111]


def test_focus_follows_the_window_inside_a_shadow_root(page: Any, start: State) -> None:
    page.evaluate(
        """async () => {
            const source = new URL("rl/stride/live.js", location);
            const { default: calculator } = await import(source);
            const el = document.createElement("div");
            const box = document.createElement("div");
            box.attachShadow({ mode: "open" }).append(el);
            document.body.append(box);
            calculator.render({ model, el });
            window.shadow = box.shadowRoot;
            shadow.querySelector('[role=gridcell][tabindex="0"]').focus();
        }"""
    )
    for step in (1, 2):
        page.keyboard.press("ArrowRight")
        focused = page.evaluate("shadow.activeElement.getAttribute('aria-label')")
        assert focused == f"row {start.row}, column {start.column + step}"


def test_two_calculators_on_a_page_keep_apart(browser: Any, address: str) -> None:
    with visit(browser, address, "two.html") as opened:
        all_awake(opened.page)
        first, second = opened.page.locator(".rl-widget").all()
        still = second.inner_html()
        first.get_by_role("button", name="stem pool", exact=True).click()
        first.get_by_label("kernel", exact=True).fill("5")
        first.get_by_label("ceil mode (pooling)").check()
        assert first.locator(".rl-sizes").inner_text() == "112 × 112 → 56 × 56"
        assert second.inner_html() == still
        second.get_by_label("stride", exact=True).fill("1")
        assert first.get_by_label("stride", exact=True).input_value() == "2"
        ids = opened.page.locator("[id]").evaluate_all("(all) => all.map((one) => one.id)")
        assert ids
        assert len(ids) == len(set(ids))
        assert not opened.trouble()
