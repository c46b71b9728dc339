"""Proofs of the answers to a chapter's questions, from ``book/quizzes/name.py``.

A proof is a function without arguments. It computes what each option says, and returns which
of them are true. An option is named by its text, or by how its text begins::

    def pool_without_padding() -> dict[str, bool]:
        columns = pool_output_size(112, 3, 2)
        return {"55": columns == 55, "56": columns == 56}

It names the right option and at least one that is wrong, and leaves out what no computation
can judge. What question and feedback state beyond that it asserts. Numerals in the right option
and in feedback must be numbers of the proof, or occur in the question.
"""

import ast
import runpy
from pathlib import Path

import torch

from book.kit.quizzes import Item


def beside(questions: Path) -> Path:
    """The file of the proofs: ``NN_name.yml`` has them in ``name.py``."""
    return questions.with_name(questions.stem.partition("_")[2] + ".py")


def numbers(path: Path) -> dict[str, set[float]]:
    """The numbers with which each proof of a file computes, by the proof's name.

    Raises:
        ValueError: the file is no Python.
        FileNotFoundError: there is none.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise ValueError(f"{path.name}: line {error.lineno}: {error.msg}") from error
    return {
        function.name: {
            float(node.value)
            for node in ast.walk(function)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, int | float)
            and not isinstance(node.value, bool)  # True is an int
        }
        for function in tree.body
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("_")
    }


def run(path: Path, name: str) -> dict[str, bool]:
    """What a proof of a file computes; its random numbers are the same every time."""
    proof = runpy.run_path(str(path))[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return dict(proof())


def faults(item: Item, computed: dict[str, bool]) -> list[str]:
    """Where a question disagrees with what its proof computes; empty where it is proved."""
    judged, found = {}, []
    for name, true in computed.items():
        texts = [option.text for option in item.options]
        meant = [text for text in texts if text == name] or [
            text for text in texts if text.startswith(name)
        ]
        if len(meant) == 1:
            judged[meant[0]] = true
        else:
            found.append(f"{item.id}: {name!r} begins {len(meant)} of the options {texts}")
    for option in item.options:
        true = judged.get(option.text, option.right)
        if true is not option.right:
            found.append(f"{item.id}: {option.text!r} is computed as {true}")
        if option.right and option.text not in judged:
            found.append(f"{item.id}: the proof leaves out the right option {option.text!r}")
    if all(judged.values()):
        found.append(f"{item.id}: the proof names no option that is wrong")
    return found
