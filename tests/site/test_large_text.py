"""Large text: the page keeps its width, and no control prints over another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from visits import visit, wait_until

from book.tools.chromium import FLAGS, find_chromium

pytestmark = pytest.mark.everything

PAGES = [
    "book/index.html", "book/01_degradation.html", "book/04_stride_arithmetic.html", "search.html",
]  # fmt: skip
SIZES = [(16, 100), (16, 150), (16, 200), (24, 100)]  # of the browser, of the root in percent
# The boxes in which a control and its text are drawn, and the pairs of them that meet.
COLLISIONS = """() => {
    const parts = [
        ".rl-widget :is(button, input, label, legend, .rl-unit, .rl-place)",
        ".bd-header-article :is(a, button)", ".bd-sidebar-primary :is(a, button)",
        ".prev-next-area a", ".bd-footer a",
    ];
    const drawn = [...document.querySelectorAll(parts.join())]
        .filter((part) => part.checkVisibility({ visibilityProperty: true }));
    const boxes = drawn.map((part) => {
        const text = document.createRange();
        text.selectNodeContents(part);
        const own = part.matches("button, input") ? [part.getBoundingClientRect()] : [];
        return [...own, ...text.getClientRects()].filter((box) => box.width && box.height);
    });
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    const apart = (a, b) => !a.contains(b) && !b.contains(a);
    const name = (part) => `${part.localName} ${part.ariaLabel ?? part.textContent.trim()}`;
    const found = [];
    drawn.forEach((a, i) => drawn.forEach((b, j) => {
        if (i < j && apart(a, b) && boxes[i].some((one) => boxes[j].some((two) => meet(one, two))))
            found.push(`${name(a)} | ${name(b)}`);
    }));
    return found;
}"""


@pytest.fixture(scope="module", params=SIZES, ids=lambda sizes: f"{sizes[0]}px-{sizes[1]}%")
def large(request: Any, browser: Any) -> Iterator[tuple[Any, Callable[[Any], None]]]:
    """A browser with a default size of text, and what enlarges the root's text of a page."""
    default, percent = request.param
    reader = browser.browser_type.launch(
        executable_path=find_chromium(),
        args=[*FLAGS, f"--blink-settings=defaultFontSize={default}"],
    )

    def enlarge(page: Any) -> None:
        wait_until(page, "!document.querySelector('.rl-widget:not([data-awake])')")
        page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
        size = page.evaluate("getComputedStyle(document.documentElement).fontSize")
        assert size == f"{default * percent // 100}px"

    yield reader, enlarge
    reader.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_keeps_its_width_and_controls_stand_apart(large, site, width):
    reader, enlarge = large
    faults = {}
    for address in PAGES:
        with visit(reader, site, address, width=width) as opened:
            enlarge(opened.page)
            wide = opened.page.evaluate("document.documentElement.scrollWidth")
            meeting = opened.page.evaluate(COLLISIONS)
            if wide > width or meeting:
                faults[address] = (wide, meeting)
    assert not faults


def test_controls_that_meet_are_found(browser, site):
    with visit(browser, site, PAGES[2]) as opened:
        wait_until(opened.page, "!document.querySelector('.rl-widget:not([data-awake])')")
        assert not opened.page.evaluate(COLLISIONS)
        second = opened.page.locator(".rl-presets button").nth(1)
        second.evaluate("(button) => { button.style.margin = '-3em'; }")
        assert opened.page.evaluate(COLLISIONS)
