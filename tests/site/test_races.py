"""The race on the pages that hold one: no kernel, the network closed, the policy strict."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from visits import all_awake, visit, wait_until

pytestmark = pytest.mark.everything

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = [
    f"book/{path.stem}.html"
    for path in sorted((ROOT / "book").glob("*.ipynb"))
    if any(
        re.search(r"\b(Race|TrainingLab)\(", "".join(cell["source"]))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    )
]


@pytest.fixture(params=CHAPTERS)
def opened(request, browser, site):
    with visit(browser, site, request.param) as chapter:
        all_awake(chapter.page)
        yield chapter
        assert not chapter.trouble()


def test_every_race_wakes_plays_and_ranks(opened):
    races = opened.page.locator(".rl-race").all()
    assert races
    for race in races:
        slider = race.get_by_role("slider", name="Training step")
        slider.press("Home")
        seen = {race.locator(".rl-race-svg").evaluate("(svg) => svg.outerHTML")}
        start = slider.input_value()
        race.get_by_role("button", name="Play").press("Enter")
        wait_until(
            opened.page,
            "([slider, start]) => Number(slider.value) > start",
            [slider.element_handle(), int(start)],
        )
        race.get_by_role("button", name="Pause").press("Enter")
        assert int(slider.input_value()) > int(start)
        seen.add(race.locator(".rl-race-svg").evaluate("(svg) => svg.outerHTML"))
        slider.press("End")
        seen.add(race.locator(".rl-race-svg").evaluate("(svg) => svg.outerHTML"))
        assert len(seen) == 3
        means = [
            float(text.replace(",", ""))
            for text in race.locator(".rl-ranks tbody tr td:nth-child(3)").all_text_contents()
            if re.fullmatch(r"[\d,.]+", text)
        ]
        assert len(means) >= 2
        assert means == sorted(means)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_still_names_the_data_and_has_words(browser, site, chapter):
    with visit(browser, site, "book/index.html", java_script_enabled=False) as opened:
        opened.page.goto(site + chapter)
        stills = opened.page.locator(".rl-race-still").all()
        assert stills
        for still in stills:
            assert still.locator("svg[role=img]").get_attribute("aria-label")
            assert "Trained on" in still.locator("figcaption").inner_text()
