"""Several runs at a time: each computes what it would alone, and all end together."""

import gc
import itertools
import os
import signal
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from commands import PATIENCE, heeding_ctrl_c
from tiny_runs import CPU, RECIPE, same_weights, tiny_trainer

from resnet_lab.experiments.side_by_side import STREAMS, ask_for_queues, side_by_side
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


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Each run by itself: the folder of their weights, and their records."""
    folder, threads = tmp_path_factory.mktemp("alone"), torch.get_num_threads()
    torch.set_num_threads(1)
    records = {seed: make().run() for seed, make in zip(SEEDS, makers(folder), strict=True)}
    torch.set_num_threads(threads)
    return folder, records


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
    meeting, advance, counts, now = threading.Barrier(3), Trainer.advance, [], set()

    def met(trainer):
        now.add(trainer)
        counts.append(len(now))
        if trainer.steps == 4 and trainer.identity["seed"] < 3:
            meeting.wait(PATIENCE)
        advance(trainer)
        if trainer.steps == trainer.recipe.iterations:
            now.remove(trainer)

    monkeypatch.setattr(Trainer, "advance", met)
    run(tmp_path, 3)
    assert max(counts) == 3


class Held:
    """Runs of some seeds wait after 20 steps until they are told to stop, or are let go.

    The others wait there until one of these has come: so it has begun, however busy the machine.
    """

    def __init__(self) -> None:
        self.seeds, self.changed, self.come = set[int](), threading.Condition(), False

    def wait(self, trainer: Trainer) -> None:
        with self.changed:
            if trainer.identity["seed"] in self.seeds:
                self.come = True
                self.changed.notify_all()
                assert self.changed.wait_for(lambda: trainer.stopping or not self.seeds, PATIENCE)
            else:
                assert self.changed.wait_for(lambda: self.come or not self.seeds, PATIENCE)

    def tell(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def let_go(self) -> None:
        self.seeds.clear()
        self.tell()


@pytest.fixture
def held(monkeypatch) -> Held:
    advance, stop, held = Trainer.advance, Trainer.stop, Held()

    def waiting(trainer):
        if trainer.steps == 20:
            held.wait(trainer)
        advance(trainer)

    def told(trainer):
        stop(trainer)
        held.tell()

    monkeypatch.setattr(Trainer, "advance", waiting)
    monkeypatch.setattr(Trainer, "stop", told)
    return held


def reached(folder) -> dict[str, int]:
    """The step of each run's last checkpoint."""
    return {path.parent.name: int(path.name[5:13]) for path in sorted(folder.glob("*/step-*.pt"))}


def test_who_leaves_finds_checkpoints_and_goes_on(tmp_path, alone, held):
    held.seeds |= {1, 2}
    entered = side_by_side(makers(tmp_path, checkpoint_every=1000), 2, CPU)
    assert next(entered).name == "0"
    entered.close()
    assert not [thread for thread in threading.enumerate() if "ThreadPool" in thread.name]
    steps = reached(tmp_path)
    assert (steps.pop("0"), steps.pop("1")) == (30, 21)
    assert steps.keys() <= {"2"}  # whose turn may have come
    held.let_go()
    assert_same_runs(tmp_path, run(tmp_path, 2, checkpoint_every=1000), alone)


def test_a_run_that_is_being_built_stops_as_well(tmp_path, monkeypatch):
    turn, building, told = itertools.count(), threading.Event(), threading.Event()
    shutdown = ThreadPoolExecutor.shutdown

    def make():
        if next(turn) == 0:
            return tiny_trainer(on_point=lambda _: building.wait(PATIENCE))
        building.set()
        assert told.wait(PATIENCE)
        return tiny_trainer(tmp_path / "slow")

    def waiting(pool, **options):
        told.set()  # all that run, of which the slow one is none
        shutdown(pool, **options)

    entered = side_by_side([make, make], 2, CPU)
    next(entered)
    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", waiting)
    entered.close()
    assert reached(tmp_path) == {"slow": 1}


def test_one_that_fails_stops_the_others_and_is_raised(tmp_path, alone, held, monkeypatch):
    held.seeds.add(0)
    advance, other = Trainer.advance, threading.Event()

    def failing(trainer):
        if trainer.identity["seed"] == 0:
            other.set()
        elif trainer.steps == 5:
            assert other.wait(PATIENCE)
            raise RuntimeError("out of memory")
        advance(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "advance", failing)
        with pytest.raises(RuntimeError, match="^out of memory$"):
            run(tmp_path, 2, checkpoint_every=1000)
    ((name, step),) = reached(tmp_path).items()  # the run that failed had none yet
    assert name == "0"
    assert 1 <= step <= 21
    held.let_go()
    assert_same_runs(tmp_path, run(tmp_path, 2, checkpoint_every=1000), alone)


def test_the_first_error_is_raised_and_others_are_told(tmp_path):
    def failing(text: str):
        raise OSError(text)

    numbers = itertools.count()
    with pytest.raises(OSError, match="^disk full, 0$"):
        list(side_by_side([lambda: failing(f"disk full, {next(numbers)}")] * 8, 4, CPU))
    assert next(numbers) == 1  # no other was built
    meeting = threading.Barrier(2)

    def failing_together():
        return tiny_trainer(on_point=lambda _: failing(f"of {meeting.wait(PATIENCE)}"))

    with (
        pytest.warns(UserWarning, match=r"^another run failed, too: OSError\('of [01]'\)"),
        pytest.raises(OSError, match="^of [01]$"),
    ):
        list(side_by_side([failing_together] * 2, 2, CPU))


class Overtaken:
    """A lock: after the first that held it has let go, the next one has its turn to the end."""

    def __init__(self) -> None:
        self.lock, self.turns, self.second = threading.Lock(), itertools.count(), threading.Event()

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *details: object) -> None:
        first = next(self.turns) == 0
        self.lock.release()
        if first:
            assert self.second.wait(PATIENCE)
        else:
            self.second.set()


def test_no_trainer_is_built_after_one_that_could_not_be(monkeypatch):
    """Not even by a thread that has waited for its turn."""
    made = []

    def make():
        made.append(threading.current_thread())
        raise OSError("disk full")

    monkeypatch.setattr(sys.modules[side_by_side.__module__], "BEGINNING", Overtaken())
    with pytest.raises(OSError, match="^disk full$"):
        list(side_by_side([make] * 2, 2, CPU))
    assert len(made) == 1


def test_switches_of_the_process_hold_until_the_last_run_ends(tmp_path, held, monkeypatch):
    """TF32 is one of them: the first run to end must not set it back for the others."""
    held.seeds.add(1)
    advance, seen = Trainer.advance, set()

    def looking(trainer):
        advance(trainer)
        seen.add(torch.backends.cudnn.allow_tf32)

    monkeypatch.setattr(Trainer, "advance", looking)
    before = torch.backends.cudnn.allow_tf32
    assert before is not CPU.tf32
    records = side_by_side(makers(tmp_path), 2, CPU)
    assert next(records).name == "0"
    held.let_go()
    assert len(list(records)) == len(SEEDS) - 1
    assert seen == {CPU.tf32}
    assert torch.backends.cudnn.allow_tf32 is before


def test_an_impatient_ctrl_c_still_stops_all_of_them(tmp_path, monkeypatch):
    """One comes while two runs are in their third step, one while it waits for their end."""
    meeting, over, threads = threading.Barrier(3), threading.Event(), set()
    advance = Trainer.advance

    def waiting(trainer):
        if trainer.steps == 2:
            threads.add(threading.current_thread())
            meeting.wait(PATIENCE)
            assert over.wait(PATIENCE)
        advance(trainer)

    def interrupted(futures):
        meeting.wait(PATIENCE)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Trainer, "advance", waiting)
    monkeypatch.setattr(sys.modules[side_by_side.__module__], "as_completed", interrupted)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "join", lambda _: signal.raise_signal(signal.SIGINT))
        with heeding_ctrl_c(), pytest.raises(KeyboardInterrupt) as second:
            list(side_by_side(makers(tmp_path), 2, CPU))
    over.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert isinstance(second.value.__context__, KeyboardInterrupt)
    assert reached(tmp_path) == {"0": 3, "1": 3}


def test_a_second_ctrl_c_leaves_nobody_untold(tmp_path, monkeypatch):
    """It comes while the first of two runs is told to stop; both are in their third step."""
    meeting, over = threading.Barrier(3), threading.Event()
    advance, stop, shutdown = Trainer.advance, Trainer.stop, ThreadPoolExecutor.shutdown

    def waiting(trainer):
        if trainer.steps == 2:
            meeting.wait(PATIENCE)
            assert over.wait(PATIENCE)
        advance(trainer)

    def interrupted(futures):
        meeting.wait(PATIENCE)
        signal.raise_signal(signal.SIGINT)

    def interrupted_stop(trainer):
        signal.raise_signal(signal.SIGINT)
        stop(trainer)

    def going_on(pool, **options):
        over.set()
        shutdown(pool, **options)

    monkeypatch.setattr(Trainer, "advance", waiting)
    monkeypatch.setattr(Trainer, "stop", interrupted_stop)
    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", going_on)
    monkeypatch.setattr(sys.modules[side_by_side.__module__], "as_completed", interrupted)
    with heeding_ctrl_c(), pytest.raises(KeyboardInterrupt):
        list(side_by_side(makers(tmp_path), 2, CPU))
    assert reached(tmp_path) == {"0": 3, "1": 3}


def test_ctrl_c_lets_a_single_run_take_its_step_and_write_a_checkpoint(
    tmp_path, alone, monkeypatch
):
    advance = Trainer.advance

    def interrupted(trainer):
        if trainer.identity["seed"] == 1 and trainer.steps == 4:
            signal.raise_signal(signal.SIGINT)
        advance(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "advance", interrupted)
        with heeding_ctrl_c(), pytest.raises(KeyboardInterrupt):
            run(tmp_path, 1, checkpoint_every=1000)
    assert reached(tmp_path) == {"0": 30, "1": 5}
    assert_same_runs(tmp_path, run(tmp_path, 1, checkpoint_every=1000), alone)


def test_queues_that_somebody_asked_for_stay(monkeypatch):
    monkeypatch.setenv("CUDA_DEVICE_MAX_CONNECTIONS", "8")
    ask_for_queues()
    assert os.environ["CUDA_DEVICE_MAX_CONNECTIONS"] == "8"


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
