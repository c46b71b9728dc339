"""What a page with a race shows, held against what its modules say about the model."""

from typing import Any

from javascript import js, words
from races import LABELS, STEPS

from resnet_lab.widgets import Race
from resnet_lab.widgets.race.view import View


def view_of(page: Any) -> View:
    """What the model on the page holds."""
    values = page.evaluate("(names) => names.map((name) => model.get(name))", list(View._fields))
    return View(*(tuple(value) if isinstance(value, list) else value for value in values))


def picture(page: Any) -> str:
    """What is drawn, whatever the order of attributes: elements are used again."""
    return page.locator(".rl-race-svg").evaluate(
        """(svg) => JSON.stringify([...svg.querySelectorAll("*")].map((one) => [
            one.localName, one.textContent,
            ...[...one.attributes].map(({ name, value }) => `${name}=${value}`).sort(),
        ]))"""
    )


def shows(page: Any, race: Race, view: View) -> None:
    """The page shows this choice."""
    chosen = view._asdict()
    table = js("race/words", "table", race.race, chosen)
    assert page.locator(".rl-ranks").text_content() == words(table)
    label = page.locator(".rl-race-svg").get_attribute("aria-label")
    assert label == js("race/words", "pictureWords", race.race, chosen)
    slider, moment = page.get_by_role("slider"), js("race/words", "moment", race.race, view.step)
    assert slider.get_attribute("aria-valuetext") == moment
    assert slider.input_value() == str(STEPS.index(view.step))


def check_shown(page: Any, race: Race) -> View:
    """The page shows what the model holds, and the controls stand where it says."""
    view = view_of(page)
    view.check(race.race)
    shows(page, race, view)
    boxes = page.get_by_role("checkbox")
    assert [boxes.nth(i).is_checked() for i in range(4)] == [net in view.shown for net in LABELS]
    assert page.locator("input[type=radio]:checked").count() == 3
    return view
