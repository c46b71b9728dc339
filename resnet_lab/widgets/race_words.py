"""The sentences of the race, and its table; ``race_words.js`` says the same."""

from resnet_lab.widgets.drawing import Node
from resnet_lab.widgets.race_data import RaceData
from resnet_lab.widgets.race_look import sample
from resnet_lab.widgets.race_numbers import Place, View, epoch, fixed, ranking, value_scale

NONE_CHOSEN = "No net is chosen."


def quantity_words(view: View) -> str:
    """What is drawn, with its unit."""
    part = "training" if view.part == "train" else "test"
    return f"{part} {'error (%)' if view.quantity == 'error' else 'loss'}"


def number(value: float, view: View) -> str:
    """A value of the chosen quantity: errors with two decimals, losses with three digits or so."""
    if value >= 1e6:
        return "over a million"
    if view.quantity == "error":
        return fixed(value, 2)
    if value == 0:
        return "0"
    more = sum(value < limit for limit in (0.1, 0.01, 0.001))
    return fixed(value, 3 + more - sum(value >= limit for limit in (10, 100, 1000)))


def moment(race: RaceData, step: int) -> str:
    """A step, and its epoch where that is the same for all."""
    at = epoch(race, step)
    text = f"step {fixed(step, 0)}"
    return text if at is None else f"{text}, epoch {fixed(at, 0 if at == int(at) else 2)}"


def heading(race: RaceData, view: View) -> str:
    """What the table shows."""
    words = quantity_words(view)
    seed = "" if view.seed is None else f", seed {view.seed}"
    return f"{words[0].upper()}{words[1:]} at {moment(race, view.step)}{seed}"


def summary(race: RaceData, view: View) -> str:
    """The lowest and the highest at the step, in a sentence."""
    found = [
        f"{number(place.spread.mean, view)}, {place.label}"
        for place in ranking(race, view) if place.spread
    ]
    if not found:
        text = "no value." if view.shown else NONE_CHOSEN
    elif len(found) == 1:
        text = f"{found[0]}."
    else:
        text = f"lowest {found[0]}; highest {found[-1]}."
    return f"{heading(race, view)}: {text}"


def picture_words(race: RaceData, view: View) -> str:
    """The text alternative of the picture."""
    scale = value_scale(race, view)
    cut = f" cut at {scale.high:g}" if scale.cut else ""
    log = f", on a logarithmic axis{cut}" if scale.log else ""
    kind = f"{race['title']}: {race['data']}. Line chart of {quantity_words(view)} by step{log}."
    if not view.shown:
        return f"{kind} {NONE_CHOSEN}"
    places = "; ".join(_course(place, view) for place in ranking(race, view))
    return f"{kind} {heading(race, view)}, from lowest to highest: {places}."


def _course(place: Place, view: View) -> str:
    if place.spread is None:
        return f"{place.label} has no value"
    value, low, high = (number(value, view) for value in place.spread)
    over = f", {low} to {high} over {place.measured} seeds" if place.measured > 1 else ""
    start = "" if place.start is None else f" (at first {number(place.start, view)})"
    return f"{place.label} {value}{over}{start}"


def caption_words(race: RaceData) -> str:
    """What the curves were measured on, and how to read the lines."""
    counts = [len(net["runs"]) for net in race["nets"]]
    low, high = min(counts), max(counts)
    thinned = f" One of {race['one_of']} measured points is kept." if "one_of" in race else ""
    end = f"What is still to come is faint.{thinned}"
    if high == 1:
        return f"Trained on {race['data']}, one run a net. {end}"
    runs = f"{low}" if low == high else f"{low} to {high}"
    return (
        f"Trained on {race['data']}, {runs} seeds a net. Thin lines are single runs, thick lines "
        f"their mean. {end}"
    )


def ended_words(race: RaceData) -> list[str]:
    """The runs that did not finish, and why."""
    return [
        f"Did not finish: {net['label']}, seed {run['seed']} ({run['ended']})."
        for net in race["nets"] for run in net["runs"] if "ended" in run
    ]


def table(race: RaceData, view: View) -> Node:
    """The shown nets in order, with spread over the seeds where there is one."""
    places = ranking(race, view)
    spread = any(place.runs > 1 for place in places)
    heads = ["rank", "net", *(["mean", "lowest–highest"] if spread else ["value"])]
    rows: list[Node] = [("tr", {}, _cells(place, view, spread)) for place in places]
    return ("table", {"class": "rl-ranks"}, [
        ("caption", {}, [heading(race, view)]),
        ("thead", {}, [("tr", {}, [("th", {"scope": "col"}, [head]) for head in heads])]),
        ("tbody", {}, rows),
    ])


def _cells(place: Place, view: View, spread: bool) -> list[Node]:
    rank = "–" if place.rank is None else str(place.rank)
    value = between = "–"
    if place.spread:
        value, low, high = (number(value, view) for value in place.spread)
        between = f"{low}–{high}" if place.measured > 1 else "–"
    if place.measured < place.runs:
        between += f" ({place.measured}\u00a0of\u00a0{place.runs}\u00a0seeds)"
    return [
        ("td", {}, [rank]),
        ("th", {"scope": "row"}, [sample(place.net), f" {place.label}"]),
        *(("td", {}, [text]) for text in ([value, between] if spread else [value])),
    ]
