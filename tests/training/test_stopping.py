"""Runs that end early: diverged, stopped, stopped and resumed; all say so in their records."""

import math
import re
import threading
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from commands import PATIENCE
from tiny_runs import RECIPE, same_weights, tiny_trainer
from tqdm import tqdm

from resnet_lab.training import Execution, read_record
from resnet_lab.training import trainer as trainer_module

pytestmark = pytest.mark.usefixtures("one_thread")


def lists_but_seconds(record) -> dict:
    return {**record.curve.lists(), "seconds": None}


@pytest.fixture(scope="module")
def whole():
    """The uninterrupted run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    trainer = tiny_trainer()
    record = trainer.run()
    torch.set_num_threads(threads)
    return trainer, record


def assert_same_run(trainer, record, whole):
    assert record.finished
    assert same_weights(trainer.model.state_dict(), whole[0].model.state_dict())
    assert lists_but_seconds(record) == lists_but_seconds(whole[1])
    assert record.first_losses == whole[1].first_losses


def test_a_diverged_run_ends_early_with_its_reason_and_keeps_its_record(tmp_path):
    trainer = tiny_trainer(tmp_path, recipe=RECIPE.changed(lr=1e9, evaluate_every=1))
    record = trainer.run()
    assert record.diverged
    assert not record.finished
    assert record.ended.startswith("diverged: the training loss was ")
    assert record.ended.endswith(f" by step {record.steps}")
    assert 1 < record.steps < 30
    assert math.isfinite(record.curve.train_loss[-1])
    assert len(record.curve) == record.steps - 1
    kept = read_record(tmp_path / "record.json")
    assert (kept.ended, kept.steps, kept.recipe) == (record.ended, record.steps, record.recipe)


def test_a_run_that_is_seldom_looked_at_keeps_no_ruins_either(tmp_path, monkeypatch):
    """On a GPU the loss is looked at every 50 steps, and before a point or a checkpoint."""
    monkeypatch.setattr(Execution, "look_every", 50)
    recipe = RECIPE.changed(lr=1e9, evaluate_every=10)
    record = tiny_trainer(tmp_path, recipe=recipe, checkpoint_every=7).run()
    assert record.ended == "diverged: the training loss was nan by step 7"
    assert len(record.curve) == 0
    assert not list(tmp_path.glob("step-*.pt"))


def test_a_run_resumed_in_the_same_trainer_goes_on_exactly(tmp_path, whole):
    trainer = tiny_trainer(
        tmp_path, on_point=lambda trainer: trainer.steps == 20 and trainer.stop()
    )
    trainer.run()
    before = trainer.take_step
    assert_same_run(trainer, trainer.run(resume=True), whole)
    assert trainer.take_step is not before  # a graph would hold the old optimizer's tensors


def test_a_finished_record_lies_beside_its_own_weights(tmp_path, monkeypatch):
    """Whoever is killed while the weights are written has no record yet."""
    monkeypatch.setattr(trainer_module, "save_weights", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tiny_trainer(tmp_path).run()
    assert not (tmp_path / "record.json").exists()


def test_weights_that_the_last_step_ruins_are_no_finished_run(tmp_path):
    """The loss is that of the step before."""
    trainer = tiny_trainer(tmp_path)
    take_step = trainer.take_step

    def ruin_in_the_30th(batch):
        result = take_step(batch)
        if trainer.steps == 29:
            with torch.no_grad():
                trainer.model.fc.bias[0] = math.inf
        return result

    trainer.take_step = ruin_in_the_30th
    record = trainer.run()
    assert record.ended == "diverged: the weights were not finite after step 30"
    assert record.diverged
    assert math.isfinite(record.curve.train_loss[-1])
    assert read_record(tmp_path / "record.json").ended == record.ended
    assert tiny_trainer(tmp_path).run(resume=True).ended == record.ended


def test_a_diverged_run_saves_no_checkpoint_of_its_ruins(tmp_path):
    trainer = tiny_trainer(tmp_path, recipe=RECIPE.changed(lr=1e9), checkpoint_every=1)
    steps = trainer.run().steps
    names = sorted(path.name[:13] for path in tmp_path.glob("step-*.pt"))
    assert names == [f"step-{step:08d}" for step in (steps - 2, steps - 1)]
    again = tiny_trainer(tmp_path, recipe=RECIPE.changed(lr=1e9), checkpoint_every=1)
    assert again.run(resume=True).steps == steps


def test_no_point_is_made_of_ruins_where_nobody_looks_sooner(monkeypatch):
    monkeypatch.setattr(Execution, "look_every", 50)
    recipe = RECIPE.changed(lr=1e9, evaluate_every=10)
    record = tiny_trainer(recipe=recipe, checkpoint_every=1000).run()
    assert record.ended == "diverged: the training loss was nan by step 10"
    assert len(record.curve) == 0


def test_each_record_of_a_run_keeps_what_was_so_far():
    points, recipe = [], RECIPE.changed(evaluate_every=1)
    tiny_trainer(recipe=recipe, on_point=lambda trainer: points.append(trainer.record())).run()
    assert [len(point.first_losses) for point in points[:7]] == [1, 2, 3, 4, 5, 5, 5]
    assert [len(point.curve) for point in points] == list(range(1, 31))


@pytest.mark.parametrize("step", [10, 20])
def test_a_run_stopped_from_a_callback_goes_on_exactly(tmp_path, whole, step):
    points = []

    def on_point(trainer):
        points.append(trainer.record())
        if trainer.steps == step:
            trainer.stop()

    trainer = tiny_trainer(tmp_path, on_point=on_point)
    record = trainer.run()
    assert record.ended == f"stopped at step {step}"
    assert not record.finished
    assert not record.diverged
    assert read_record(tmp_path / "record.json").ended == record.ended
    assert [len(point.curve) for point in points] == list(range(1, step // 10 + 1))
    assert points[0].ended == "running"
    resumed = tiny_trainer(tmp_path)
    assert_same_run(resumed, resumed.run(resume=True), whole)
    assert read_record(tmp_path / "record.json").finished


def test_a_run_stopped_between_two_points_goes_on_exactly(tmp_path, whole):
    """Also the losses since the last point are kept."""
    trainer = tiny_trainer(tmp_path, checkpoint_every=1000)
    take_step = trainer.take_step

    def stop_in_the_17th(batch):
        if trainer.steps == 16:
            trainer.stop()
        return take_step(batch)

    trainer.take_step = stop_in_the_17th
    assert trainer.run().ended == "stopped at step 17"
    resumed = tiny_trainer(tmp_path)
    assert_same_run(resumed, resumed.run(resume=True), whole)


def test_a_run_stopped_from_another_thread_goes_on_exactly(tmp_path, whole):
    trainer = tiny_trainer(tmp_path)
    take_step, records = trainer.take_step, []
    reached, told = threading.Event(), threading.Event()

    def wait_in_the_16th(batch):
        if trainer.steps == 15:
            reached.set()
            assert told.wait(PATIENCE)
        return take_step(batch)

    def run() -> None:
        torch.set_num_threads(1)  # each thread has a setting of its own
        records.append(trainer.run())

    trainer.take_step = wait_in_the_16th
    thread = threading.Thread(target=run)
    thread.start()
    assert reached.wait(PATIENCE)
    trainer.stop()
    told.set()
    thread.join(PATIENCE)
    assert [record.ended for record in records] == ["stopped at step 16"]
    resumed = tiny_trainer(tmp_path)
    assert_same_run(resumed, resumed.run(resume=True), whole)


def test_a_stop_before_the_first_step_is_not_lost():
    """A signal may come while the checkpoint is still being read."""
    trainer = tiny_trainer()
    trainer.stop()
    assert trainer.run().ended == "stopped at step 1"


def test_a_stop_in_the_last_step_changes_nothing(whole):
    trainer = tiny_trainer(on_point=lambda trainer: trainer.steps == 30 and trainer.stop())
    assert_same_run(trainer, trainer.run(), whole)


@pytest.fixture
def clock(monkeypatch):
    """Time that passes in steps alone, a second in each; a test may let more of it pass."""
    clock, advance = SimpleNamespace(now=5000.0), trainer_module.Trainer.advance

    def step(trainer):
        clock.now += 1
        advance(trainer)

    monkeypatch.setattr(trainer_module.Trainer, "advance", step)
    monkeypatch.setattr(trainer_module.time, "perf_counter", lambda: clock.now)
    return clock


def test_a_stopped_trainer_goes_on_in_memory(whole, clock):
    """As the stop button of a live lab has it: nothing is written, nothing is lost."""
    trainer = tiny_trainer(on_point=lambda trainer: trainer.steps == 10 and trainer.stop())
    clock.now += 1000  # before the run: building it
    first = trainer.run()
    assert first.ended == "stopped at step 10"
    assert (first.seconds, first.curve.seconds) == (10, [10])
    clock.now += 1000
    record = trainer.run()
    assert_same_run(trainer, record, whole)
    assert (record.seconds, record.curve.seconds) == (30, [10, 20, 30])
    assert len(first.curve) == 1


@pytest.mark.parametrize("stop_at", [10, 16])
def test_the_time_between_two_parts_does_not_count(tmp_path, clock, stop_at):
    trainer = tiny_trainer(tmp_path)
    take_step = trainer.take_step

    def stop_in_time(batch):
        if trainer.steps == stop_at - 1:
            trainer.stop()
        return take_step(batch)

    trainer.take_step = stop_in_time
    assert trainer.run().seconds == stop_at
    clock.now += 1000
    record = tiny_trainer(tmp_path).run(resume=True)
    assert (record.seconds, record.curve.seconds) == (30, [10, 20, 30])
    assert read_record(tmp_path / "record.json").seconds == 30


def test_resuming_a_finished_run_only_writes_its_record_again(tmp_path, whole):
    """As after a kill between the last checkpoint and the record."""
    tiny_trainer(tmp_path).run()
    (tmp_path / "record.json").unlink()
    (tmp_path / "weights.pt").unlink()
    resumed = tiny_trainer(tmp_path)
    resumed.advance = None
    assert_same_run(resumed, resumed.run(resume=True), whole)
    assert read_record(tmp_path / "record.json").finished
    assert (tmp_path / "weights.pt").exists()


def test_a_warm_up_goes_on_where_it_was(tmp_path):
    """Stopped in the middle of a window: what was counted before decides with what comes."""
    recipe = RECIPE.changed(
        warmup_lr=0.01, warmup_window=15, warmup_error=0.0, evaluate_every=1, drops=()
    )
    errors = tiny_trainer(recipe=recipe).run().curve.train_error[:15]
    in_all, after = sum(errors) / 15, sum(errors[8:]) / 7
    assert abs(in_all - after) > 0.5
    recipe = recipe.changed(warmup_error=(in_all + after) / 2)
    straight = tiny_trainer(recipe=recipe)
    expected = straight.run()
    assert expected.curve.lr[15] == (0.1 if in_all < after else 0.01)
    trainer = tiny_trainer(
        tmp_path, recipe=recipe, on_point=lambda trainer: trainer.steps == 8 and trainer.stop()
    )
    trainer.run()
    resumed = tiny_trainer(tmp_path, recipe=recipe)
    assert_same_run(resumed, resumed.run(resume=True), (straight, expected))


def test_an_error_in_a_callback_is_not_swallowed():
    def on_point(trainer):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tiny_trainer(on_point=on_point).run()


def test_the_bar_shows_loss_and_error_and_can_be_silent(capsys, monkeypatch):
    # It is drawn anew every tenth of a second; here, at every step.
    monkeypatch.setattr("resnet_lab.training.progress.tqdm", partial(tqdm, mininterval=0))
    tiny_trainer(progress=True).run()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "tiny-seed0" in shown.err
    for step in range(1, 31):
        assert f" {step}/30 [" in shown.err
    assert re.search(r"30/30 \[.*step.*, loss \d\.\d{3}, error \d+\.\d %\]", shown.err)
    tiny_trainer(progress=False).run()
    assert capsys.readouterr() == ("", "")


def test_the_bar_of_a_resumed_run_begins_where_it_was(tmp_path, capsys, monkeypatch):
    """It is looked at every tenth step here, as on a GPU every fiftieth."""
    monkeypatch.setattr("resnet_lab.training.progress.tqdm", partial(tqdm, mininterval=0))
    monkeypatch.setattr(Execution, "look_every", 10)
    stopped = tiny_trainer(tmp_path, on_point=lambda trainer: trainer.stop())
    stopped.run()
    tiny_trainer(tmp_path, progress=True).run(resume=True)
    shown = re.findall(r" (\d+)/30 \[", capsys.readouterr().err)
    assert list(dict.fromkeys(shown)) == ["10", "20", "30"]
