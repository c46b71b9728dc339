"""Every page in Chromium: nothing asked of others, no error, accessible, fits a phone, light."""

from __future__ import annotations

import gzip
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from visits import visit, wait_until

pytestmark = pytest.mark.everything

# What the theme loads on every page; the rest is ours to keep light.
THEME_SCRIPTS = ("bootstrap.js", "pydata-sphinx-theme.js", "sphinx-book-theme.js")
SCRIPT_BUDGET = 120 * 1024
TROUBLE = """() => {
    document.body.insertAdjacentHTML("beforeend", "<p style='color: red'>x</p>");
    const image = new Image(); image.src = "https://example.org/x.png";
    console.error("seen");
}"""
# Level A and AA, good practice, and the rules that axe itself still tries out.
LEVELS = [
    *("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"), *("best-practice", "experimental")
]  # fmt: skip
AXE = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": LEVELS},
    "rules": {
        # It wants a landmark of each code that scrolls: dozens a page, where each is a named group.
        "focus-order-semantics": {"enabled": False},
        # It takes a result in large type, the calculator's, for a heading.
        "p-as-heading": {"enabled": False},
    },
}
UNFOLD = "document.querySelectorAll('details').forEach((part) => { part.open = true; })"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_error_no_violation_no_outside_request(browser, site, pages, width, scheme):
    trouble = {}
    for address in pages:
        with visit(browser, site, address, width=width, scheme=scheme) as opened:
            opened.page.mouse.wheel(0, 20000)
            opened.page.wait_for_timeout(200)
            if found := opened.trouble():
                trouble[address] = found
    assert not trouble


def test_the_trap_catches(browser, site):
    """What the test above relies on: a violation, an error and an outside request are seen."""
    with visit(browser, site, "book/index.html") as opened:
        with opened.page.expect_console_message(lambda message: message.text == "seen"):
            opened.page.evaluate(TROUBLE)
        wait_until(opened.page, "window.violations.length >= 2")
        found = " ".join(opened.trouble())
        assert "style-src" in found
        assert "img-src" in found
        assert "seen" in found
    # Without the policy the request leaves the page, and the closed network must see it.
    with visit(browser, site, "book/index.html", bypass_csp=True) as opened:
        assert not opened.outside
        with opened.page.expect_event("requestfailed"):
            opened.page.evaluate(TROUBLE)
        assert opened.outside == ["asked https://example.org/x.png"]
        assert opened.outside[0] in opened.trouble()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(browser, site, pages, width, scheme):
    found = {}
    for address in pages:
        with visit(browser, site, address, width=width, scheme=scheme) as opened:
            # Folded parts hide what axe should see.
            opened.page.evaluate(UNFOLD)
            opened.page.wait_for_timeout(200)
            result = Axe().run(opened.page, options=AXE)
            if result.violations_count:
                found[address] = [
                    (v["id"], [node["html"][:160] for node in v["nodes"][:4]])
                    for v in result.response["violations"]
                ]
    assert not found


def test_no_sideways_scroll_on_a_phone(browser, site, pages):
    wide = {}
    for address in pages:
        with visit(browser, site, address, width=390) as opened:
            opened.page.evaluate(UNFOLD)
            root = opened.page.evaluate(
                "[document.documentElement.scrollWidth, document.querySelector('main').scrollWidth]"
            )
            if max(root) > 390:
                wide[address] = root
    assert not wide


def test_script_weight(browser, site, pages):
    heavy = {}
    for address in pages:
        scripts: dict[str, int] = {}
        with visit(browser, site, "book/index.html") as opened:
            opened.page.on(
                "response",
                lambda answer, seen=scripts: answer.request.resource_type == "script"
                and seen.update({answer.url: len(gzip.compress(answer.body()))}),
            )
            opened.page.goto(site + address, wait_until="networkidle")
        assert any(name in url for url in scripts for name in THEME_SCRIPTS)
        ours = {u: n for u, n in scripts.items() if not any(name in u for name in THEME_SCRIPTS)}
        if sum(ours.values()) > SCRIPT_BUDGET:
            heavy[address] = ours
    assert not heavy


def test_pages_read_without_script(browser, site, pages):
    """No script at all: the text, the formulas and the still pictures are there."""
    for address in pages:
        if not address.startswith("book/"):
            continue
        with visit(browser, site, "book/index.html", java_script_enabled=False) as opened:
            opened.page.goto(site + address)
            assert opened.page.locator("article h1").is_visible(), address
            stills = opened.page.locator(".rl-widget figure")
            assert stills.count() == opened.page.locator(".rl-widget").count(), address
            for still in stills.all():
                assert still.is_visible(), address
            for button in opened.page.locator(".needs-script").all():
                assert not button.is_visible(), address


def test_math_is_drawn_in_the_math_font(browser, site, pages):
    with_math = [address for address, text in pages.items() if re.search(r"<math\b", text)]
    assert with_math
    for address in with_math:
        with visit(browser, site, address) as opened:
            font = "document.fonts.check('16px \"Latin Modern Math\"')"
            assert opened.page.evaluate(f"document.fonts.ready.then(() => {font})")
            shown = opened.page.locator("math:visible")
            assert shown.count()
            box = shown.first.bounding_box()
            assert box
            assert box["height"] > 5
