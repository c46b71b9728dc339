"""The race as a guest: themes, phones, widths, axe, a second race, and no script at all."""

from typing import Any

import pytest
from javascript import js
from race_checks import check_shown, picture
from visits import all_awake, visit

from resnet_lab.widgets import Race

pytestmark = pytest.mark.everything

PHONES = [{"width": 390}, {"width": 320}]


def test_the_state_survives_a_change_of_theme(race_page: Any, race: Race) -> None:
    race_page.get_by_label("test", exact=True).check()
    race_page.get_by_role("checkbox", name="plain-20").uncheck()
    drawn, ink = picture(race_page), "getComputedStyle(document.querySelector('svg text')).fill"
    light = race_page.evaluate(ink)
    race_page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert picture(race_page) == drawn
    assert race_page.evaluate(ink) != light
    assert check_shown(race_page, race).part == "test"


@pytest.mark.parametrize("race_page", PHONES, indirect=True)
def test_on_a_phone_all_fits_and_is_legible(race_page: Any) -> None:
    race_page.get_by_label("loss", exact=True).check()
    assert race_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    targets = race_page.locator("button, input").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect()).map((b) => [b.width, b.height])"
    )
    assert len(targets) == 2 + 2 + 4 + 2 + 4
    assert min(min(size) for size in targets) >= 24
    drawn = race_page.locator(".rl-race-svg").evaluate(
        "(svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width"
    )
    sizes = race_page.locator(".rl-race-svg text").evaluate_all(
        "(all) => all.map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) * drawn >= 11


def test_it_is_drawn_anew_in_another_width(race_page: Any, race: Race) -> None:
    width = race_page.locator(".rl-race-svg").get_attribute("width")
    assert width == "760"
    race_page.set_viewport_size({"width": 500, "height": 900})
    race_page.wait_for_function(
        "(old) => document.querySelector('.rl-race-svg').getAttribute('width') !== old", arg=width
    )
    assert race_page.locator(".rl-race-svg").get_attribute("width") == "468"
    check_shown(race_page, race)


@pytest.mark.parametrize("race_page", [{"width": 390}, {"width": 1280}], indirect=True)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(race_page: Any, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    race_page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    found = Axe().run(race_page)
    assert found.violations_count == 0, found.generate_report()


def test_two_races_on_a_page_keep_apart(browser: Any, address: str) -> None:
    with visit(browser, address, "races.html") as opened:
        all_awake(opened.page)
        first, second = opened.page.locator(".rl-widget").all()
        still = second.inner_html()
        first.get_by_label("loss", exact=True).check()
        first.get_by_role("slider").press("End")
        assert second.inner_html() == still
        assert second.get_by_label("error (%)", exact=True).is_checked()
        assert not opened.trouble()


def test_without_a_script_the_end_is_there(browser: Any, address: str, race: Race) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(address + "race.html")
    shown = page.locator("figure svg[role=img]")
    end = race.view._replace(step=720)._asdict()
    assert shown.get_attribute("aria-label") == js("race/words", "pictureWords", race.race, end)
    assert 13 * shown.bounding_box()["width"] / 400 >= 11
    context.close()
