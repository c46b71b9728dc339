"""The theme's controls and ours, used as a reader would."""

from __future__ import annotations

import pytest
from visits import visit, wait_until

pytestmark = pytest.mark.everything

LANDING = "book/index.html"
CHAPTER = "book/04_stride_arithmetic.html"
# A promise counts as true: what is waited for is what an earlier look at the clipboard has found.
READ = """(code) => {
    navigator.clipboard.readText().then((text) => { window.copied = text.trim(); });
    return window.copied === code;
}"""


def background(page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_theme_switch_changes_the_page_and_is_remembered(browser, site):
    with visit(browser, site, LANDING) as opened:
        page = opened.page
        seen = {}
        for _ in range(3):
            page.locator(".theme-switch-button").first.click()
            mode = page.evaluate("document.documentElement.dataset.mode")
            seen[mode] = background(page)
            if mode == "dark":
                page.reload(wait_until="networkidle")
                assert background(page) == seen["dark"]
        assert set(seen) == {"light", "dark", "auto"}
        assert seen["light"] == seen["auto"] != seen["dark"]
        assert not opened.trouble()


def test_auto_mode_follows_the_system(browser, site):
    shown = {}
    for scheme in ("light", "dark"):
        with visit(browser, site, LANDING, scheme=scheme) as opened:
            shown[scheme] = background(opened.page)
    assert shown["light"] != shown["dark"]


@pytest.mark.parametrize("way", ["click", "keyboard"])
def test_search_finds_a_chapter(browser, site, way):
    with visit(browser, site, LANDING) as opened:
        page = opened.page
        if way == "click":
            page.locator(".search-button__button:visible").first.click()
        else:
            page.keyboard.press("Control+k")
        field = page.locator(".search-button__search-container input")
        assert field.is_visible()
        field.fill("stride")
        field.press("Enter")
        page.wait_for_url("**/search.html?q=stride*")
        result = page.locator("#search-results a[href*='04_stride_arithmetic']").first
        result.wait_for(timeout=10000)
        result.click()
        page.wait_for_url(f"**/{CHAPTER}*")
        assert not opened.trouble()


def test_search_form_has_a_button(browser, site):
    with visit(browser, site, "search.html") as opened:
        page = opened.page
        page.locator(".bd-search-container input").fill("padding")
        page.locator(".bd-search-container button[type=submit]").press("Enter")
        page.wait_for_url("**/search.html?q=padding*")
        page.locator("#search-results li a").first.wait_for(timeout=10000)


def test_chapter_list_opens_on_a_phone(browser, site):
    with visit(browser, site, LANDING, width=390) as opened:
        page = opened.page
        link = page.locator(".bd-sidebar-primary a[href*='04_stride_arithmetic']")
        assert not link.is_visible() or link.bounding_box()["x"] < 0
        page.locator(".primary-toggle:visible").click()
        link.click()  # as soon as it stands still, within the window
        page.wait_for_url(f"**/{CHAPTER}")
        assert not opened.trouble()


def test_sidebars_fold_on_a_desktop(browser, site):
    with visit(browser, site, CHAPTER) as opened:
        page = opened.page
        assert page.locator(".bd-sidebar-primary").bounding_box()["x"] == 0
        page.locator(".primary-toggle:visible").click()
        wait_until(
            page,
            "document.querySelector('.bd-sidebar-primary').getBoundingClientRect().right <= 0",
        )


EXPANDED = "(button) => button.getAttribute('aria-expanded')"
FOCUSED = "document.activeElement.className"


def test_the_chapters_button_says_what_it_does_and_keeps_the_focus(browser, site):
    with visit(browser, site, CHAPTER) as opened:
        button = opened.page.get_by_role("button", name="Chapters").locator("visible=true")
        bar = opened.page.locator(".bd-sidebar-primary")
        for expanded in ("true", "false", "true"):
            assert button.evaluate(EXPANDED) == expanded
            wait_until(
                opened.page,
                "([bar, shown]) => (getComputedStyle(bar).visibility === 'visible') === shown",
                [bar.element_handle(), expanded == "true"],
            )
            button.press("Enter")
            opened.page.wait_for_timeout(300)  # the theme moves the focus after 100 ms
            assert "primary-toggle" in opened.page.evaluate(FOCUSED)
        opened.page.set_viewport_size({"width": 390, "height": 800})
        wait_until(
            opened.page, f"({EXPANDED})(document.querySelector('.primary-toggle')) === 'true'"
        )


@pytest.mark.parametrize("side", ["primary", "secondary"])
def test_a_sidebar_of_a_phone_takes_the_focus_and_gives_it_back(browser, site, side):
    with visit(browser, site, CHAPTER, width=390) as opened:
        page = opened.page
        button = page.locator(f".{side}-toggle:visible")
        assert button.evaluate(EXPANDED) == "false"
        button.press("Enter")
        assert button.evaluate(EXPANDED) == "true"
        wait_until(page, f"document.activeElement.closest('.bd-sidebar-{side}') !== null")
        page.keyboard.press("Escape")
        assert f"{side}-toggle" in page.evaluate(FOCUSED)
        assert button.evaluate(EXPANDED) == "false"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_control_above_a_page_shows_its_focus(browser, site, scheme):
    with visit(browser, site, CHAPTER, scheme=scheme) as opened:
        page = opened.page
        controls = page.locator(".bd-header-article :is(a, button)").locator("visible=true").all()
        assert len(controls) > 5
        page.keyboard.press("Tab")  # so that the focus is one of the keyboard
        for control in controls:
            control.focus()
            style = control.evaluate("(control) => ({...getComputedStyle(control)})")
            assert style["outlineStyle"] == "solid", control.inner_html()
            assert float(style["outlineWidth"].removesuffix("px")) >= 2


def test_contents_of_a_page_open_on_a_phone(browser, site):
    with visit(browser, site, CHAPTER, width=390) as opened:
        page = opened.page
        link = page.locator(".bd-sidebar-secondary .bd-toc-nav a").first
        assert not link.is_visible() or not 0 <= link.bounding_box()["x"] < 390
        page.locator(".secondary-toggle:visible").click()
        link.click()  # as soon as it stands still, within the window
        page.wait_for_url("**#*")


def test_copy_button_copies_the_code(browser, site):
    with visit(
        browser, site, CHAPTER, permissions=["clipboard-read", "clipboard-write"]
    ) as opened:
        page = opened.page
        block = page.locator("div.highlight:has(.copybtn):visible").first
        code = block.locator("pre").inner_text().strip()
        assert len(code) > 10
        block.hover()
        block.locator(".copybtn").click()
        wait_until(page, READ, code)


def test_folded_code_opens_by_keyboard(browser, site):
    with visit(browser, site, CHAPTER) as opened:
        folded = opened.page.locator(".rl-beside").first
        folded.locator("summary").focus()
        assert not folded.locator("pre").first.is_visible()
        opened.page.keyboard.press("Enter")
        assert folded.locator("pre").first.is_visible()


def test_print_and_full_screen(browser, site):
    with visit(browser, site, CHAPTER) as opened:
        page = opened.page
        page.evaluate("window.print = () => { window.printed = true; }")
        page.locator(".rl-print").click()
        assert page.evaluate("window.printed") is True
        page.locator(".rl-fullscreen").click()
        wait_until(page, "document.fullscreenElement !== null")


def test_colab_link_is_reached_by_keyboard(browser, site):
    with visit(browser, site, CHAPTER) as opened:
        page = opened.page
        for _ in range(40):
            page.keyboard.press("Tab")
            focused = page.evaluate("document.activeElement.getAttribute('href') || ''")
            if "colab.research.google.com" in focused:
                break
        else:
            pytest.fail("forty times Tab did not reach the Colab link")
        assert page.get_by_role("link", name="Open in Colab", exact=True).count() == 1


def test_what_scrolls_within_itself_takes_the_keyboard(browser, site):
    with visit(browser, site, CHAPTER, width=390) as opened:
        unreachable = opened.page.evaluate(
            """() => [...document.querySelectorAll(".bd-article *")]
                .filter((e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX)
                    && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
                    && e.tabIndex < 0 && !e.querySelector("a, button, input, [tabindex]"))
                .map((e) => e.outerHTML.slice(0, 120))"""
        )
        assert not unreachable
