"""The panel that trains: its callbacks, called as a reader's clicks would call them."""

import itertools
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

from resnet_lab.data import load_data
from resnet_lab.figures.style import SERIES
from resnet_lab.models import spec
from resnet_lab.training import RECIPES, RunRecord, Trainer
from resnet_lab.training.code import code_digest
from resnet_lab.training.curve import Curve
from resnet_lab.widgets import lab_runs, training_lab
from resnet_lab.widgets.lab import TOOLTIP, VIEW
from resnet_lab.widgets.lab_curve import picture, picture_words
from resnet_lab.widgets.lab_runs import KINDS, lab_network, lab_recipe
from resnet_lab.widgets.still import markup
from resnet_lab.widgets.training_lab import TrainingLab

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


def drawn(lab: TrainingLab) -> ElementTree.Element:
    """The curve and table of a panel, as one well-formed element."""
    return ElementTree.fromstring(f"<div>{lab.chart.value}</div>")


def said(lab: TrainingLab, words: str) -> threading.Event:
    """An event that is set once the line of text has these words in it."""
    event = threading.Event()
    lab.text.observe(lambda change: event.set() if words in change["new"] else None, "value")
    return event


def rows(lab: TrainingLab) -> list[list[str]]:
    return [
        ["".join(cell.itertext()).strip() for cell in row] for row in drawn(lab).iter("tr")
    ][1:]


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
    assert rows(lab)[0][2] == f"{mine.final('test_error'):.1f}"


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
    shown = said(lab, "step 1 of 6")
    lab.start()
    lab.start()
    scripted.leave.release()
    assert shown.wait(20)
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
    assert "No curve yet." in lab.chart.value


def test_what_fails_in_the_thread_is_shown_and_kept(make, scripted):
    scripted.end = RuntimeError("<b>out of memory")
    lab = make()
    lab.start()
    with pytest.raises(RuntimeError, match="out of memory"):
        lab.wait(20)
    assert lab.error is scripted.end
    assert "The run failed at step 3: RuntimeError: &lt;b&gt;out of memory." in lab.text.value
    assert rows(lab)[0][-1] == "failed"
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
    assert rows(lab)[0][-1] == scripted.end


def test_a_run_without_a_point_is_in_the_table(make, scripted):
    scripted.errors, scripted.end = (), "diverged: the training loss was nan by step 1"
    lab = make()
    lab.start()
    lab.wait(20)
    assert rows(lab)[0][1:] == ["–", "–", scripted.end]
    assert drawn(lab).find(".//svg[@role]") is None


def test_four_runs_stay_each_with_its_color(make, scripted):
    lab = make()
    for seed in range(5):
        lab.seed.value = seed
        lab.start()
        lab.wait(20)
    assert [record.seed for record in lab.records] == [1, 2, 3, 4]
    groups = drawn(lab).findall(".//svg[@role]/g")
    strokes = [group.get("stroke") for group in groups]
    assert len(groups) == 8
    assert len(set(strokes)) == 4
    assert strokes[-1] == SERIES[0], "the fifth run takes the color of the first"


def test_clear_keeps_the_run_that_goes_on(make, scripted):
    lab = make()
    lab.start()
    lab.wait(20)
    scripted.leave = threading.Semaphore(1)
    lab.seed.value = 9
    shown = said(lab, "seed 9: step 1 of 6")
    lab.start()
    assert shown.wait(20)
    assert [record.seed for record in lab.records] == [0, 9]
    lab.clear()
    assert [record.seed for record in lab.records] == [9]
    scripted.leave.release(5)
    lab.wait(20)
    assert [row[-1][:8] for row in rows(lab)] == ["finished"]


def test_the_curve_is_drawn_twice_a_second_at_most_and_at_the_end(make, scripted, monkeypatch):
    scripted.errors = tuple(float(error) for error in range(90, 10, -4))
    clock = itertools.count(0, 0.2)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    lab = make()
    pictures: list[str] = []
    lab.chart.observe(lambda change: pictures.append(change["new"]), "value")
    lab.start()
    lab.wait(20)
    assert 4 <= len(pictures) <= 11, "20 points, two looks at the clock for each that is drawn"
    assert "finished" in pictures[-1]


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
        "from resnet_lab.widgets.training_lab import TrainingLab\n"
        "first, second = TrainingLab(steps=5000), TrainingLab(steps=5000)\n"
        "first.start()\nipywidgets.Widget.close_all()\nfirst.wait(20)\n"
        "assert not first.running\n"
        "second.start()\nassert second.running"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_picture_has_every_point_and_says_so_in_words(record):
    run = replace(record, ended="finished", curve=points(80.0, 30.0, 40.0))
    svg = ElementTree.fromstring(markup(picture({0: run, 1: replace(run, seed=4)})))
    lines = [line.get("points").split() for line in svg.iter("polyline")]
    assert [len(line) for line in lines] == [3, 3, 3, 3]
    heights = [float(place.split(",")[1]) for place in lines[1]]
    part = (heights[2] - heights[1]) / (heights[0] - heights[1])
    assert part == pytest.approx((40 - 30) / (80 - 30), abs=0.01)
    assert svg.get("role") == "img"
    words = svg.get("aria-label")
    assert words == picture_words({0: run, 1: replace(run, seed=4)})
    assert "test error from 80.0 at step 1 to 40.0 at step 3, lowest 30.0 at step 2" in words
    assert "training error from 40.0 at step 1" in words
    assert words.count("ResNet-20, option B") == 2


def test_a_value_that_is_not_finite_is_left_out(record):
    run = replace(record, curve=points(80.0, float("nan"), 40.0))
    svg = ElementTree.fromstring(markup(picture({0: run})))
    assert [len(line.get("points").split()) for line in svg.iter("polyline")] == [2, 2]
    assert "nan" not in svg.get("aria-label")


def test_the_page_shows_the_recorded_run_and_the_notebook_the_panel(make, record):
    run = replace(record, curve=points(80.0, 30.0))
    formatted, _ = DisplayFormatter().format(make(recorded=run))
    assert formatted[VIEW]["model_id"]
    assert formatted["text/plain"].startswith("TrainingLab(depth=20, kind='A', lr=0.1, steps=6")
    html = formatted["text/html"]
    assert html.startswith(
        "<p>This is a recorded run on handwritten digits (1,437 images, 6 steps of 64); in a "
        "notebook with a kernel, a panel in this place trains live.</p>"
    )
    assert "to 30.0 at step 2" in html
    page = ElementTree.fromstring(f"<div>{html}</div>")
    for element in page.iter():
        assert element.tag not in ("script", "style", "button", "select", "input")
        for name, value in element.items():
            assert name not in ("style", "id", "src", "href")
            assert "rl-widget" not in value
            assert "//" not in value


def test_without_a_recorded_run_the_page_shows_what_was_trained_here(make, scripted):
    lab = make()
    empty = lab._page_html()
    assert empty.startswith("<p>In a notebook with a kernel, a panel in this place trains live.")
    assert "<svg" not in empty
    lab.start()
    lab.wait(20)
    assert "to 20.0 at step 3" in lab._page_html()


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
    with pytest.raises(ValueError, match=r"^recorded must name .* near it: digits-short/resnet20"):
        make(recorded="digits-short/resnet20-seed7")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"depth": 21}, ValueError, "^depth must be one of 20, 32, 44, 56, 110, got 21"),
        ({"depth": True}, ValueError, "^depth must"),
        ({"kind": "D"}, ValueError, "^kind must be one of 'plain', 'A', 'B', 'C', 'v2', got 'D'"),
        ({"lr": 0.3}, ValueError, "^lr must be one of 1.0, .* got 0.3"),
        ({"lr": "0.1"}, ValueError, "^lr must"),
        ({"steps": 3}, ValueError, "^steps must be from 4 to 5,000, got 3"),
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
