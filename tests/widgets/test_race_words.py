"""The race's table, sentences and picture: pinned where worded, read back where drawn."""

import math
import re
from typing import Any

import numpy as np
import pytest
from javascript import children, find, js, words
from race_reference import chosen, mean_curve, standing
from races import LABELS, STEPS, random_cases, runs

from resnet_lab.widgets import Race
from resnet_lab.widgets.race.data import RaceData, race_data
from resnet_lab.widgets.race.view import View, whole

CASES = random_cases()
WORDS = {"title": "Depth", "data": "made-up numbers"}


def picture(race: RaceData, view: View, width: int = 400) -> Any:
    return js("race/picture", "picture", race, view._asdict(), width)


def said(name: str, race: RaceData, *more: Any) -> Any:
    given = [one._asdict() if isinstance(one, View) else one for one in more]
    return js("race/words", name, race, *given)


def rows(race: RaceData, view: View) -> list[list[str]]:
    (body,) = find(said("table", race, view), "tbody")
    return [[words(cell).strip() for cell in children(row)] for row in children(body)]


def as_number(text: str) -> float:
    return math.inf if text == "over a million" else float(text.replace(",", ""))


def close(text: str, value: float) -> bool:
    """Whether a written number is a value rounded to the digits that are shown."""
    if value >= 1e6:
        return text == "over a million"
    digits = len(text.partition(".")[2])
    return abs(as_number(text) - value) <= 0.5 * 10**-digits + 1e-9


def test_the_table_has_every_net_in_order_with_its_numbers() -> None:
    for race, view in CASES:
        expected = standing(race, view)
        spread = any(place["runs"] > 1 for place in expected)
        for row, place in zip(rows(race, view), expected, strict=True):
            rank, label, value, *between = row
            assert (rank, label) == (str(place["rank"] or "–"), place["label"])
            assert len(between) == spread
            if place["spread"] is None:
                assert value == "–"
            else:
                assert close(value, place["spread"][0]), (value, place)
            if not spread:
                continue
            missing = f"({place['measured']}\u00a0of\u00a0{place['runs']}\u00a0seeds)"
            assert (missing in between[0]) == (place["measured"] < place["runs"])
            ends = between[0].replace(missing, "").strip()
            if place["measured"] > 1:
                low, high = ends.split("–")
                assert close(low, place["spread"][1])
                assert close(high, place["spread"][2])
            else:
                assert ends == "–"


def test_heads_and_caption_of_the_table() -> None:
    race = race_data(runs(), **WORDS)
    table = said("table", race, whole(race))
    assert words(find(table, "caption")[0]) == "Training error (%) at step 720, epoch 12"
    heads = [words(head) for head in children(children(find(table, "thead")[0])[0])]
    assert heads == ["rank", "net", "mean", "lowest–highest"]
    table = said("table", race, View("loss", "test", LABELS, 2, 60))
    assert words(find(table, "caption")[0]) == "Test loss at step 60, epoch 1, seed 2"
    heads = [words(head) for head in children(children(find(table, "thead")[0])[0])]
    assert heads == ["rank", "net", "value"]


@pytest.mark.parametrize(
    ("quantity", "value", "text"),
    [
        ("error", 0, "0.00"), ("error", 12.34, "12.34"), ("error", 100, "100.00"),
        ("loss", 0, "0"), ("loss", 0.000123, "0.000123"), ("loss", 0.0123, "0.0123"),
        ("loss", 0.5, "0.500"), ("loss", 2.303, "2.303"), ("loss", 12.3, "12.30"),
        ("loss", 1234, "1,234"), ("loss", 999_900, "999,900"), ("loss", 3e6, "over a million"),
    ],
)  # fmt: skip
def test_how_values_are_written(quantity: str, value: float, text: str) -> None:
    curve = {"seed": 0, "step": [1], "epoch": [1]}
    curve |= {f"{part}_{kind}": [1] for part in ("train", "test") for kind in ("error", "loss")}
    race = race_data({"a": [curve | {f"train_{quantity}": [value]}]}, **WORDS)
    assert rows(race, whole(race)._replace(quantity=quantity)) == [["1", "a", text]]


def test_sentences_hold_the_numbers_of_numpy() -> None:
    race = race_data(runs(), **WORDS)
    view = whole(race)._replace(step=STEPS[2])
    means = {net["label"]: np.mean([run["train_error"][2] for run in net["runs"]])
             for net in race["nets"]}  # fmt: skip
    low, high = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    assert said("moment", race, view.step) == "step 180, epoch 3"
    assert said("summary", race, view) == (
        "Training error (%) at step 180, epoch 3: "
        f"lowest {means[low]:.2f}, {low}; highest {means[high]:.2f}, {high}."
    )
    one = view._replace(shown=("plain-56",))
    assert said("summary", race, one).endswith(f": {means['plain-56']:.2f}, plain-56.")
    assert said("summary", race, view._replace(shown=())).endswith(": No net is chosen.")


def test_the_text_alternative_tells_the_course_of_each_net() -> None:
    race = race_data({label: runs()[label] for label in LABELS[:2]}, **WORDS)
    view = View("loss", "test", LABELS[:2], None, 720)
    values = {net["label"]: np.array([run["test_loss"] for run in net["runs"]])
              for net in race["nets"]}  # fmt: skip
    order = sorted(values, key=lambda label: values[label][:, -1].mean())
    courses = [
        f"{label} {at.mean():.{3 + (at.mean() < 0.1)}f}, {at.min():.{3 + (at.min() < 0.1)}f} to "
        f"{at.max():.{3 + (at.max() < 0.1)}f} over 3 seeds "
        f"(at first {values[label][:, 0].mean():.3f})"
        for label in order for at in [values[label][:, -1]]
    ]  # fmt: skip
    assert said("pictureWords", race, view) == (
        "Depth: made-up numbers. Line chart of test loss by step, on a logarithmic axis. "
        f"Test loss at step 720, epoch 12, from lowest to highest: {'; '.join(courses)}."
    )
    none = view._replace(shown=())
    assert said("pictureWords", race, none).endswith("of test loss by step. No net is chosen.")


def test_notes_say_what_was_measured_and_what_did_not_finish() -> None:
    made = runs()
    race = race_data(made, **WORDS)
    faint = "What is still to come is faint."
    thick = "Thin lines are single runs, thick lines their mean."
    assert said("noteWords", race) == [
        f"Trained on made-up numbers, 3 seeds a net. {thick} {faint}",
    ]  # fmt: skip
    made["plain-20"][1] = {"curve": made["plain-20"][1], "seed": 1, "ended": "diverged at step 5"}
    made["plain-56"] = [{"curve": made["plain-56"][0], "seed": 7, "ended": "stopped"}]
    race = {**race_data(made, **WORDS), "one_of": 3}
    assert said("noteWords", race) == [
        f"Trained on made-up numbers, 1 to 3 seeds a net. {thick} {faint} "
        "One of 3 measured points is kept.",
        "Did not finish: plain-20, seed 1 (diverged at step 5).",
        "Did not finish: plain-56 (stopped).",
    ]
    alone = race_data({"a": [runs()["plain-20"][0]]}, **WORDS)
    assert said("noteWords", alone) == [f"Trained on made-up numbers, one run a net. {faint}"]


def points(path: Any) -> list[tuple[str, float, float]]:
    found = re.findall(r"([ML])([\d.]+) ([\d.]+)", path[1]["d"])
    return [(pen, float(x), float(y)) for pen, x, y in found]


def test_each_line_has_its_points_up_to_the_step_and_from_there_on() -> None:
    """One for each mean that there is; a gap lifts the pen."""
    lines = 0
    for race, view in CASES:
        drawing = picture(race, view)
        colored = [group for group in find(drawing, "g") if "stroke-linejoin" in group[1]]
        shown = [net for net in race["nets"] if net["label"] in view.shown]
        assert ("No net is chosen." in words(drawing)) == (not shown)
        for net, group in zip(shown, colored, strict=True):
            steps, means = mean_curve(race, net, view)
            reached = [step <= view.step for step in steps]
            start = max(0, sum(reached) - 1)
            ahead = [not all(reached) and place >= start for place in range(len(steps))]
            for width, within in ((2.5, reached), (1.5, ahead)):
                drawn = [path for path in children(group)
                         if path[1].get("stroke-width") == width and "transform" not in path[1]]
                there = [ok and np.isfinite(mean) for ok, mean in zip(within, means, strict=True)]
                pens = "".join(pen for path in drawn for pen, *_ in points(path))
                expected = "".join(
                    "L" if place and there[place - 1] else "M"
                    for place, is_there in enumerate(there) if is_there
                )
                assert pens == expected, (net["label"], view)
                lines += bool(expected)
            thin = [path for path in children(group) if path[1].get("stroke-opacity") == 0.55]
            assert len(thin) <= (len(chosen(net, view)) > 1)
    assert lines > 300


@pytest.mark.parametrize("quantity", ["error", "loss"])
def test_the_lines_lie_where_the_axis_says(quantity: str) -> None:
    """Read back from the picture with the axis' own labels, the thick line is the mean."""
    made = runs()["plain-56"]
    race = Race({"plain-56": made}, quantity, "test", **WORDS)
    drawing = picture(race.race, race.view, 700)
    ups, acrosses = (find(group, "text") for group in children(drawing)[2:4])

    def axis(texts: Any, name: str, shift: float, log: bool) -> Any:
        values = [float(words(text).replace(",", "")) for text in texts]
        at = [text[1][name] - shift for text in texts]
        return np.poly1d(np.polyfit(at, np.log10(values) if log else values, 1))

    up, across = axis(ups, "y", 4, quantity == "loss"), axis(acrosses, "x", 0, False)
    (line,) = [path for path in find(drawing, "path") if path[1].get("stroke-width") == 2.5]
    read = [10 ** up(y) if quantity == "loss" else up(y) for _, _, y in points(line)]
    mean = np.mean([run[f"test_{quantity}"] for run in made], axis=0)
    np.testing.assert_allclose(read, mean, rtol=0.02, atol=0.25 if quantity == "error" else 0)
    np.testing.assert_allclose([across(x) for _, x, _ in points(line)], STEPS, rtol=0.01)
    mark = find(drawing, "g")[-1][2][-1]
    place = [float(number) for number in re.findall(r"[\d.]+", mark[1]["transform"])]
    assert place == list(points(line)[-1][1:])


def test_the_axis_leaves_room_for_a_run_that_goes_on() -> None:
    race = race_data({"a": [runs()["plain-20"][0]]}, **WORDS)
    marks = [words(text) for text in find(children(picture(race, whole(race)))[3], "text")]
    assert marks == ["0", "200", "400", "600"]
    later = picture({**race, "until": 5000}, whole(race))
    marks = [words(text) for text in find(children(later)[3], "text")]
    assert marks == ["0", "1,000", "2,000", "3,000", "4,000", "5,000"]


def test_a_loss_in_the_millions_is_cut_and_the_picture_says_so() -> None:
    """Deep plain nets begin so on the test images; the rest must stay legible."""
    curve = {"seed": 0, "step": [10, 20], "epoch": [1, 2], "train_error": [50, 25.5],
             "train_loss": [1.5, 0.75], "test_error": [60, 40], "test_loss": [3e6, 2]}  # fmt: skip
    race = race_data({"a": [curve]}, **WORDS)
    view = whole(race)._replace(part="test", quantity="loss")
    assert "test loss (log scale, cut at 10)" in words(picture(race, view))
    alt = said("pictureWords", race, view)
    assert "on a logarithmic axis cut at 10" in alt
    assert "(at first over a million)" in alt
    assert "cut at" not in words(picture(race, view._replace(quantity="error")))
    small = race_data({"a": [curve | {"test_loss": [2, 1.25]}]}, **WORDS)
    assert "cut at" not in said("pictureWords", small, view)


def test_the_random_races_hold_what_is_hard() -> None:
    texts = [
        " ".join([words(picture(*case)), said("pictureWords", *case), *said("noteWords", case[0])])
        for case in CASES
    ]
    for hard in ["(log scale)", "No net is chosen", "has no value", "over a million", "one run",
                 "One of 2 measured points", "One of 3 measured points", "Did not finish"]:
        assert any(hard in text for text in texts), hard


def test_ten_nets_are_told_apart_without_color() -> None:
    looks = set()
    for net in range(10):
        line, mark = children(js("race/look", "sample", net))
        looks.add((line[1].get("stroke-dasharray"), mark[1]["d"], mark[1]["fill"] == "none"))
    assert len(looks) == 10
