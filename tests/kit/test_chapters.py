"""The book's own chapters: generated cells, proofs, reference solutions, wrong answers."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

import resnet_lab
from book.kit import lint, notebooks, quizzes, solutions, sync
from resnet_lab import arithmetic

CHAPTERS = notebooks.chapters()
EXERCISES = [exercise for path in CHAPTERS for exercise in solutions.exercises(path)]
ITEMS = [
    (path.stem, item)
    for path in sorted((notebooks.BOOK / "quizzes").glob("*.yml"))
    for questions in [quizzes.load(path)]
    for item in questions.predictions + questions.quiz
]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_generated_cells_are_as_their_sources_say(path: Path):
    minutes = json.loads((notebooks.BOOK / "minutes.json").read_text(encoding="utf-8"))
    assert sync.differences({path: notebooks.dump(sync.synced(path, minutes))}) == []


@pytest.mark.everything  # it recomputes the ledger
def test_all_that_is_generated_is_as_its_sources_say():
    assert sync.differences(sync.expected()) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_lint_finds_nothing(path: Path):
    assert [str(finding) for finding in lint.check(path)] == []


@pytest.mark.parametrize(("chapter", "item"), ITEMS, ids=lambda value: getattr(value, "id", value))
def test_the_proof_of_a_question_holds(chapter, item):
    public = {name: value for name, value in vars(arithmetic).items() if name[0] != "_"}
    names = {**public, "torch": torch, "nn": nn, "resnet_lab": resnet_lab}
    names |= {"build": resnet_lab.build, "spec": resnet_lab.spec}
    assert eval(item.proof, names) is True


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_reference_solution_is_right_and_the_stub_not_yet(exercise):
    assert solutions.run(exercise, exercise.solution).state == "right"
    assert solutions.run(exercise, exercise.stub).state == "not yet"
