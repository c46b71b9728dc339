"""Every check of the book: its right answers accepted, each known mistake refused for its reason.

What is run stands in the chapters' folders, in ``mistakes`` (see ``resnet_lab.exercises``).
"""

import ast
import builtins
import importlib
import pkgutil
import re
import subprocess
import sys
from functools import cache

import pytest
import torch

import resnet_lab.exercises as package
from book.kit import notebooks, solutions
from resnet_lab.exercises.checking import STOPPED

CHAPTERS = [found.name for found in pkgutil.iter_modules(package.__path__) if found.ispkg]


def files(chapter, part):
    """The modules of a chapter's folder ``checks`` or ``mistakes``."""
    folder = importlib.import_module(f"{package.__name__}.{chapter}.{part}")
    return [
        importlib.import_module(f"{folder.__name__}.{found.name}")
        for found in pkgutil.iter_modules(folder.__path__)
    ]


def checks_of(module):
    return {
        name: value for name, value in vars(module).items()
        if name.startswith("check_") and value.__module__ == module.__name__
    }


FILES = [module for chapter in CHAPTERS for module in files(chapter, "checks")]
CHECKS = {name: check for module in FILES for name, check in checks_of(module).items()}
ANSWERS = {
    table: {
        check: answers
        for chapter in CHAPTERS for module in files(chapter, "mistakes")
        for check, answers in getattr(module, table).items()
    }
    for table in ("RIGHT", "WRONG")
}


def each(table):
    return [
        pytest.param(check, variant, id=f"{check}:{variant}".replace(" ", "_"))
        for check, answers in ANSWERS[table].items() for variant in answers
    ]


@cache
def refusal(check, mistake):
    """What the check says of a mistake; once for all tests."""
    return CHECKS[check](ANSWERS["WRONG"][check][mistake].answer)


def is_weak(reason, others):
    """Whether a reason is too short, or is in the messages of more than half of the others."""
    return len(reason) < 12 or 2 * sum(reason in message for message in others) > len(others)


@pytest.mark.parametrize("module", FILES, ids=lambda module: module.__name__)
def test_each_check_has_answers_of_both_kinds_in_the_file_of_the_same_name(module):
    mistakes = importlib.import_module(module.__name__.replace(".checks", ".mistakes"))
    assert checks_of(module)
    assert set(mistakes.RIGHT) == set(mistakes.WRONG) == set(checks_of(module))
    assert all(mistakes.RIGHT.values())
    assert all(len(answers) >= 2 for answers in mistakes.WRONG.values())


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_file_of_mistakes_belongs_to_one_of_checks(chapter):
    checks, mistakes = (
        {module.__name__.replace(part, "") for module in files(chapter, part)}
        for part in ("checks", "mistakes")
    )
    assert mistakes == checks


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_names_its_checks(chapter):
    module = importlib.import_module(f"{package.__name__}.{chapter}")
    found = {name for file in files(chapter, "checks") for name in checks_of(file)}
    assert module.__all__ == sorted(found)
    assert all(getattr(module, name) is CHECKS[name] for name in found)


def test_what_a_reader_imports_holds_no_answers():
    names = ", ".join(module.__name__ for module in FILES)
    code = f"import sys, {names}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert FILES[0].__name__ in loaded
    assert not [name for name in loaded if "mistake" in name]
    assert not [module for module in FILES if {"RIGHT", "WRONG"} & set(vars(module))]


@pytest.mark.parametrize(("check", "variant"), each("RIGHT"))
def test_right_answers_are_accepted(check, variant):
    result = CHECKS[check](ANSWERS["RIGHT"][check][variant])
    assert result.state == "right", result


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_draws_nothing_from_the_reader_s_generator(check):
    answer = next(iter(ANSWERS["RIGHT"][check].values()))
    torch.manual_seed(7)
    CHECKS[check](answer)
    drawn = torch.rand(1)
    torch.manual_seed(7)
    assert torch.equal(drawn, torch.rand(1))


@pytest.mark.parametrize(("check", "mistake"), each("WRONG"))
def test_known_mistakes_are_refused_for_their_reason_with_hints(check, mistake):
    result, reason = refusal(check, mistake), ANSWERS["WRONG"][check][mistake].reason
    assert result.state == "not right", result
    assert reason in result.message
    assert result.hints
    assert not result.message.startswith(STOPPED), "the check itself fell over"


@pytest.mark.parametrize(("check", "mistake"), each("WRONG"))
def test_a_reason_tells_a_mistake_from_others(check, mistake):
    wrong = ANSWERS["WRONG"][check]
    others = [refusal(check, other).message for other in wrong if other != mistake]
    assert not is_weak(wrong[mistake].reason, others), (
        "a reason has at least 12 characters, and is in at most half of the other refusals"
    )


def test_what_a_weak_reason_is():
    others = ["With padding 3 it is wide.", "With padding 4 it is wide.", "Got a list."]
    assert is_weak("it is wide.", others[:1])
    assert is_weak("With padding ", others)
    assert is_weak("padding 3", others)
    assert not is_weak("With padding 3", others)


def test_every_check_belongs_to_an_exercise_of_a_chapter():
    used = {
        exercise.checker for path in notebooks.chapters() for exercise in solutions.exercises(path)
    }
    assert used == set(CHECKS), (
        "each check is the last line of a code cell under `<!-- exercise: id -->`, see "
        "book/kit/solutions.py"
    )


def names_in(code):
    """Names of two letters and more that a piece of code reads, but for the language's own."""
    try:
        nodes = ast.walk(ast.parse(code))
    except SyntaxError:  # a part of an expression
        return set()
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return {name for name in read if len(name) > 1} - set(vars(builtins))


@pytest.mark.parametrize("path", notebooks.chapters(), ids=lambda path: path.stem)
def test_a_hint_names_only_what_the_chapter_has_so_far(path):
    cells = [cell["source"] for cell in notebooks.load(path)["cells"]]
    for exercise in solutions.exercises(path):
        asked = next(n for n, cell in enumerate(cells) if f"exercise: {exercise.id} -->" in cell)
        shown = set(re.findall(r"\w+", "\n".join(cells[: asked + 2])))
        hints = refusal(exercise.checker, next(iter(ANSWERS["WRONG"][exercise.checker]))).hints
        for code in re.findall("`(.+?)`", " ".join(hints)):
            assert names_in(code) <= shown, exercise.id


def test_what_a_hint_names():
    assert names_in("passed = sum(step >= drop for drop in drops)") == {"step", "drop", "drops"}
    assert names_in("y + b - layer1.0.conv") == set()
