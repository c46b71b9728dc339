"""The book's own chapters: generated cells, proofs, reference solutions, wrong answers."""

import json
from pathlib import Path

import pytest

from book.kit import lint, notebooks, proofs, quizzes, reading, solutions, sync

CHAPTERS = notebooks.chapters()
EXERCISES = [exercise for path in CHAPTERS for exercise in solutions.exercises(path)]
ITEMS = [
    pytest.param(proofs.beside(path), item, id=f"{path.stem}-{item.id}")
    for path in sorted((notebooks.BOOK / "quizzes").glob("*.yml"))
    for questions in [quizzes.load(path)]
    for item in questions.predictions + questions.quiz
]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_generated_cells_are_as_their_sources_say(path: Path):
    minutes = json.loads((notebooks.BOOK / "minutes.json").read_text(encoding="utf-8"))
    generated = sync.synced(path, minutes, reading.recorded())
    assert sync.differences({path: notebooks.dump(generated)}) == []


@pytest.mark.everything  # it recomputes the ledger
def test_all_that_is_generated_is_as_its_sources_say():
    assert sync.differences(sync.expected()) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_lint_finds_nothing(path: Path):
    assert [str(finding) for finding in lint.check(path)] == []


@pytest.mark.parametrize(("path", "item"), ITEMS)
def test_the_proof_of_a_question_proves_its_right_option(path, item):
    assert proofs.faults(item, proofs.run(path, item.proof)) == []


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_reference_solution_is_right_and_the_stub_not_yet(exercise):
    assert solutions.run(exercise, exercise.solution).state == "right"
    assert solutions.run(exercise, exercise.stub).state == "not yet"
