"""Checkpoints that were damaged, forged, interrupted, or belong to another run."""

import errno
import hashlib
import io
import os
import pickle
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_runs import RECIPE, SPEC, same_weights, tiny_data, tiny_trainer

from resnet_lab.training import checkpoint
from resnet_lab.training.checkpoint import CheckpointError, load_checkpoint, save_checkpoint

pytestmark = pytest.mark.usefixtures("one_thread")


def state(step: int) -> dict:
    return {"step": step, "weights": torch.full((3, 4), float(step)), "curve": [0.5, None]}


def files(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def newest(folder: Path) -> Path:
    return max(folder.glob("step-*.pt"))


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with the checkpoints of steps 20 and 30."""
    for step in (10, 20, 30):
        save_checkpoint(tmp_path, step, state(step))
    return tmp_path


def cut(length: int):
    def damage(path: Path) -> None:
        content = path.read_bytes()
        path.write_bytes(content[: length if length >= 0 else len(content) + length])

    return damage


def flip(place: float):
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[int(place * len(content))] ^= 1
        path.write_bytes(content)

    return damage


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def replace_by_other(path: Path) -> None:
    path.write_bytes(b"GIF89a" * 100)


DAMAGE = {
    "empty": cut(0),
    "one byte": cut(1),
    "a block": cut(512),
    "cut by one": cut(-1),
    "cut by a block": cut(-512),
    "a bit at the start": flip(0),
    "a bit in the middle": flip(0.5),
    "a bit at the end": flip(0.999),
    "lengthened": lengthen,
    "another file": replace_by_other,
}


def test_a_state_comes_back_and_two_are_kept(folder):
    assert [name[:13] for name in files(folder)] == ["step-00000020", "step-00000030"]
    found = load_checkpoint(folder)
    assert torch.equal(found.pop("weights"), state(30)["weights"])
    assert found == {"step": 30, "curve": [0.5, None]}


def test_the_newest_is_that_of_the_last_step_whatever_the_clock_says(folder):
    """A copied folder has its files in any order of time."""
    for age, path in enumerate(sorted(folder.glob("step-*.pt"))):
        os.utime(path, (1e9 - age, 1e9 - age))
    assert load_checkpoint(folder)["step"] == 30
    os.utime(save_checkpoint(folder, 40, state(40)), (1e8, 1e8))
    assert load_whole(folder) == [40, 30]
    assert load_checkpoint(folder)["step"] == 40


def test_where_there_is_nothing_nothing_is_loaded(tmp_path):
    assert load_checkpoint(tmp_path) is None
    assert load_checkpoint(tmp_path / "missing") is None
    (tmp_path / "weights.pt").write_bytes(b"not a checkpoint by name")
    assert load_checkpoint(tmp_path) is None


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_checkpoint_is_refused_and_the_one_before_is_used(folder, kind):
    DAMAGE[kind](newest(folder))
    with pytest.warns(UserWarning, match="passed over: .*step-00000030-.*cut short or altered"):
        assert load_checkpoint(folder)["step"] == 20


def test_the_one_before_is_used_where_the_newest_is_gone(folder):
    newest(folder).unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_checkpoint(folder)["step"] == 20


def test_a_checkpoint_that_was_renamed_is_refused(folder):
    newest(folder).rename(folder / "step-00000099-0123456789abcdef.pt")
    with pytest.warns(UserWarning, match="step-00000099"):
        assert load_checkpoint(folder)["step"] == 20


def test_where_all_are_damaged_each_is_named(folder):
    paths = sorted(folder.glob("step-*.pt"))
    cut(100)(paths[0])
    flip(0.3)(paths[1])
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(folder)
    for path in paths:
        assert str(path) in str(error.value)


@pytest.mark.parametrize(("interval", "damaged"), [(10, 1), (3, 1), (3, 2)])
def test_a_damaged_file_never_takes_the_place_of_a_whole_one(folder, interval, damaged):
    """Whatever is passed over, two whole checkpoints are there after two more were written."""
    save_checkpoint(folder, 40, state(40))
    names = sorted(folder.glob("step-*.pt"))
    for path in names[-damaged:]:
        cut(100)(path)
    start = 30 if damaged == 1 else 20
    if damaged == 2:
        save_checkpoint(folder, start, state(start))
    for step in (start + interval, start + 2 * interval):
        before = load_whole(folder)
        save_checkpoint(folder, step, state(step))
        assert load_whole(folder) == [step, before[0]]
    assert len(files(folder)) == 2


def load_whole(folder: Path) -> list[int]:
    """Steps of all checkpoints that are whole, the newest first."""
    steps = []
    for path in sorted(folder.glob("step-*.pt"), reverse=True):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest.startswith(path.stem.split("-")[2]):
            steps.append(int(path.stem.split("-")[1]))
    return steps


class Code:
    """Pickled, it asks whoever loads it to make a folder."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def forge(folder: Path, content: bytes) -> None:
    """Write a checkpoint whose digest is right."""
    digest = hashlib.sha256(content).hexdigest()[:16]
    (folder / f"step-00000099-{digest}.pt").write_bytes(content)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("by_torch", [False, True])
def test_a_checkpoint_can_run_no_code(folder, tmp_path, by_torch):
    mark = tmp_path / "code-has-run"
    if by_torch:
        buffer = io.BytesIO()
        torch.save({"step": 99, "evil": Code(mark)}, buffer)
        content = buffer.getvalue()
    else:
        content = pickle.dumps(Code(mark))
    forge(folder, content)
    with pytest.warns(UserWarning, match="step-00000099"):
        assert load_checkpoint(folder)["step"] == 20 + 10
    assert not mark.exists()
    torch.load(io.BytesIO(content), weights_only=False) if by_torch else pickle.loads(content)
    assert mark.exists()  # so the forgery was a real one


@pytest.mark.parametrize("moment", ["open", "write", "fsync", "replace"])
def test_a_full_disk_leaves_what_was_there_and_nothing_half(folder, monkeypatch, moment):
    before = {name: (folder / name).read_bytes() for name in files(folder)}
    full = OSError(errno.ENOSPC, "No space left on device")

    def fail(*args, **kwargs):
        raise full

    class Full(io.FileIO):
        def write(self, content) -> int:
            super().write(content[:1000])
            raise full

    owner, name, put = {
        "open": (Path, "open", fail),
        "write": (Path, "open", lambda path, mode: Full(path, mode)),
        "fsync": (os, "fsync", fail),
        "replace": (Path, "replace", fail),
    }[moment]
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, put)
        with pytest.raises(OSError, match="No space left"):
            save_checkpoint(folder, 40, state(40))
    assert {name: (folder / name).read_bytes() for name in files(folder)} == before
    save_checkpoint(folder, 40, state(40))
    assert load_whole(folder) == [40, 30]


def test_a_run_that_met_a_full_disk_goes_on_exactly(tmp_path, monkeypatch):
    whole = tiny_trainer(recipe=RECIPE)
    whole.run()
    saved = []

    def fail_third(folder, step, content):
        saved.append(step)
        if len(saved) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return save_checkpoint(folder, step, content)

    with monkeypatch.context() as patch:
        patch.setattr("resnet_lab.training.trainer.save_checkpoint", fail_third)
        with pytest.raises(OSError, match="No space left"):
            tiny_trainer(tmp_path, checkpoint_every=7).run()
    assert saved == [7, 14, 21]
    assert load_whole(tmp_path) == [14, 7]
    resumed = tiny_trainer(tmp_path, checkpoint_every=7)
    resumed.run(resume=True)
    assert same_weights(whole.model.state_dict(), resumed.model.state_dict())


@pytest.mark.parametrize("moment", ["before its name", "after its name"])
def test_what_a_killed_writer_leaves_is_swept_away(folder, monkeypatch, moment):
    """A killed process cleans up nothing: here its clean-up is taken away instead."""

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", die)
        owner, name = (Path, "replace") if "before" in moment else (checkpoint, "_is_whole")
        patch.setattr(owner, name, die)
        with pytest.raises(Killed):
            save_checkpoint(folder, 40, state(40))
    assert load_checkpoint(folder)["step"] == (30 if "before" in moment else 40)
    assert len(files(folder)) == 3
    save_checkpoint(folder, 50, state(50))
    assert load_whole(folder) == [50, 30 if "before" in moment else 40]
    assert len(files(folder)) == 2


def test_other_files_are_left_alone(folder):
    others = {"notes.txt", ".hidden", "weights.pt", ".record.json.1.partial", "step-1.txt"}
    for name in others:
        (folder / name).write_text("mine")
    save_checkpoint(folder, 40, state(40))
    assert others < set(files(folder))
    assert {(folder / name).read_text() for name in others} == {"mine"}


def stopped_run(folder: Path, **options) -> None:
    """A run of which the first 20 of 30 steps are done."""
    trainer = tiny_trainer(
        folder, on_point=lambda trainer: trainer.steps == 20 and trainer.stop(), **options
    )
    assert trainer.run().ended == "stopped at step 20"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 1}, "^name must be 'tiny-seed0' to resume .*, got 'tiny-seed1'"),
        ({"seed": 1, "name": "tiny-seed0"}, "^seed must be 0 to resume the run in .*, got 1"),
        ({"recipe": RECIPE.changed(lr=0.05)}, "^lr must be 0.1 to resume .*, got 0.05"),
        ({"recipe": RECIPE.changed(drops=(12,))}, r"^drops must be \[12, 24\] .*, got \[12\]"),
        ({"data": tiny_data(seed=1)}, "^checksum must be '"),
        ({"data": tiny_data(train=51)}, "^checksum must be '"),
        ({"data": replace(tiny_data(), name="other")}, "^name must be 'tiny' .* got 'other'"),
        ({"model": replace(SPEC, shortcut="B")}, "^shortcut must be 'A' .*, got 'B'"),
        ({"model": replace(SPEC, zero_init_residual=True)}, "^zero_init_residual must be False"),
        ({"surgery": ["detach_shortcuts"]}, r"^surgery must be \[\] .*detach_shortcuts"),
        ({"model": torch.nn.Linear(2, 2)}, "^block must be 'basic' to resume .*, got None"),
    ],
)
def test_another_run_is_not_resumed(tmp_path, options, message):
    stopped_run(tmp_path)
    with pytest.raises(ValueError, match=message):
        tiny_trainer(tmp_path, **options).run(resume=True)
    with pytest.raises(ValueError, match="^folder must hold no checkpoints unless resume is True"):
        tiny_trainer(tmp_path).run()
    assert tiny_trainer(tmp_path).run(resume=True).finished


def test_other_code_does_not_resume(tmp_path, monkeypatch):
    stopped_run(tmp_path)
    monkeypatch.setattr("resnet_lab.training.trainer.code_digest", lambda: "0123456789abcdef")
    with pytest.raises(ValueError, match="^code must be '[0-9a-f]{16}' .*'0123.*: other code"):
        tiny_trainer(tmp_path).run(resume=True)


def test_a_run_resumes_from_the_checkpoint_before_a_damaged_one(tmp_path):
    whole = tiny_trainer()
    expected = whole.run()
    stopped_run(tmp_path, checkpoint_every=3)
    cut(1000)(newest(tmp_path))
    resumed = tiny_trainer(tmp_path, checkpoint_every=3)
    with pytest.warns(UserWarning, match="step-00000020"):
        record = resumed.run(resume=True)
    assert same_weights(whole.model.state_dict(), resumed.model.state_dict())
    assert {**record.curve.lists(), "seconds": 0} == {**expected.curve.lists(), "seconds": 0}
    assert record.first_losses == expected.first_losses
    assert load_whole(tmp_path) == [30, 27]


def test_a_run_whose_checkpoints_are_all_damaged_does_not_begin_anew(tmp_path):
    stopped_run(tmp_path, checkpoint_every=3)
    for path in tmp_path.glob("step-*.pt"):
        cut(1000)(path)
    with pytest.raises(CheckpointError, match="(?s)step-00000020.*step-00000018"):
        tiny_trainer(tmp_path).run(resume=True)
    assert not (tmp_path / "record.json").read_text().count("finished")


def test_the_last_weights_load_into_the_network_safely(tmp_path):
    trainer = tiny_trainer(tmp_path)
    trainer.run()
    weights = torch.load(tmp_path / "weights.pt", weights_only=True)
    assert same_weights(weights, trainer.model.state_dict())
    assert {name[:5] for name in files(tmp_path)} == {"recor", "weigh", "step-"}


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("name", ["weights.pt", "record.json"])
def test_results_of_another_run_are_not_written_over(tmp_path, name, resume):
    (tmp_path / name).write_bytes(b"of a week")
    trainer = tiny_trainer(tmp_path)
    with pytest.raises(ValueError, match=f"^folder must not hold the {name} of another run"):
        trainer.run(resume=resume)
    assert trainer.steps == 0
    assert (tmp_path / name).read_bytes() == b"of a week"
    assert files(tmp_path) == [name]


def test_a_folder_that_cannot_be_written_is_found_before_the_first_step(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    trainer = tiny_trainer(tmp_path / "file" / "run")
    with pytest.raises(OSError, match="file"):
        trainer.run()
    assert trainer.steps == 0


def test_a_finished_run_that_is_resumed_is_the_same(tmp_path):
    record, again = tiny_trainer(tmp_path).run(), tiny_trainer(tmp_path).run(resume=True)
    assert {**record.curve.lists(), "seconds": 0} == {**again.curve.lists(), "seconds": 0}
    assert again.finished


def test_a_run_without_a_folder_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert tiny_trainer().run().finished
    assert files(tmp_path) == []
