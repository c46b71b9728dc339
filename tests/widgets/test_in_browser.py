"""The calculator in Chromium, under the policy of the site: mouse, keyboard, phone, axe."""

from typing import Any

import pytest
from javascript import js

from resnet_lab.widgets.stride.state import State

pytestmark = pytest.mark.everything

NUMBERS = ["input size", "kernel", "stride", "padding", "dilation", "output row", "output column"]
KEY_OF = {"input size": "size", "output row": "row", "output column": "column"}


def state_of(page: Any) -> State:
    names = list(State._fields)
    return State(*page.evaluate("(names) => names.map((name) => model.get(name))", names))


def says(name: str, state: State) -> Any:
    """What the calculator's modules say about a state."""
    return js("stride/words", name, state._asdict())


def picture(page: Any) -> str:
    return page.locator(".rl-input svg").evaluate("(svg) => svg.outerHTML")


def check_shown(page: Any) -> State:
    """The page shows the state that the model holds."""
    state = state_of(page)
    outputs = state.check()
    assert page.locator(".rl-sizes strong").inner_text() == f"{outputs} × {outputs}"
    lines = [line.strip() for line in page.locator(".rl-formula span").all_text_contents()]
    assert lines == says("formula", state)
    assert page.locator(".rl-reads").text_content() == says("windowWords", state)
    assert page.locator(".rl-edge").text_content() == says("edgeWords", state)
    label = page.locator(".rl-input svg").get_attribute("aria-label")
    assert label == says("inputWords", state)
    return state


def changes(page: Any, key: str, start: State) -> None:
    """Picture, numbers and the saved state have followed the control of ``key``."""
    state = check_shown(page)
    assert getattr(state, key) != getattr(start, key)
    assert page.evaluate("saved")[key] == getattr(state, key)


def test_it_starts_where_the_still_picture_was(page: Any, start: State) -> None:
    assert page.locator("figure").count() == 0
    assert check_shown(page) == start


@pytest.mark.parametrize("label", NUMBERS)
def test_each_number_answers_to_mouse_and_keys(page: Any, label: str, start: State) -> None:
    key = KEY_OF.get(label, label)
    field = page.get_by_label(label, exact=True)
    slider = page.get_by_label(f"{label}, slider")
    before = picture(page)

    box = slider.bounding_box()
    page.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2)
    changes(page, key, start)
    by_mouse = picture(page)
    assert by_mouse != before
    at = getattr(state_of(page), key)
    assert field.input_value() == slider.input_value() == str(at)

    slider.focus()
    page.keyboard.press("ArrowRight")
    assert getattr(check_shown(page), key) == at + 1
    assert picture(page) != by_mouse

    field.click()
    page.keyboard.press("ArrowDown")
    assert getattr(check_shown(page), key) == at
    assert picture(page) == by_mouse


def test_the_checkbox_answers_to_mouse_and_keys(page: Any, start: State) -> None:
    before = picture(page)
    page.get_by_label("ceil mode (pooling)").click()
    changes(page, "ceil_mode", start)
    assert picture(page) != before
    page.keyboard.press("Space")
    assert check_shown(page).ceil_mode is False
    assert picture(page) == before


@pytest.mark.parametrize(
    ("name", "outputs"),
    [("stem conv", 112), ("stem pool", 56), ("stem pool without padding", 55),
     ("3x3/2 at 55", 28), ("1x1/2", 28)],
)  # fmt: skip
def test_presets(page: Any, name: str, outputs: int) -> None:
    button = page.get_by_role("button", name=name, exact=True)
    button.click()
    assert check_shown(page).outputs == outputs
    assert button.get_attribute("aria-pressed") == "true"
    assert page.locator('[aria-pressed="true"]').count() == 1
    page.get_by_label("dilation", exact=True).fill("2")
    assert page.locator('[aria-pressed="true"]').count() == 0
    button.focus()
    page.keyboard.press("Enter")
    assert check_shown(page)[4:] == (1, False, 0, 0)


def test_step_buttons_walk_row_by_row(page: Any) -> None:
    places = []
    for name in ["last", "next", "back", "first", "back", "next"]:
        page.get_by_role("button", name=name, exact=True).click()
        state = check_shown(page)
        places.append((state.row, state.column))
    assert places == [(111, 111), (111, 111), (111, 110), (0, 0), (0, 0), (0, 1)]


def test_output_cells_answer_to_pointer_and_arrow_keys(page: Any, start: State) -> None:
    cell = page.get_by_role("gridcell", name="row 2, column 9", exact=True)
    cell.hover()
    looked = says("windowWords", start._replace(row=2, column=9))
    assert page.locator(".rl-reads").text_content() == looked
    assert state_of(page) == start
    page.mouse.move(2, 2)
    check_shown(page)

    cell.click()
    page.mouse.move(2, 2)
    assert check_shown(page)[-2:] == (2, 9)
    for key, place in [
        ("ArrowRight", (2, 10)), ("ArrowDown", (3, 10)), ("Home", (3, 0)), ("ArrowLeft", (3, 0)),
        ("End", (3, 111)), ("ArrowUp", (2, 111)),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert check_shown(page)[-2:] == place
        focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert focused == f"row {place[0]}, column {place[1]}"


def test_at_an_edge_an_arrow_key_stays(page: Any) -> None:
    page.get_by_role("button", name="last", exact=True).click()
    page.locator('[role=gridcell][tabindex="0"]').focus()
    for key, place in [
        ("ArrowDown", (111, 111)), ("ArrowRight", (111, 111)), ("ArrowUp", (110, 111)),
        ("ArrowDown", (111, 111)),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert check_shown(page)[-2:] == place
        assert page.locator(".rl-stale").count() == 0, "nothing impossible was asked for"
    page.get_by_role("button", name="first", exact=True).click()
    page.locator('[role=gridcell][tabindex="0"]').focus()
    for key in ("ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
        assert check_shown(page)[-2:] == (0, 0)
        assert page.locator(".rl-stale").count() == 0


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        ("kernel", "0", "kernel must be at least 1, got 0"),
        ("input size", "600", "input size must be at most 512 in this figure, got 600"),
        ("stride", "", "stride must be an integer, got nothing"),
        ("padding", "1.5", "padding must be an integer, got 1.5"),
        ("input size", "0", "input size must be at least 1, got 0"),
        ("output row", "112", "output row must be at most 111 in this figure, got 112"),
    ],
)
def test_the_impossible_is_said_and_nothing_is_clamped(
    page: Any, label: str, typed: str, said: str, start: State
) -> None:
    before = picture(page)
    field = page.get_by_label(label, exact=True)
    field.fill(typed)
    error = page.locator(f"#{field.get_attribute('aria-describedby')}")
    assert error.text_content() == said
    assert field.get_attribute("aria-invalid") == "true"
    assert field.input_value() == typed
    assert page.locator(".rl-error:not(:empty)").count() == 1
    assert page.locator(".rl-stale").count() == 1
    assert picture(page) == before
    assert state_of(page) == start
    page.wait_for_function(
        "(text) => document.querySelector('[role=status]').textContent === text", arg=said
    )
    page.get_by_role("button", name="stem pool", exact=True).click()
    assert page.locator(".rl-stale, .rl-error:not(:empty)").count() == 0
    check_shown(page)


def test_settings_that_only_fit_together_heal_the_first(page: Any) -> None:
    page.get_by_label("padding", exact=True).fill("0")
    page.get_by_label("input size", exact=True).fill("5")
    assert "kernel must fit" in page.locator(".rl-error:not(:empty)").inner_text()
    page.get_by_label("kernel", exact=True).fill("3")
    assert check_shown(page) == State(5, 3, 2, 0, 1, False, 0, 0)


def test_a_change_from_the_model_is_drawn_and_closing_lets_go(page: Any) -> None:
    before = picture(page)
    page.evaluate("model.set('kernel', 5); model.set('row', 9);")
    state = check_shown(page)
    assert (state.kernel, state.row) == (5, 9)
    assert picture(page) != before
    assert page.get_by_label("kernel", exact=True).input_value() == "5"
    drawn = picture(page)
    page.evaluate("closeFigure(); model.set('kernel', 3);")
    assert picture(page) == drawn


def test_an_output_that_shrinks_under_the_mouse_is_drawn(page: Any, start: State) -> None:
    """As Python can make it; the cell under the mouse is no longer there."""
    page.get_by_role("gridcell", name="row 2, column 111", exact=True).hover()
    looked = says("windowWords", start._replace(row=2, column=111))
    assert page.locator(".rl-reads").text_content() == looked
    read = page.evaluate(
        """async () => {
            model.set("size", 32);
            await null;
            return document.querySelector(".rl-reads").textContent;
        }"""
    )
    assert read == says("windowWords", start._replace(size=32))


@pytest.mark.parametrize("page", [390, 320], indirect=True)
def test_on_a_phone_nothing_scrolls_sideways_and_targets_are_large(page: Any) -> None:
    for name in ["stem conv", "1x1/2", "stem pool without padding"]:
        page.get_by_role("button", name=name, exact=True).click()
        page.get_by_role("button", name="last", exact=True).click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sizes = page.locator("button, input").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect()).map((b) => [b.width, b.height])"
    )
    assert len(sizes) == 5 + 4 + 2 * 7 + 1
    assert min(min(size) for size in sizes) >= 24


@pytest.mark.parametrize("page", [390, 1280], indirect=True)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: Any, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    for size in ["224", "600"]:
        page.get_by_label("input size", exact=True).fill(size)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_the_window_glides_only_where_motion_is_welcome(page: Any) -> None:
    duration = "getComputedStyle(document.querySelector('.rl-window')).transitionDuration"
    assert page.evaluate(duration) == "0.12s"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(duration) == "0s"


def test_without_a_script_the_picture_is_there(browser: Any, address: str, start: State) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator("figure svg[role=img]").count() == 2
    assert page.locator("figure .rl-reads").text_content() == says("windowWords", start)
    context.close()
