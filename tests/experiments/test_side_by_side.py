"""Several runs at a time: each computes what it would alone, and all end together."""

import gc
import itertools
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest
import torch
from commands import PATIENCE, ROOT, environment
from tiny_runs import CPU, RECIPE, same_weights, tiny_trainer

from resnet_lab.experiments.side_by_side import STREAMS, side_by_side
from resnet_lab.training import Execution
from resnet_lab.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("one_thread")

SEEDS = range(5)


def makers(folder, execution=CPU, **options) -> list:
    """A trainer for each seed, in a folder of its own."""

    def maker(seed: int):
        return lambda: tiny_trainer(
            folder / str(seed), seed=seed, name=str(seed), execution=execution, **options
        )

    return [maker(seed) for seed in SEEDS]


def run(folder, at_a_time: int, execution=CPU, **options) -> dict:
    records = list(side_by_side(makers(folder, execution, **options), at_a_time, execution))
    assert len(records) == len(SEEDS)
    return {int(record.name): record for record in records}


def weights(folder, seed: int) -> dict:
    return torch.load(folder / str(seed) / "weights.pt", weights_only=True)


@pytest.fixture
def alone(tmp_path):
    """Each run by itself: the folder of their weights, and their records."""
    folder = tmp_path / "alone"
    return folder, {
        seed: make().run() for seed, make in zip(SEEDS, makers(folder), strict=True)
    }  # fmt: skip


def assert_same_runs(folder, records, alone):
    for seed in SEEDS:
        assert records[seed].finished
        assert records[seed].first_losses == alone[1][seed].first_losses
        assert records[seed].curve.test_loss == alone[1][seed].curve.test_loss
        assert same_weights(weights(folder, seed), weights(alone[0], seed))


@pytest.mark.parametrize("at_a_time", [1, 3, 8])
def test_runs_side_by_side_compute_what_they_do_alone(tmp_path, alone, at_a_time):
    assert_same_runs(tmp_path, run(tmp_path, at_a_time), alone)


def test_so_many_run_at_once(tmp_path, monkeypatch):
    """Three meet in their fifth step: with fewer threads they would wait in vain."""
    meeting, advance, most, now = threading.Barrier(3), Trainer.advance, [0], set()

    def met(trainer):
        now.add(trainer)
        most[0] = max(most[0], len(now))
        if trainer.steps == 4 and trainer.identity["seed"] < 3:
            meeting.wait(timeout=60)
        advance(trainer)
        if trainer.steps == trainer.recipe.iterations:
            now.remove(trainer)

    monkeypatch.setattr(Trainer, "advance", met)
    run(tmp_path, 3)
    assert most == [3]


@pytest.fixture
def held(monkeypatch):
    """Which runs wait in their 20th step until they are told to stop."""
    advance, seeds = Trainer.advance, set()

    def waiting(trainer):
        deadline = time.monotonic() + 60
        while trainer.steps == 20 and trainer.identity["seed"] in seeds and not trainer.stopping:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        advance(trainer)

    monkeypatch.setattr(Trainer, "advance", waiting)
    return seeds


def reached(folder) -> dict[str, int]:
    """The step of each run's last checkpoint."""
    return {path.parent.name: int(path.name[5:13]) for path in sorted(folder.glob("*/step-*.pt"))}


def test_who_leaves_finds_checkpoints_and_goes_on(tmp_path, alone, held):
    held |= {1, 2}
    entered = side_by_side(makers(tmp_path, checkpoint_every=1000), 2, CPU)
    assert next(entered).name == "0"
    entered.close()
    assert not [thread for thread in threading.enumerate() if "ThreadPool" in thread.name]
    steps = reached(tmp_path)
    assert steps.pop("0") == 30
    assert "1" in steps
    assert steps.keys() <= {"1", "2"}
    assert all(1 <= step <= 21 for step in steps.values())
    held.clear()
    assert_same_runs(tmp_path, run(tmp_path, 2, checkpoint_every=1000), alone)


def test_a_run_that_is_being_built_stops_as_well(tmp_path):
    turn, left = itertools.count(), threading.Event()

    def make():
        if next(turn) == 0:
            return tiny_trainer()
        left.wait(timeout=60)
        return tiny_trainer(tmp_path / "slow")

    entered = side_by_side([make, make], 2, CPU)
    next(entered)
    leaving = threading.Thread(target=entered.close)
    leaving.start()
    time.sleep(0.1)  # until it has told those that run, of which the slow one is none
    left.set()
    leaving.join(timeout=60)
    assert reached(tmp_path) == {"slow": 1}


def test_one_that_fails_stops_the_others_and_is_raised(tmp_path, alone, held, monkeypatch):
    held.add(0)
    advance, other = Trainer.advance, threading.Event()

    def failing(trainer):
        if trainer.identity["seed"] == 0:
            other.set()
        elif trainer.steps == 5:
            assert other.wait(timeout=60)
            raise RuntimeError("out of memory")
        advance(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "advance", failing)
        with pytest.raises(RuntimeError, match="^out of memory$"):
            run(tmp_path, 2, checkpoint_every=1000)
    ((name, step),) = reached(tmp_path).items()  # the run that failed had none yet
    assert name == "0"
    assert 1 <= step <= 21
    held.clear()
    assert_same_runs(tmp_path, run(tmp_path, 2, checkpoint_every=1000), alone)


def test_the_first_error_is_raised_and_others_are_told(tmp_path):
    def failing(text: str):
        raise OSError(text)

    for _ in range(20):
        with pytest.raises(OSError, match="^disk full$"):
            list(side_by_side([lambda: failing("disk full")] * 8, 4, CPU))
    meeting = threading.Barrier(2)

    def failing_together():
        return tiny_trainer(on_point=lambda _: failing(f"of {meeting.wait(timeout=60)}"))

    with (
        pytest.warns(UserWarning, match=r"^another run failed, too: OSError\('of [01]'\)"),
        pytest.raises(OSError, match="^of [01]$"),
    ):
        list(side_by_side([failing_together] * 2, 2, CPU))


def test_switches_of_the_process_hold_until_the_last_run_ends(tmp_path, held, monkeypatch):
    """TF32 is one of them: the first run to end must not set it back for the others."""
    held.add(1)
    advance, seen = Trainer.advance, set()

    def looking(trainer):
        advance(trainer)
        seen.add(torch.backends.cudnn.allow_tf32)

    monkeypatch.setattr(Trainer, "advance", looking)
    before = torch.backends.cudnn.allow_tf32
    assert before is not CPU.tf32
    records = side_by_side(makers(tmp_path), 2, CPU)
    assert next(records).name == "0"
    held.clear()
    assert len(list(records)) == len(SEEDS) - 1
    assert seen == {CPU.tf32}
    assert torch.backends.cudnn.allow_tf32 is before


def test_an_impatient_ctrl_c_still_stops_all_of_them(tmp_path):
    """The second signal comes while the first is waiting for the runs to stop."""
    program = f"""
import os, signal, sys, threading, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_side_by_side import *
advance, taken = Trainer.advance, []
def slow(trainer):
    taken.append(trainer.identity["name"])
    if len(taken) == 3:
        threading.Thread(target=interrupt).start()
    time.sleep(0.05)
    advance(trainer)
def interrupt():
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.02)
Trainer.advance = slow
try:
    list(side_by_side(makers(Path({str(tmp_path)!r})), 2, CPU))
finally:
    import atexit
    atexit.register(lambda: print(len(taken), sorted(set(taken))))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE,
        env=environment(), cwd=ROOT,
    )  # fmt: skip
    assert "KeyboardInterrupt" in done.stderr
    steps, _, names = done.stdout.partition(" ")
    assert names.strip() == "['0', '1']"
    assert int(steps) < 12


@pytest.mark.parametrize("at_a_time", [1, 2])
def test_a_finished_run_is_let_go(at_a_time):
    """With a GPU's memory."""
    gone = []

    def make():
        trainer = tiny_trainer(on_point=lambda trainer: trainer.steps)
        weakref.finalize(trainer, gone.append, True)
        return trainer

    gc.collect()
    gc.disable()
    try:
        assert len(list(side_by_side([make] * 3, at_a_time, CPU))) == 3
        assert len(gone) == 3
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("at_a_time", "error", "message"),
    [
        (0, ValueError, f"^at_a_time must be at least 1 and at most {STREAMS}, got 0"),
        (STREAMS + 1, ValueError, f"^at_a_time must be .* at most {STREAMS}, got {STREAMS + 1}"),
        (2.0, TypeError, "^at_a_time must be an integer, got 2.0"),
        (True, TypeError, "^at_a_time must be an integer, got True"),
    ],
)
def test_what_cannot_be_is_refused(at_a_time, error, message):
    with pytest.raises(error, match=message):
        next(side_by_side([lambda: pytest.fail("made")], at_a_time, CPU))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU: streams not tried")
@pytest.mark.parametrize("graph", [False, True])
def test_streams_do_not_disturb_each_other(tmp_path, graph):
    recipe = RECIPE.changed(evaluate_every=5, lr=0.02)
    execution = Execution("cuda", cuda_graph=graph)
    together = run(tmp_path / "together", 5, execution, recipe=recipe)
    for seed, make in zip(SEEDS, makers(tmp_path, execution, recipe=recipe), strict=True):
        single = make().run().curve
        assert together[seed].curve.train_loss == pytest.approx(single.train_loss, rel=1e-2)
        assert together[seed].curve.test_loss == pytest.approx(single.test_loss, rel=1e-2)
