"""What a page with a race shows, held against what Python says."""

from typing import Any

from races import LABELS, STEPS

from resnet_lab.widgets import Race
from resnet_lab.widgets.drawing import Node
from resnet_lab.widgets.race_numbers import View
from resnet_lab.widgets.race_words import moment, picture_words, table


def view_of(page: Any) -> View:
    """What the model on the page holds."""
    values = page.evaluate("(names) => names.map((name) => model.get(name))", list(View._fields))
    return View(*(tuple(value) if isinstance(value, list) else value for value in values))


def words(node: Node | str) -> str:
    return node if isinstance(node, str) else "".join(map(words, node[2]))


def picture(page: Any) -> str:
    """What is drawn, whatever the order of attributes: elements are used again."""
    return page.locator(".rl-race-svg").evaluate(
        """(svg) => JSON.stringify([...svg.querySelectorAll("*")].map((one) => [
            one.localName, one.textContent,
            ...[...one.attributes].map(({ name, value }) => `${name}=${value}`).sort(),
        ]))"""
    )


def shows(page: Any, race: Race, view: View) -> None:
    """The page says what Python says about this choice."""
    assert page.locator(".rl-ranks").text_content() == words(table(race.race, view))
    label = page.locator(".rl-race-svg").get_attribute("aria-label")
    assert label == picture_words(race.race, view)
    slider = page.get_by_role("slider")
    assert slider.get_attribute("aria-valuetext") == moment(race.race, view.step)
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
