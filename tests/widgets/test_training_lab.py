"""The panel that trains: its callbacks, called as a reader's clicks would call them."""

import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from javascript import js
from traitlets import TraitError

from resnet_lab.data import load_data
from resnet_lab.models import spec
from resnet_lab.training import RECIPES, RunRecord, Trainer
from resnet_lab.training.code import code_digest
from resnet_lab.training.curve import Curve
from resnet_lab.widgets.labs import lab_runs, training_lab
from resnet_lab.widgets.labs.lab import TOOLTIP, VIEW
from resnet_lab.widgets.labs.lab_runs import KINDS, lab_network, lab_recipe
from resnet_lab.widgets.labs.lab_words import numbered, race_of
from resnet_lab.widgets.labs.training_lab import TrainingLab
from resnet_lab.widgets.race.data import EMPTY
from resnet_lab.widgets.race.growing import GrowingRace
from resnet_lab.widgets.race.view import whole

DIGITS = load_data("digits")


@pytest.fixture(scope="module", autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def make() -> Iterator[Callable[..., TrainingLab]]:
    labs: list[TrainingLab] = []

    def make(**settings: Any) -> TrainingLab:
        labs.append(TrainingLab(**{"steps": 6, **settings}))
        return labs[-1]

    yield make
    for lab in labs:
        lab.close()
        if lab._thread:
            lab._thread.join(20)
            assert not lab.running


@pytest.fixture(scope="module")
def record() -> RunRecord:
    """A run of six steps, by the trainer alone."""
    short = RECIPES["short"].changed(lr=0.05, iterations=6, drops=(3, 4), evaluate_every=1)
    network = spec("resnet20", in_channels=1, num_classes=10, shortcut="B")
    return Trainer(network, DIGITS, short, 3, progress=False).run()


def points(*errors: float) -> Curve:
    """A curve with these test errors, a point a step; training errors are half of them."""
    steps = list(range(1, len(errors) + 1))
    return Curve(
        steps, [float(s) for s in steps], [0.1 for _ in steps], [1.0 for _ in steps],
        [error / 2 for error in errors], [1.0 for _ in steps], list(errors),
        [float(s) for s in steps],
    )  # fmt: skip


class Scripted:
    """A trainer that goes through given test errors, and waits for leave before each step."""

    errors: tuple[float, ...] = (80.0, 40.0, 20.0)
    end: "str | Exception" = "finished"
    leave: threading.Semaphore | None = None
    model: RunRecord

    def __init__(
        self, network: Any, data: Any, recipe: Any, seed: int, progress: bool, on_point: Any
    ) -> None:
        self.recipe, self.seed, self.steps, self.stopping = recipe, seed, 0, False
        self.on_point = on_point

    def stop(self) -> None:
        self.stopping = True

    def upto(self, ended: str) -> RunRecord:
        return replace(
            Scripted.model, recipe=self.recipe, seed=self.seed, steps=self.steps, ended=ended,
            curve=points(*self.errors[: self.steps]),
        )  # fmt: skip

    def record(self) -> RunRecord:
        return self.upto("running")

    def run(self) -> RunRecord:
        for _ in self.errors:
            if self.leave is not None:
                assert self.leave.acquire(timeout=20)
            if self.stopping:
                return self.upto(f"stopped at step {self.steps}")
            self.steps += 1
            self.on_point(self)
        if isinstance(self.end, Exception):
            raise self.end
        return self.upto(self.end)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, record: RunRecord) -> type[Scripted]:
    class Mine(Scripted):
        pass

    Scripted.model = record
    monkeypatch.setattr(training_lab, "Trainer", Mine)
    return Mine


def said(lab: TrainingLab, words: str) -> threading.Event:
    """An event that is set once the line of text has these words in it."""
    event = threading.Event()
    lab.text.observe(lambda change: event.set() if words in change["new"] else None, "value")
    return event


def shown(lab: TrainingLab) -> dict[str, dict[str, Any]]:
    """What the race of a panel shows: how a run is called -> its curves, in the order of colors."""
    return {net["label"]: net["runs"][0] for net in lab.chart.race["nets"]}


def only(lab: TrainingLab) -> dict[str, Any]:
    (run,) = shown(lab).values()
    return run


def test_a_run_is_the_one_that_the_trainer_alone_would_make(make, record):
    lab = make(kind="B", lr=0.05, seed=3)
    lab.start()
    mine = lab.wait()
    assert mine.finished
    assert (mine.model, mine.changes, mine.recipe) == (
        record.model, record.changes, record.recipe,
    )  # fmt: skip
    assert mine.first_losses == pytest.approx(record.first_losses, rel=1e-4)
    assert mine.curve.test_error == pytest.approx(record.curve.test_error, abs=1)
    assert lab.progress.value == lab.progress.max == 6
    assert f"test error {mine.final('test_error'):.1f} %" in lab.text.value
    assert "ResNet-20, option B, learning rate 0.05, seed 3: finished: 6 steps" in lab.text.value
    assert lab.records == [mine]
    assert only(lab)["test_error"] == pytest.approx(mine.curve.test_error, rel=1e-3)
    assert only(lab)["train_error"] == pytest.approx(mine.curve.train_error, rel=1e-3)


def test_four_hundred_and_fifty_steps_at_one_tenth_are_the_recipe_of_the_records():
    assert lab_recipe(0.1, 450, DIGITS) == RECIPES["short"]


@pytest.mark.parametrize("steps", [4, 5, 6, 7, 229, 230, 5000])
def test_the_rate_drops_twice_and_the_curve_has_points(steps):
    recipe = lab_recipe(0.1, steps, DIGITS)
    assert 1 <= recipe.drops[0] < recipe.drops[1] < steps
    every = recipe.evaluate_every or 23
    assert steps // every >= min(steps, 10)


@pytest.mark.parametrize(
    ("kind", "name", "shortcut", "version"),
    [
        ("plain", "plain32", "none", "v1.5"),
        ("A", "resnet32", "A", "v1.5"),
        ("B", "resnet32", "B", "v1.5"),
        ("C", "resnet32", "C", "v1.5"),
        ("v2", "resnetv2_32", "A", "v2"),
    ],
)
def test_every_kind_is_a_network_of_the_catalogue(kind, name, shortcut, version):
    found = lab_network(32, kind, DIGITS)
    assert (found.name, found.shortcut, found.version) == (name, shortcut, version)
    assert (found.depth, found.in_channels, found.num_classes) == (32, 1, 10)
    assert kind in KINDS


def test_stop_ends_a_run_even_before_it_has_begun(make, monkeypatch):
    begin, told = Trainer._begin, threading.Event()

    def begin_late(self: Trainer, resume: bool) -> None:
        assert told.wait(timeout=60)
        begin(self, resume)

    monkeypatch.setattr(Trainer, "_begin", begin_late)
    lab = make(steps=5000)
    lab.start()
    lab.stop()
    told.set()
    record = lab.wait(timeout=60)
    assert record.ended == f"stopped at step {record.steps}"
    assert record.steps < 100
    assert f"stopped at step {record.steps}" in lab.text.value
    lab.stop()
    assert "No run is going on." in lab.text.value


def test_a_second_start_only_says_so(make, scripted):
    scripted.leave = threading.Semaphore(1)
    lab = make()
    lab.start()
    thread = lab._thread
    lab.start()
    assert lab._thread is thread
    assert "Train has to wait" in lab.text.value
    scripted.leave.release(5)
    assert lab.wait(20).finished
    assert "Train has to wait" not in lab.text.value
    assert len(lab.records) == 1


def test_the_notice_outlasts_the_next_point(make, scripted):
    scripted.leave = threading.Semaphore(0)
    lab = make()
    begun = said(lab, "step 1 of 6")
    lab.start()
    lab.start()
    scripted.leave.release()
    assert begun.wait(20)
    assert "step 1 of 6" in lab.text.value
    assert "Train has to wait" in lab.text.value
    scripted.leave.release(5)
    lab.wait(20)
    assert "Train has to wait" not in lab.text.value


def test_buttons_call_the_methods(make, scripted):
    lab = make()
    lab.train_button.click()
    assert lab.wait(20).finished
    lab.stop_button.click()
    assert "No run is going on." in lab.text.value
    lab.clear_button.click()
    assert lab.records == []
    assert lab.chart.race == EMPTY


def test_what_fails_in_the_thread_is_shown_and_kept(make, scripted):
    scripted.end = RuntimeError("<b>out of memory")
    lab = make()
    lab.start()
    with pytest.raises(RuntimeError, match="out of memory"):
        lab.wait(20)
    assert lab.error is scripted.end
    assert "The run failed at step 3: RuntimeError: &lt;b&gt;out of memory." in lab.text.value
    assert only(lab)["ended"] == "failed"
    lab.clear()
    assert lab.records == []
    scripted.end = "finished"
    lab.start()
    assert lab.wait(20).finished
    assert lab.error is None


def test_what_fails_before_the_thread_is_shown_and_kept(make, monkeypatch):
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no digits here")

    monkeypatch.setattr(training_lab, "load_data", broken)
    lab = make()
    lab.start()
    assert "The run could not begin: no digits here." in lab.text.value
    assert not lab.running
    with pytest.raises(OSError, match="no digits"):
        lab.wait()


def test_a_diverged_run_says_so(make, scripted):
    scripted.end = "diverged: the training loss was nan by step 3"
    lab = make()
    lab.start()
    lab.wait(20)
    assert scripted.end in lab.text.value
    assert only(lab)["ended"] == scripted.end


def test_a_run_without_a_point_is_only_told(make, scripted):
    scripted.errors, scripted.end = (), "diverged: the training loss was nan by step 1"
    lab = make()
    lab.start()
    lab.wait(20)
    assert f"{scripted.end}; no point of the curve yet." in lab.text.value
    assert lab.chart.race == EMPTY
    scripted.errors, scripted.end = (80.0,), "finished"
    lab.start()
    lab.wait(20)
    ended = [run.get("ended") for run in shown(lab).values()]
    assert ended == ["diverged: the training loss was nan by step 1", None]


def test_four_runs_stay_each_with_its_color(make, scripted):
    lab = make()
    for seed in range(5):
        lab.seed.value = seed
        lab.start()
        lab.wait(20)
    assert [record.seed for record in lab.records] == [1, 2, 3, 4]
    seeds = [int(label.rpartition(" ")[2]) for label in shown(lab)]
    assert seeds == [4, 1, 2, 3], "the fifth run takes the color of the first"


def test_a_run_that_was_pushed_out_is_gone_though_the_next_one_fails_at_once(make, scripted):
    lab = make()
    for seed in range(4):
        lab.seed.value = seed
        lab.start()
        lab.wait(20)
    scripted.errors, scripted.end, lab.seed.value = (), RuntimeError("out of memory"), 4
    lab.start()
    with pytest.raises(RuntimeError, match="out of memory"):
        lab.wait(20)
    assert [record.seed for record in lab.records] == [1, 2, 3]
    assert [label[-6:] for label in shown(lab)] == ["seed 1", "seed 2", "seed 3"]


def test_a_run_keeps_its_number_and_so_its_place_among_the_shown(make, scripted):
    """Two runs of seed 0, the first hidden by the reader and then pushed out of the race."""
    lab = make()
    for seed in (0, 0, 1, 2):
        lab.seed.value = seed
        lab.start()
        lab.wait(20)
    first, second, *others = shown(lab)
    assert (second, first[-6:]) == (f"{first} (2)", "seed 0")
    lab.chart.shown = [second, *others]
    lab.seed.value = 3
    lab.start()
    lab.wait(20)
    new, *rest = shown(lab)
    assert (new[-6:], rest) == ("seed 3", [second, *others])
    assert lab.chart.shown == [new, second, *others]
    lab.seed.value = 0
    lab.start()
    lab.wait(20)
    assert list(shown(lab)) == [new, f"{first} (3)", *others]
    assert f"{first} (3)" in lab.chart.shown
    lab.clear()
    lab.start()
    lab.wait(20)
    assert list(shown(lab)) == [first]


def test_clear_keeps_the_run_that_goes_on(make, scripted):
    lab = make()
    lab.start()
    lab.wait(20)
    scripted.leave = threading.Semaphore(1)
    lab.seed.value = 9
    begun = said(lab, "seed 9: step 1 of 6")
    lab.start()
    assert begun.wait(20)
    assert [record.seed for record in lab.records] == [0, 9]
    lab.clear()
    assert [record.seed for record in lab.records] == [9]
    scripted.leave.release(5)
    lab.wait(20)
    assert [label[-6:] for label in shown(lab)] == ["seed 9"]
    assert "ended" not in only(lab)


def test_the_curve_is_drawn_twice_a_second_at_most_and_at_the_end(make, scripted, monkeypatch):
    scripted.errors = tuple(float(error) for error in range(90, 10, -4))
    clock = itertools.count(0, 0.2)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    lab = make()
    pictures: list[Any] = []
    lab.chart.observe(lambda change: pictures.append(change["new"]), "race")
    lab.start()
    lab.wait(20)
    assert 4 <= len(pictures) <= 11, "20 points, two looks at the clock for each that is drawn"
    assert len(pictures[-1]["grids"][0]["step"]) == 20


def test_closing_leaves_no_thread(make):
    lab = make(steps=5000)
    lab.start()
    lab.close()
    assert lab._thread is not None
    lab._thread.join(20)
    assert not lab.running
    assert VIEW not in (lab._repr_mimebundle_ or dict)()


def test_closing_all_widgets_ends_the_run_and_so_does_the_end_of_python():
    code = (
        "import ipywidgets\n"
        "from resnet_lab.widgets import TrainingLab\n"
        "first, second = TrainingLab(steps=5000), TrainingLab(steps=5000)\n"
        "first.start()\nipywidgets.Widget.close_all()\nfirst.wait(20)\n"
        "assert not first.running\n"
        "second.start()\nassert second.running"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_race_has_every_point_and_says_so_in_words(record):
    run = replace(record, ended="finished", curve=points(80.0, 30.0, 40.0))
    race = race_of(numbered([run, replace(run, seed=4), run]), "Runs")
    assert [net["label"] for net in race["nets"]] == [
        "ResNet-20, option B, learning rate 0.05, seed 3",
        "ResNet-20, option B, learning rate 0.05, seed 4",
        "ResNet-20, option B, learning rate 0.05, seed 3 (2)",
    ]
    assert race["grids"] == [{"step": [1, 2, 3], "epoch": [1, 2, 3]}]
    curves = race["nets"][0]["runs"][0]
    assert (curves["test_error"], curves["train_error"]) == ([80, 30, 40], [40, 15, 20])
    assert "until" not in race
    view = whole(race)._replace(part="test")._asdict()
    alt = js("race/words", "pictureWords", race, view)
    assert alt.startswith("Runs: handwritten digits. Line chart of test error (%) by step.")
    assert alt.count("40.00 (at first 80.00)") == 3


def test_a_value_that_is_not_finite_is_a_gap(record):
    run = replace(record, curve=points(80.0, float("nan"), 40.0))
    race = race_of([(1, run)], "Runs")
    assert race["nets"][0]["runs"][0]["test_error"] == [80, None, 40]


def test_the_axis_of_a_run_that_goes_on_reaches_to_its_end(record):
    going = replace(record, ended="running", steps=2, curve=points(80.0, 70.0))
    assert race_of([(1, going), (2, record)], "Runs")["until"] == 6
    assert race_of([(1, going)], "Runs")["nets"][0]["runs"][0].get("ended") is None


def test_curves_that_grow_leave_the_reader_where_he_stands(record):
    """At the end with the run, else at the chosen step; a net that was hidden stays hidden."""

    def upto(count: int, *seeds: int) -> Any:
        curve = points(*[80.0, 70.0, 60.0, 50.0][:count])
        return race_of([(1, replace(record, seed=seed, curve=curve)) for seed in seeds], "Runs")

    def called(*seeds: int) -> list[str]:
        return [f"ResNet-20, option B, learning rate 0.05, seed {seed}" for seed in seeds]

    chart = GrowingRace()
    assert (chart.race, chart.shown) == (EMPTY, [])
    chart.show(upto(1, 0, 1))
    assert (chart.shown, chart.step) == (called(0, 1), 1)
    chart.show(upto(3, 0, 1))
    assert chart.step == 3
    chart.step, chart.shown, chart.quantity = 2, called(1), "loss"
    chart.show(upto(4, 0, 1, 2))
    assert (chart.step, chart.shown, chart.quantity) == (2, called(1, 2), "loss")
    chart.show(upto(1, 2))
    assert (chart.step, chart.shown) == (1, called(2))
    chart.show(EMPTY)
    assert chart.race == EMPTY
    chart.show(upto(2, 5))
    assert (chart.step, chart.shown) == (2, called(5))


def test_what_can_be_chosen_without_curves_is_and_the_rest_waits_for_them(record):
    chart = GrowingRace()
    chart.quantity, chart.part = "loss", "test"
    with pytest.raises(TraitError, match=r"^quantity must be one of .* got 'accuracy'"):
        chart.quantity = "accuracy"
    chart.seed, chart.step = 9, 50
    race = race_of([(1, replace(record, curve=points(80.0, 70.0)))], "Runs")
    chart.show(race)
    assert chart.view == whole(race)._replace(quantity="loss", part="test")
    chart.show(EMPTY)
    chart.quantity = "error"
    assert chart.quantity == "error"


def test_a_seed_that_is_gone_is_chosen_no_longer(record):
    runs = [replace(record, seed=seed, curve=points(80.0, 70.0)) for seed in (0, 9)]
    chart = GrowingRace()
    chart.show(race_of(numbered(runs), "Runs"))
    chart.seed = 9
    chart.show(race_of(numbered(runs), "Runs"))
    assert chart.seed == 9
    chart.show(race_of(numbered(runs[:1]), "Runs"))
    assert (chart.seed, len(chart.race["nets"])) == (None, 1)


def test_a_front_end_gets_new_curves_in_one_message(record, monkeypatch):
    """Between two it would draw a step that the curves do not have."""
    chart = GrowingRace()
    sent: list[set[str]] = []
    monkeypatch.setattr(chart, "send_state", lambda key=None: sent.append(set(key)))
    chart.show(race_of([(1, replace(record, curve=points(80.0)))], "Runs"))
    assert sent == [{"race", "shown", "step"}]


def test_the_page_shows_the_recorded_run_and_the_notebook_the_panel(make, record):
    run = replace(record, curve=points(80.0, 30.0))
    formatted, _ = DisplayFormatter().format(make(recorded=run))
    assert formatted[VIEW]["model_id"]
    assert formatted["text/plain"].startswith("TrainingLab(depth=20, kind='A', lr=0.1, steps=6")
    html = formatted["text/html"]
    assert html.startswith(
        "<p>This is a recorded run on handwritten digits (1,437 images, 6 steps of 64); in a "
        "notebook with a kernel and widgets, a panel in this place trains live.</p>"
    )
    page = ElementTree.fromstring(f"<div>{html}</div>")
    state = json.loads(page.findtext("div[@data-module='race']/script"))
    assert state["race"]["nets"][0]["runs"][0]["test_error"] == [80, 30]
    assert (state["race"]["title"], state["step"]) == ("Recorded runs", 2)
    assert state["race"]["data"] == "handwritten digits"
    assert page.findtext("div/p") == (
        "Here training curves race each other: Recorded runs. To see them, open the chapter on the "
        "site of the book."
    )
    for element in page.iter():
        assert element.tag not in ("style", "button", "select", "input")
        for name, value in element.items():
            assert name not in ("style", "id", "src", "href")
            assert "//" not in value


def test_without_a_recorded_run_the_page_shows_what_was_trained_here(make, scripted):
    lab = make()
    empty = lab._page_html()
    assert empty == (
        "<p>In a notebook with a kernel and widgets, a panel in this place trains live.</p>"
    )
    lab.start()
    lab.wait(20)
    assert '"test_error":[80,40,20]' in lab._page_html()


def test_colab_gets_the_panel_alone(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    assert set(make()._repr_mimebundle_()) == {VIEW, "text/plain"}


def test_a_packaged_record_goes_by_its_name(make, record, monkeypatch, tmp_path):
    monkeypatch.setattr(lab_runs, "FOLDER", tmp_path)
    name = "digits-short/resnet20-seed1"
    packaged = replace(
        record, name=name, changes={"in_channels": 1}, recipe=RECIPES["short"], seed=1,
        steps=450, code=code_digest(), commit="0" * 40,
    )  # fmt: skip
    packaged.save(tmp_path / f"{name}.json")
    lab = make(recorded=[name, record])
    assert [run.name for run in lab.recorded] == [name, record.name]
    html = lab._page_html()
    assert "These are recorded runs on handwritten digits at reduced size (1,437 images of" in html
    assert "; and on handwritten digits (1,437 images, 6 steps of 64); in a notebook" in html
    assert '"data":"handwritten digits at reduced size and handwritten digits"' in html
    with pytest.raises(ValueError, match=r"^recorded must name .* near it: digits-short/resnet20"):
        make(recorded="digits-short/resnet20-seed7")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"depth": 21}, ValueError, "^depth must be one of 20, 32, 44, 56, 110, got 21"),
        ({"depth": True}, ValueError, "^depth must"),
        ({"kind": "D"}, ValueError, "^kind must be one of 'plain', 'A', 'B', 'C', 'v2', got 'D'"),
        ({"lr": 0.3}, ValueError, "^lr must be one of 1.0, .* got 0.3"),
        ({"lr": True}, TypeError, "^lr must be a number"),
        ({"lr": "0.1"}, TypeError, "^lr must be a number"),
        ({"steps": 3}, ValueError, "^steps must be at least 4 and at most 5000, got 3"),
        ({"steps": 6.0}, TypeError, "^steps must be an integer"),
        ({"seed": -1}, ValueError, "^seed must"),
        ({"seed": None}, TypeError, "^seed must"),
        ({"recorded": 7}, TypeError, "^recorded must be a RunRecord, a name or a list"),
        ({"recorded": [None]}, TypeError, "^recorded must be"),
        ({"recorded": ["x"] * 5}, ValueError, "^recorded must hold at most 4 runs, got 5"),
    ],
)
def test_an_impossible_argument_is_named(settings, error, message):
    with pytest.raises(error, match=message):
        TrainingLab(**settings)


def test_every_control_has_a_name_and_a_tooltip(make):
    lab = make()
    controls = [control for row in lab.children[:2] for control in row.children]
    assert len(controls) == 9
    for control in controls:
        assert control.description
        if control is not lab.progress:
            name = TOOLTIP if control.has_trait(TOOLTIP) else "tooltip"
            assert getattr(control, name)
