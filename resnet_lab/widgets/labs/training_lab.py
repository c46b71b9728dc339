"""Train with your own settings: a panel of controls around a race that grows."""

import atexit
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakSet

from ipywidgets import BoundedIntText, Button, HBox, IntProgress

from resnet_lab.checks import check_choice, check_integer, check_number
from resnet_lab.data import load_data
from resnet_lab.training import RunRecord, Trainer
from resnet_lab.training.record import RUNNING
from resnet_lab.widgets.labs.lab import ROW, TOOLTIP, WIDE, Lab, choice
from resnet_lab.widgets.labs.lab_runs import (
    KINDS,
    lab_network,
    lab_recipe,
    recorded_runs,
    recorded_words,
)  # fmt: skip
from resnet_lab.widgets.labs.lab_words import number_of, page_race, progress_words, race_of
from resnet_lab.widgets.race.growing import GrowingRace

DEPTHS = (20, 32, 44, 56, 110)
RATES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001)
STEPS = (4, 5_000)
SEEDS = (0, 999_999)
MOST_RUNS = 4
REDRAW_SECONDS = 0.5

_begun: "WeakSet[TrainingLab]" = WeakSet()


class TrainingLab(Lab):
    """Trains a network on handwritten digits, live, and shows its curve while it learns.

    The run goes on in a thread of its own, so that the panel answers. Up to four runs stay
    in the race; the next one takes the place of the oldest. Without a kernel, a page shows the
    recorded runs instead.

    Args:
        recorded: what a page without a kernel shows: a :class:`RunRecord`, the name of a
            packaged one such as ``"digits-short/resnet20-seed0"``, or a list of up to four;
            None shows the runs of this panel, if there are any.
        depth: layers: 20, 32, 44, 56 or 110.
        kind: ``"plain"``; ``"A"``, ``"B"`` or ``"C"``, a residual network with this shortcut;
            ``"v2"``, with pre-activation.
        lr: learning rate at the start, one of :data:`RATES`.
        steps: of 64 images each, 4 to 5,000. The learning rate is divided by ten after half
            and after three quarters of them.
        seed: of the first weights and of the order of the images.

    Attributes:
        depth, kind, lr, steps, seed: the controls; ``lab.depth.value = 56`` sets one.
        error: what went wrong in the last run; None where nothing did.

    Raises:
        TypeError, ValueError: an argument is not accepted; the message names it.
    """

    _thread: threading.Thread | None = None
    _trainer: Trainer | None = None
    _ended: RunRecord | None = None
    _notice = ""

    def __init__(
        self,
        recorded: RunRecord | str | Sequence[RunRecord | str] | None = None,
        depth: int = 20,
        kind: str = "A",
        lr: float = 0.1,
        steps: int = 450,
        seed: int = 0,
    ) -> None:
        self.recorded = recorded_runs(recorded, MOST_RUNS)
        check_choice("depth", depth, DEPTHS)
        check_choice("kind", kind, KINDS)
        check_number("lr", lr, min(RATES), max(RATES))  # True, which equals 1, is none
        check_choice("lr", lr, RATES)
        check_integer("steps", steps, *STEPS)
        check_integer("seed", seed, *SEEDS)
        super().__init__()
        self._make_controls(depth, kind, lr, steps, seed)
        self._runs: dict[int, tuple[int, RunRecord]] = {}  # slot -> number of the run, record
        self._slot, self._number, self._drawn = 0, 1, 0.0
        self._lock = threading.RLock()
        self.say("Choose a network and press Train.")

    def _make_controls(self, depth: int, kind: str, lr: float, steps: int, seed: int) -> None:
        def number(words: str, limits: tuple[int, int], value: int, tip: str) -> BoundedIntText:
            named: dict[str, Any] = {"description": words, TOOLTIP: tip}
            return BoundedIntText(value=value, min=limits[0], max=limits[1], **named, **WIDE)

        self.depth = choice("Depth", DEPTHS, depth, "Layers of the network")
        kinds = [(words, key) for key, words in KINDS.items()]
        self.kind = choice("Network", kinds, kind, "What passes by the layers of a block")
        rates = [(f"{rate:g}", rate) for rate in RATES]
        self.lr = choice("Learning rate", rates, lr, "At the start; it is divided by ten twice")
        self.steps = number("Steps", STEPS, steps, f"Of 64 images each, {STEPS[0]} to {STEPS[1]:,}")
        self.seed = number("Seed", SEEDS, seed, "Of the first weights and the order of images")
        self.train_button = Button(description="Train", tooltip="Begin a run")
        self.stop_button = Button(description="Stop", tooltip="End the run after this step")
        self.clear_button = Button(description="Clear", tooltip="Remove the runs that have ended")
        for button, act in (
            (self.train_button, self.start),
            (self.stop_button, self.stop),
            (self.clear_button, self.clear),
        ):
            button.on_click(lambda _, act=act: act())
        self.progress = IntProgress(description="Steps done", max=steps, **WIDE)
        self.chart = GrowingRace()
        self.children = (
            HBox([self.depth, self.kind, self.lr, self.steps, self.seed], **ROW),
            HBox([self.train_button, self.stop_button, self.clear_button, self.progress], **ROW),
            self.text,
            self.chart,
        )

    @property
    def running(self) -> bool:
        """Whether a run is going on."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def records(self) -> list[RunRecord]:
        """The runs in the race, the oldest first; one that goes on is as far as its last point."""
        return [record for _, record in self._runs.values()]

    def start(self) -> None:
        """Begin a run with the chosen settings; where one is going on, only say so."""
        if self.running:
            self._notice = " Train has to wait until this run has ended, or Stop ends it."
            self.say(f"A run is going on already.{self._notice}")
            return
        self.error, self._ended, self._thread, self._notice = None, None, None, ""
        try:
            trainer = self._make_trainer()
        except Exception as error:
            self.fail(error, "The run could not begin")
            return
        self._number = number_of(trainer.record(), self._runs.values())
        self._slot = self._free_slot()
        self.progress.value, self.progress.max = 0, trainer.recipe.iterations
        self._trainer = trainer
        self._thread = threading.Thread(target=self._train, args=(trainer,), daemon=True)
        self.say("Training has begun.")
        _begun.add(self)
        self._thread.start()

    def stop(self) -> None:
        """End the run after the current step."""
        if self._trainer is None or not self.running:
            self.say("No run is going on.")
            return
        self._trainer.stop()

    def clear(self) -> None:
        """Remove the runs that have ended from the race."""
        with self._lock:
            self._runs = dict(enumerate(r for r in self._runs.values() if r[1].ended == RUNNING))
            self._slot = 0
            self._draw()

    def wait(self, timeout: float | None = None) -> RunRecord | None:
        """Wait until the run has ended, and return its record.

        Args:
            timeout: seconds to wait at most.

        Returns:
            The record; None where no run was begun, or it has not ended yet.

        Raises:
            Exception: what went wrong in the run.
        """
        if self._thread is not None:
            self._thread.join(timeout)
        if self.error is not None:
            raise self.error
        return self._ended

    def close(self) -> None:
        """End the run and close the panel."""
        if self.running:
            self.stop()
        super().close()

    def _make_trainer(self) -> Trainer:
        data = load_data("digits", progress=False)
        network = lab_network(self.depth.value, self.kind.value, data)
        wanted = lab_recipe(self.lr.value, self.steps.value, data)
        def see(trainer: Trainer) -> None:
            self._show(trainer.record())
        return Trainer(network, data, wanted, self.seed.value, progress=False, on_point=see)

    def _free_slot(self) -> int:
        """The color and mark of the next run; the oldest run gives up its own if all are taken."""
        if len(self._runs) == MOST_RUNS:
            del self._runs[next(iter(self._runs))]
        return next(slot for slot in range(MOST_RUNS) if slot not in self._runs)

    def _train(self, trainer: Trainer) -> None:
        """What the thread does; an error ends up in the panel."""
        try:
            self._ended = trainer.run()
            self._show(self._ended)
        except Exception as error:
            self.fail(error, f"The run failed at step {trainer.steps}")
            with self._lock:
                if self._slot in self._runs:
                    last = replace(self._runs[self._slot][1], ended="failed")
                    self._runs[self._slot] = self._number, last
                self._draw()

    def _show(self, record: RunRecord) -> None:
        """Show how far a run is; the curve is drawn at the end and twice a second at most."""
        with self._lock:
            self._runs[self._slot] = self._number, record
            self.progress.value = record.steps
            line = progress_words(record)
            self.say(line + self._notice if record.ended == RUNNING else line)
            if record.ended != RUNNING or time.monotonic() - self._drawn >= REDRAW_SECONDS:
                self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        self.chart.show(race_of([self._runs[slot] for slot in sorted(self._runs)], "Runs"))

    def _page_html(self) -> str:
        shown = self.recorded or self.records
        title = "Recorded runs" if self.recorded else "Runs"
        return f"<p>{recorded_words(shown)}</p>{page_race(shown, title)}"

    def __repr__(self) -> str:
        names = ("depth", "kind", "lr", "steps", "seed")
        settings = ", ".join(f"{name}={getattr(self, name).value!r}" for name in names)
        return f"TrainingLab({settings})"


@atexit.register
def _end_all() -> None:
    """End every run: Python aborts where torch is still at work in a thread when it exits."""
    for lab in list(_begun):
        lab.close()
        if lab._thread is not None:
            lab._thread.join(timeout=10)
