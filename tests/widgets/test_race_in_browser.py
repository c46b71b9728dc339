"""The race in Chromium, under the policy of the site: every control, by keyboard, and play."""

from typing import Any

import pytest
from javascript import js
from race_checks import check_shown, picture, shows, view_of
from races import LABELS, STEPS

from resnet_lab.widgets import Race

pytestmark = pytest.mark.everything

PACE = 500  # milliseconds a step, for so few


def test_it_starts_where_python_says(race_page: Any, race: Race) -> None:
    assert race_page.locator("figure").count() == 0
    assert check_shown(race_page, race) == race.view
    notes = race_page.locator(".rl-notes").text_content()
    assert "made-up numbers, small size, 3 seeds a net" in notes


@pytest.mark.parametrize(
    ("group", "choice", "changed"),
    [("Quantity", "error (%)", {"quantity": "loss"}), ("Images", "training", {"part": "test"}),
     ("Seeds", "all and their mean", {"seed": 0})],
)  # fmt: skip
def test_radios_answer_to_arrow_keys(
    race_page: Any, race: Race, group: str, choice: str, changed: dict[str, Any]
) -> None:
    before = picture(race_page)
    race_page.get_by_role("group", name=group).get_by_label(choice, exact=True).focus()
    race_page.keyboard.press("ArrowRight")
    assert check_shown(race_page, race) == race.view._replace(**changed)
    assert picture(race_page) != before
    name, value = next(iter(changed.items()))
    assert race_page.evaluate("saved")[name] == value
    race_page.keyboard.press("ArrowLeft")
    assert check_shown(race_page, race) == race.view
    assert picture(race_page) == before


def test_nets_answer_to_space_and_to_the_mouse(race_page: Any, race: Race) -> None:
    before = picture(race_page)
    race_page.get_by_role("checkbox", name="plain-56").focus()
    race_page.keyboard.press("Space")
    view = check_shown(race_page, race)
    assert view.shown == ("plain-20", "residual-20", "residual-56")
    assert picture(race_page) != before
    race_page.keyboard.press("Space")
    assert check_shown(race_page, race) == race.view
    assert picture(race_page) == before
    for label in LABELS:
        race_page.get_by_text(label).first.click()
    assert check_shown(race_page, race).shown == ()
    assert "No net is chosen." in picture(race_page)


def test_the_slider_answers_to_keys(race_page: Any, race: Race) -> None:
    seen = {picture(race_page)}
    race_page.get_by_role("slider", name="Training step").focus()
    for key, step in [("ArrowRight", 480), ("ArrowLeft", 420), ("End", 720), ("Home", 60)]:
        race_page.keyboard.press(key)
        assert check_shown(race_page, race).step == step
        assert race_page.evaluate("saved").get("step") == step
        seen.add(picture(race_page))
    assert len(seen) == 4


def test_it_plays_to_the_end_and_starts_over(race_page: Any, race: Race) -> None:
    """By keyboard; while it plays nothing is spoken and nothing is saved."""
    race_page.clock.install()
    spoken = race_page.get_by_role("status")
    button = race_page.get_by_role("button")
    button.focus()
    assert button.text_content() == "Play"
    race_page.keyboard.press("Enter")
    assert button.text_content() == "Pause"
    for step in STEPS[7:-1]:
        race_page.clock.run_for(PACE)
        shows(race_page, race, race.view._replace(step=step))
        assert spoken.text_content() == ""
        assert view_of(race_page) == race.view
    race_page.clock.run_for(PACE)
    assert check_shown(race_page, race).step == 720
    race_page.clock.run_for(PACE)
    end = race.view._replace(step=720)._asdict()
    assert spoken.text_content() == js("race/words", "summary", race.race, end)
    assert button.text_content() == "Play again"
    race_page.clock.run_for(5 * PACE)
    assert check_shown(race_page, race).step == 720

    race_page.keyboard.press("Space")
    shows(race_page, race, race.view._replace(step=60))
    race_page.clock.run_for(2 * PACE)
    race_page.keyboard.press("Space")
    assert button.text_content() == "Play"
    assert check_shown(race_page, race).step == 180
    race_page.clock.run_for(5 * PACE)
    assert check_shown(race_page, race).step == 180


def test_choices_hold_while_it_plays_and_a_hand_on_the_slider_stops_it(
    race_page: Any, race: Race
) -> None:
    race_page.clock.install()
    button = race_page.get_by_role("button")
    button.click()
    race_page.clock.run_for(PACE)
    race_page.get_by_label("loss", exact=True).check()
    shows(race_page, race, race.view._replace(step=480, quantity="loss"))
    race_page.clock.run_for(PACE)
    assert race_page.get_by_role("status").text_content() == ""
    assert button.text_content() == "Pause"
    race_page.get_by_role("slider").press("ArrowLeft")
    assert button.text_content() == "Play"
    race_page.clock.run_for(3 * PACE)
    assert check_shown(race_page, race) == race.view._replace(step=480, quantity="loss")


def test_a_change_from_the_model_stops_it_and_closing_lets_go(race_page: Any, race: Race) -> None:
    race_page.clock.install()
    race_page.get_by_role("button").click()
    race_page.clock.run_for(PACE)
    race_page.evaluate("model.set('step', 120)")
    race_page.clock.run_for(3 * PACE)
    assert check_shown(race_page, race).step == 120
    race_page.get_by_role("button").click()
    drawn = picture(race_page)
    race_page.evaluate("closeFigure()")
    race_page.clock.run_for(3 * PACE)
    race_page.evaluate("model.set('step', 600)")
    assert picture(race_page) == drawn


@pytest.mark.parametrize("race_page", [{"reduced_motion": "reduce"}], indirect=True)
def test_where_motion_is_unwelcome_it_jumps(race_page: Any, race: Race) -> None:
    button = race_page.get_by_role("button")
    for name, step in [("To the end", 720), ("To the start", 60), ("To the end", 720)]:
        assert button.text_content() == name
        button.press("Enter")
        assert check_shown(race_page, race).step == step
    race_page.emulate_media(reduced_motion="no-preference")
    race_page.wait_for_function("() => document.querySelector('button').textContent[0] === 'P'")
    assert button.text_content() == "Play again"


def test_what_changed_is_spoken_once_the_reader_pauses(race_page: Any, race: Race) -> None:
    slider = race_page.get_by_role("slider")
    slider.press("Home")
    slider.press("ArrowRight")
    race_page.wait_for_function(
        "(text) => document.querySelector('[role=status]').textContent === text",
        arg=js("race/words", "summary", race.race, race.view._replace(step=120)._asdict()),
    )
