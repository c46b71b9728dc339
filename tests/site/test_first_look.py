"""The chapter with the calculator in a browser, quickly: what `make test` sees of the live site."""

from __future__ import annotations

from visits import visit

CHAPTER = "book/04_stride_arithmetic.html"


def test_the_chapter_opens_without_trouble(browser, site):
    with visit(browser, site, CHAPTER) as opened:
        opened.page.locator(".rl-widget[data-awake]").first.wait_for()
        opened.page.mouse.wheel(0, 20000)
        opened.page.wait_for_timeout(200)
        assert not opened.trouble()


def test_a_preset_changes_the_picture_and_the_numbers(browser, site):
    with visit(browser, site, CHAPTER) as opened:
        widget = opened.page.locator(".rl-widget[data-awake]").first
        seen = set()
        # Sizes from Table 1 of the paper: the stem takes 224 to 112, its pool 112 to 56.
        for preset, size, outputs in [("stem conv", "224", 112), ("stem pool", "112", 56)]:
            widget.get_by_role("button", name=preset, exact=True).click()
            field = widget.get_by_role("spinbutton", name="input size", exact=True)
            assert field.input_value() == size
            assert widget.locator(".rl-sizes strong").inner_text() == f"{outputs} × {outputs}"
            seen.add(widget.locator(".rl-input svg").evaluate("(svg) => svg.outerHTML"))
        assert len(seen) == 2
        assert not opened.trouble()
