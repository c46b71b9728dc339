"""Generated cells, questions, exercises and running times of a small chapter."""

import dataclasses
import json
import os

import nbformat
import pytest
import torch

from book.kit import cells, minutes, notebooks, proofs, quizzes, solutions, sync


def test_writing_is_what_nbformat_writes(chapter):
    read = nbformat.read(chapter.path, as_version=4)
    nbformat.validate(read)
    assert nbformat.writes(read) + "\n" == chapter.path.read_text()


def test_check_sees_a_changed_source(chapter):
    assert sync.differences(sync.expected(chapter.book)) == []
    chapter.questions["quiz"][2]["question"] = "How tall?"
    chapter.write()
    lines = sync.differences(sync.expected(chapter.book))
    assert any(line.startswith("+") and "How tall?" in line for line in lines)


def test_check_sees_a_generated_cell_edited_by_hand(chapter):
    chapter.notebook["cells"][1]["source"] += "\nMore."
    chapter.write()
    assert any(line.startswith("-") for line in sync.differences(sync.expected(chapter.book)))


def test_the_command_exits_with_one(chapter, monkeypatch, capsys):
    texts = {chapter.path: chapter.path.read_text().replace("How wide", "How tall")}
    monkeypatch.setattr(sync, "expected", lambda: texts)
    assert sync.main(["--check"]) == 1
    assert "Run `make sync`" in capsys.readouterr().out
    assert "How tall" not in chapter.path.read_text()


def test_header_says_objectives_and_measured_times(chapter):
    assert "> - compute a size" in chapter.notebook["cells"][1]["source"]
    assert "Not timed yet." in chapter.notebook["cells"][1]["source"]
    timed = {"cpu": {"seconds": 12.3, "cores": 2}, "gpu": {"seconds": 4.4, "device": "A100"}}
    notebook = sync.synced(chapter.path, {"04_sample": timed}, {})
    assert "12 seconds on 2 CPU cores and 4 seconds on a GPU (A100)" in (
        notebook["cells"][1]["source"]
    )


def test_quiz_folds_feedback_and_names_earlier_chapters(chapter):
    text = chapter.notebook["cells"][-1]["source"]
    assert text.count("<details") == text.count("</details>") == 10
    assert "<summary><code>55</code></summary>\n\n**Right.** One window fewer fits." in text
    assert "*(Chapter 3.)*" in text
    assert "*(Chapter 4.)*" not in text


def test_options_of_a_prediction_name_the_cell_that_answers_it():
    item = quizzes.Item("width", "How wide?", (quizzes.Option("55", "", True),), "width", 4)
    assert 'data-item="width">' in cells.quiz((item,), 4)
    asked = dataclasses.replace(item, result="run-it")
    assert 'data-item="width" data-result="run-it">' in cells.prediction(asked)


def test_install_cell_compiles_without_its_magic():
    source = cells.install()
    assert source.count("import resnet_lab") == 2
    compile(source.replace("%pip install -q git+https:", "pass  # "), "install", "exec")


def broken(change):
    def plant(questions):
        change(questions["quiz"][0])
    return plant


@pytest.mark.parametrize(("plant", "message"), [
    (lambda q: q.pop("quiz"), "must hold chapter, predictions and quiz"),
    (lambda q: q.update(chapter=5), "the name begins otherwise"),
    (lambda q: q["quiz"].pop(), "5 items, 2 of them"),
    (lambda q: q["quiz"][4].update({"from": 4}), "1 of them from earlier"),
    (lambda q: q["quiz"][0].update(id="guess"), "ids must differ"),
    (lambda q: q["predictions"][0].update({"from": 4}),
     r"guess: must hold \['id', 'options', 'proof', 'question', 'result'\], got .*'from'"),
    (lambda q: q["predictions"][0].pop("result"), r"guess: must hold .*'result'\], got"),
    (lambda q: q["predictions"][0].pop("proof"),
     r"guess: must hold .*, got \['id', 'options', 'question', 'result'\]"),
    (broken(lambda item: item.pop("from")), r"item-0: must hold \['from', "),
    (broken(lambda item: item.pop("proof")), "item-0: must hold"),
    (broken(lambda item: item.update(hint="x")), "item-0: must hold"),
    (broken(lambda item: item.update(result="cell-5")), "item-0: must hold"),
    (broken(lambda item: item.update({"from": 7})), "from must be a chapter up to 4"),
    (broken(lambda item: item["options"].pop()), "two or more options"),
    (broken(lambda item: item.pop("options")), "item-0: must hold"),
    (broken(lambda item: item["options"][1].update(right=True)), "exactly one of them right"),
    (broken(lambda item: item["options"][1].pop("feedback")), "must hold text and feedback"),
    (broken(lambda item: item["options"][1].update(text=56)), "quoted plain text"),
    (broken(lambda item: item["options"][1].update(text="$56$")), "quoted plain text"),
])
def test_questions_with_a_fault(chapter, plant, message):
    plant(chapter.questions)
    chapter.write()
    with pytest.raises(ValueError, match=message):
        quizzes.load(chapter.book / "quizzes" / "04_sample.yml")


ITEM = quizzes.Item(
    "width", "How wide?",
    (quizzes.Option("5", "", False), quizzes.Option("55 columns", "", True),
     quizzes.Option("56 columns", "", False)), "width", 4,
)  # fmt: skip


@pytest.mark.parametrize(("computed", "message"), [
    ({"55": True, "5": False}, None),
    ({"55 columns": True, "56": False}, None),
    ({"55": False, "56": False}, "'55 columns' is computed as False"),
    ({"55": True, "56": True}, "'56 columns' is computed as True"),
    ({"56": True, "5": False}, "'56 columns' is computed as True"),
    ({"56": False, "5": False}, "leaves out the right option '55 columns'"),
    ({"55": True}, "names no option that is wrong"),
    ({"55": 1, "56": False}, "'55 columns' is computed as 1"),
    ({"55": True, "56": False, "57": False}, "'57' begins 0 of the options"),
    ({"55": True, "": False, "56": False}, "'' begins 3 of the options"),
])
def test_what_a_proof_computes_is_held_against_the_options(computed, message):
    found = proofs.faults(ITEM, computed)
    assert found == [] if message is None else any(message in fault for fault in found)


def test_a_proof_draws_the_same_numbers_every_time(tmp_path):
    path = tmp_path / "sample.py"
    path.write_text("import torch\n\n\ndef draw():\n    return {'a': torch.rand(1).item()}\n")
    torch.manual_seed(1)
    before = torch.get_rng_state()
    assert proofs.run(path, "draw") == proofs.run(path, "draw")
    assert torch.equal(torch.get_rng_state(), before)


def test_an_unknown_prediction_names_the_known_ones(chapter):
    chapter.notebook["cells"][3]["metadata"]["resnet_lab"]["item"] = "gess"
    chapter.write()
    with pytest.raises(ValueError, match=r"'gess'; there are \['guess'\]"):
        sync.synced(chapter.path, {}, {})


def test_exercises_pair_stub_check_and_solution(chapter):
    (exercise,) = solutions.exercises(chapter.path)
    assert (exercise.id, exercise.stub, exercise.check) == (
        "halve", "answer = ...\n", "check_half(answer)")
    assert solutions.run(exercise, exercise.solution).state == "right"
    assert solutions.run(exercise, "answer = 4").state == "not right"


@pytest.mark.parametrize(("cell", "source", "message"), [
    (7, "answer = ...", "must end with check_name"),
    (8, "No solution.", "a folded reference solution must follow"),
])
def test_exercises_with_a_missing_part(chapter, cell, source, message):
    chapter.notebook["cells"][cell]["source"] = source
    with pytest.raises(ValueError, match=message):
        solutions.exercises(chapter.write())


def test_minutes_are_measured_and_recorded(chapter, monkeypatch):
    for place in (7, 6):
        del chapter.notebook["cells"][place]
    chapter.write()
    record = chapter.book / "minutes.json"
    record.write_text(json.dumps({"04_sample": {"cpu": None, "gpu": {"seconds": 1}}}))
    monkeypatch.setattr(minutes, "MINUTES", record)
    monkeypatch.setattr(minutes, "measure", lambda path: 12.34)
    monkeypatch.setattr(minutes, "device", lambda: ("cpu", {"cores": 2, "torch": "2"}))
    monkeypatch.setattr(notebooks, "chapters", lambda: [chapter.path])
    assert minutes.main([]) == 0
    assert json.loads(record.read_text())["04_sample"] == {
        "cpu": {"seconds": 12.3, "cores": 2, "torch": "2"}, "gpu": {"seconds": 1}}


def test_cores_are_counted_where_linux_calls_are_missing(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert minutes.device() == (
        "cpu", {"cores": torch.get_num_threads(), "torch": torch.__version__})
