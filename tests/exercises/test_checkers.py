"""Every check of the book: its right answers accepted, its known mistakes refused."""

import importlib
import pkgutil

import pytest

import resnet_lab.exercises as package
from book.kit import notebooks, solutions
from resnet_lab.exercises.checking import STOPPED

PROTOCOL = {"checking", "modules", "result"}
MODULES = [
    importlib.import_module(f"{package.__name__}.{found.name}")
    for found in pkgutil.iter_modules(package.__path__) if found.name not in PROTOCOL
]
CHECKS = {
    name: (getattr(module, name), module)
    for module in MODULES for name in vars(module) if name.startswith("check_")
}


def answers(table):
    return [
        pytest.param(name, mistake, id=f"{name}: {mistake}")
        for name, (_, module) in CHECKS.items()
        for mistake in getattr(module, table, {}).get(name, {})
    ]


@pytest.mark.parametrize("name", CHECKS)
def test_each_check_has_variants_of_both_kinds(name):
    _, module = CHECKS[name]
    assert len(module.RIGHT.get(name, {})) >= 1
    assert len(module.WRONG.get(name, {})) >= 2


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_tables_name_checks_that_exist(module):
    for table in (module.RIGHT, module.WRONG):
        assert set(table) <= set(vars(module))


@pytest.mark.parametrize(("name", "variant"), answers("RIGHT"))
def test_right_answers_are_accepted(name, variant):
    check, module = CHECKS[name]
    result = check(module.RIGHT[name][variant])
    assert result.state == "right", result


@pytest.mark.parametrize(("name", "mistake"), answers("WRONG"))
def test_known_mistakes_are_refused_with_a_reason_and_hints(name, mistake):
    check, module = CHECKS[name]
    result = check(module.WRONG[name][mistake])
    assert result.state == "not right", result
    assert len(result.message) > 20
    assert result.hints
    assert not result.message.startswith(STOPPED), "the check itself fell over"


def test_every_check_belongs_to_an_exercise_of_a_chapter():
    used = {
        exercise.checker for path in notebooks.chapters() for exercise in solutions.exercises(path)
    }
    assert used == set(CHECKS)
