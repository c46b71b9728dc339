"""What a run fixes when it begins, and what its callback is given."""

import pytest
from tiny_runs import tiny_trainer

from resnet_lab.training import read_record
from resnet_lab.training import trainer as trainer_module

pytestmark = pytest.mark.usefixtures("one_thread")


def test_commit_and_digest_are_those_of_the_beginning_also_of_a_resumed_run(tmp_path, monkeypatch):
    """Somebody edits and commits while the run goes on, and again before it is resumed."""
    monkeypatch.setattr(trainer_module, "commit", lambda: "a" * 40)
    trainer = tiny_trainer(
        tmp_path, on_point=lambda trainer: trainer.steps == 20 and trainer.stop()
    )
    monkeypatch.setattr(trainer_module, "commit", lambda: "b" * 40)
    code = trainer.identity["code"]
    with monkeypatch.context() as patch:
        patch.setattr(trainer_module, "code_digest", lambda: "0" * 16)
        stopped = trainer.run()
    assert (stopped.ended, stopped.code, stopped.commit) == ("stopped at step 20", code, "a" * 40)
    resumed = tiny_trainer(tmp_path)
    assert resumed.record().commit == "b" * 40
    assert resumed.run(resume=True).commit == "a" * 40
    assert read_record(tmp_path / "record.json").commit == "a" * 40


def test_a_trainer_has_all_that_it_will_have():
    trainer = tiny_trainer()
    names = set(vars(trainer))
    assert trainer.lr == 0.1
    trainer.run()
    assert set(vars(trainer)) == names
    assert trainer.lr == pytest.approx(0.001)


def test_the_callback_is_given_the_trainer_at_its_point():
    seen = []

    def on_point(trainer):
        seen.append((trainer, trainer.record()))

    trainer = tiny_trainer(on_point=on_point)
    trainer.run()
    assert all(given is trainer for given, _ in seen)
    assert [(record.steps, len(record.curve), record.ended) for _, record in seen] == [
        (10, 1, "running"), (20, 2, "running"), (30, 3, "running"),
    ]  # fmt: skip
