"""A race whose curves come while a run goes on, as the training lab feeds it, in Chromium."""

from collections.abc import Iterator
from typing import Any

import pytest
from javascript import js, words
from races import runs
from visits import visit

from resnet_lab.widgets.race.data import EMPTY, race_data
from resnet_lab.widgets.race.view import View, whole

pytestmark = pytest.mark.everything

PAUSE = 1000  # milliseconds, more than the live region waits


def upto(points: int, *labels: str) -> dict[str, Any]:
    """The first points of one run a net."""
    curves = {}
    for label in labels:
        first = runs()[label][0]
        curves[label] = [{k: v if k == "seed" else v[:points] for k, v in first.items()}]
    return {**race_data(curves, "Runs", "made-up numbers"), "until": 720}


def feed(page: Any, race: dict[str, Any]) -> None:
    """What a message from the kernel does: all changes at once."""
    values = {"race": race, **(whole(race)._asdict() if race["nets"] else {})}
    page.evaluate("(all) => Object.entries(all).forEach(([k, v]) => model.set(k, v))", values)


@pytest.fixture
def growing(browser: Any, address: str) -> Iterator[Any]:
    with visit(browser, address, "growing.html") as opened:
        opened.page.evaluate("(keys) => { window.keys = keys; }", list(View._fields))
        opened.page.wait_for_selector(".rl-widget[data-awake]", state="attached")
        opened.page.clock.install()
        yield opened.page
        assert not opened.trouble()


def spoken(page: Any) -> str:
    page.clock.run_for(PAUSE)
    return page.locator("[role=status]").text_content()


def focused(page: Any) -> str:
    """Kind and name of the control that has the focus."""
    return page.evaluate(
        "[document.activeElement.type, document.activeElement.labels?.[0].textContent].join()"
    )


def test_it_shows_nothing_then_grows_and_is_silent(growing: Any) -> None:
    race = growing.locator(".rl-race")
    assert not race.is_visible()
    slider = growing.get_by_role("slider")
    for points in (2, 3):
        feed(growing, upto(points, "plain-20"))
        assert race.is_visible()
        assert (slider.get_attribute("max"), slider.input_value()) == (f"{points - 1}",) * 2
        assert growing.locator(".rl-ranks caption").text_content().endswith(f"epoch {points}")
        assert growing.get_by_role("checkbox", name="plain-20").is_checked()
    assert growing.get_by_role("group", name="Seeds").count() == 0
    assert "720" not in growing.locator(".rl-ranks").text_content()
    assert spoken(growing) == ""
    feed(growing, EMPTY)
    assert not race.is_visible()


def test_the_reader_keeps_the_control_and_is_answered(growing: Any) -> None:
    feed(growing, upto(3, "plain-20"))
    growing.get_by_role("slider").focus()
    feed(growing, upto(4, "plain-20"))
    assert focused(growing) == "range,Training step"
    growing.get_by_role("checkbox", name="plain-20").focus()
    larger = upto(5, "plain-20", "residual-56")
    feed(growing, larger)
    assert growing.get_by_role("checkbox").count() == 2
    assert focused(growing) == "checkbox,plain-20"
    growing.get_by_role("slider").press("Home")
    view = whole(larger)._replace(step=60)
    assert spoken(growing) == js("race/words", "summary", larger, view._asdict())
    assert growing.evaluate("saved").get("step") == 60


def test_a_seed_can_be_chosen_and_given_up_where_nets_have_one_run_each(growing: Any) -> None:
    curves = {label: [runs()[label][seed]] for seed, label in enumerate(("plain-20", "plain-56"))}
    race = race_data(curves, "Runs", "made-up numbers")
    feed(growing, race)
    growing.evaluate("model.set('seed', 0)")
    seeds = growing.get_by_role("group", name="Seeds")
    assert seeds.get_by_label("seed 0", exact=True).is_checked()
    assert seeds.get_by_label("seed 1", exact=True).count() == 1
    seeds.get_by_label("all and their mean", exact=True).check()
    assert growing.evaluate("[saved.seed]") == [None]
    table = js("race/words", "table", race, whole(race)._asdict())
    assert growing.locator(".rl-ranks").text_content() == words(table)


def test_new_curves_end_a_play(growing: Any) -> None:
    feed(growing, upto(6, "plain-20"))
    button = growing.get_by_role("button")
    button.click()
    assert button.text_content() == "Pause"
    feed(growing, upto(7, "plain-20"))
    assert button.text_content() == "Play again"
    growing.clock.run_for(PAUSE)
    assert growing.get_by_role("slider").input_value() == "6"
