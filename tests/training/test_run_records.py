"""Records: written, read, and what is refused as none."""

import json
import math

import pytest
import torch
from tiny_runs import RECIPE, tiny_trainer

from resnet_lab.training import RecordError, RunRecord, read_record

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def record() -> RunRecord:
    return tiny_trainer(recipe=RECIPE.changed(iterations=6, drops=(2, 4), evaluate_every=2)).run()


@pytest.fixture
def path(record, tmp_path):
    record.save(tmp_path / "new" / "record.json")
    return tmp_path / "new" / "record.json"


def test_a_record_is_read_as_it_was_written(record, path):
    read = read_record(path)
    assert read.to_json().keys() == record.to_json().keys()
    for name, value in record.to_json().items():
        if name not in ("curve", "first_losses"):
            assert getattr(read, name, value) in (value, record.recipe), name
    assert read.first_losses == pytest.approx(record.first_losses, rel=1e-5)
    for name, values in record.curve.lists().items():
        assert read.curve.lists()[name] == pytest.approx(values, rel=1e-5), name
    assert read.recipe == record.recipe
    text = path.read_text()
    read.save(path)
    assert path.read_text() == text


def test_a_record_says_what_was_run(record):
    assert (record.name, record.model, record.drawn) == ("tiny-seed0", "tiny", "from the seed")
    assert (record.seed, record.processes, record.surgery) == (0, 1, [])
    assert record.data == {
        "name": "tiny", "title": "noise and bands", "train": 50, "test": 21,
        "checksum": record.data["checksum"],
    }  # fmt: skip
    assert len(record.data["checksum"]) == 64
    assert record.execution["device"] == "cpu"
    assert {"device", "threads", "torch", "python", "system"} <= set(record.machine)
    assert (record.steps, record.ended, len(record.first_losses)) == (6, "finished", 5)
    assert record.seconds > 0
    assert len(record.code) == 16
    assert record.commit == "unknown" or len(record.commit.rstrip("+")) == 40
    # A network that the catalogue has not is described by all of its specification.
    assert record.changes["depths"] == [1, 1, 1]


def test_what_was_run_is_what_the_trainer_says_that_it_is():
    trainer = tiny_trainer()
    assert trainer.run().identity == trainer.identity


def test_a_record_says_how_many_threads_there_were():
    torch.set_num_threads(3)
    assert tiny_trainer().record("not begun").machine["threads"] == 3


def test_a_record_is_json_of_a_line_a_field(record, path):
    lines = path.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("{", "}")
    assert len(lines) == 2 + len(record.to_json())
    assert json.loads(path.read_text())["format"] == 1


def test_numbers_that_are_not_finite_are_null_and_read_as_nan(record, path):
    read = read_record(path)
    read.curve.test_loss[1], read.curve.train_loss[0] = math.nan, math.inf
    read.first_losses[4] = -math.inf
    read.save(path)
    data = json.loads(path.read_text(), parse_constant=lambda word: pytest.fail(word))
    assert data["curve"]["test_loss"][1] is data["curve"]["train_loss"][0] is None
    again = read_record(path)
    assert math.isnan(again.curve.test_loss[1])
    assert math.isnan(again.curve.train_loss[0])
    assert math.isnan(again.first_losses[4])
    assert again.curve.test_loss[0] == read.curve.test_loss[0]


def test_steps_are_kept_exactly_and_numbers_to_six_digits(record, path):
    read = read_record(path)
    read.curve.step[-1], read.curve.test_loss[-1] = 123_456_789, 1.23456789
    read.save(path)
    again = read_record(path).curve
    assert (again.step[-1], again.test_loss[-1]) == (123_456_789, 1.23457)


def test_the_last_value_is_looked_up(record):
    assert record.final("test_error") == record.curve.test_error[-1]
    with pytest.raises(ValueError, match="^quantity must be one of 'step', .*, got 'loss'"):
        record.final("loss")
    empty = tiny_trainer().record("stopped at step 0")
    with pytest.raises(ValueError, match="tiny-seed0 has no point of the curve: stopped"):
        empty.final("test_error")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no record"),
        ("{", "is no record"),
        ("[]", "is no record of format 1"),
        ("null", "is no record of format 1"),
        ('"format"', "is no record of format 1"),
        ('{"a": 1}', "is no record of format 1"),
        ('{"format": 2}', "is no record of format 1"),
        ('{"format": 1}', r"lacks \['changes', 'code', "),
        ("\0" * 100, "is no record"),
    ],
)
def test_other_files_are_refused(tmp_path, text, message):
    path = tmp_path / "record.json"
    path.write_text(text)
    with pytest.raises(RecordError, match=message):
        read_record(path)
    path.write_bytes(b"\xff\xfe" * 20)
    with pytest.raises(RecordError, match="is no record"):
        read_record(path)
    with pytest.raises(FileNotFoundError):
        read_record(tmp_path / "missing.json")


def test_a_record_cut_short_anywhere_is_refused(path):
    text = path.read_text()
    for length in range(0, len(text.rstrip()) - 1, 97):
        path.write_text(text[:length])
        with pytest.raises(RecordError):
            read_record(path)


FIELDS = [
    "name", "model", "changes", "surgery", "drawn", "recipe", "data", "seed", "execution",
    "processes", "machine", "code", "commit", "first_losses", "steps", "ended", "seconds", "curve",
]  # fmt: skip


def test_no_field_is_forgotten_here(record):
    assert {*FIELDS, "format"} == set(record.to_json())


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_the_wrong_kind_is_refused(path, field):
    whole = json.loads(path.read_text())
    for wrong in (None, "text", 1.5, 3, [1, "a"], ["text"], {"a": 1}, {"drops": None}, [], True):
        fits = isinstance(wrong, type(whole[field])) and type(wrong) is type(whole[field])
        if fits and field not in ("recipe", "curve", "first_losses"):
            continue
        if (field, wrong) in (("first_losses", []), ("seconds", 3)):
            continue
        path.write_text(json.dumps({**whole, field: wrong}))
        with pytest.raises(RecordError, match=str(path)):
            read_record(path)
    del whole[field]
    path.write_text(json.dumps(whole))
    with pytest.raises(RecordError, match=rf"lacks \['{field}'\]"):
        read_record(path)
    path.write_text(json.dumps({**whole, field: 1, "extra": 2}))
    with pytest.raises(RecordError, match=r"has besides \['extra'\]"):
        read_record(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data["curve"]["step"].pop(), "differ in length"),
        (lambda data: data["curve"].pop("step"), "differ in length"),
        (lambda data: data["curve"].update(colour=[1, 2, 3]), "colour"),
        (lambda data: data["curve"].update(test_loss="abc"), "a curve must be numbers"),
        (lambda data: data["curve"].update(test_loss=[1, 2, "3"]), "numbers and nulls, got '3'"),
        (lambda data: data["recipe"].pop("drops"), "drops"),
        (lambda data: data["recipe"].update(lr=-1), "lr must be at least 0, got -1"),
        (lambda data: data["recipe"].update(speed=1), "speed"),
    ],
)
def test_damage_inside_is_found(path, change, message):
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    with pytest.raises(RecordError, match=message):
        read_record(path)


def test_a_record_is_written_whole_or_not_at_all(record, path, monkeypatch):
    before = path.read_text()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        tiny_trainer(name="another").run().save(path)
    assert path.read_text() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["record.json"]
