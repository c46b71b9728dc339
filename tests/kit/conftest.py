"""A small chapter without faults, for tests to break."""

import copy
import json
from pathlib import Path

import pytest
import yaml

from book.kit import ids, notebooks, sync

OPTIONS = [
    {"text": "`55`", "right": True, "feedback": "One window fewer fits."},
    {"text": "56", "feedback": "That takes padding."},
]
PROOFS = """
from resnet_lab.arithmetic import pool_output_size


def narrow():
    columns = pool_output_size(112, 3, 2)
    return {"`55`": columns == 55, "56": columns == 56}
"""
QUESTIONS = {
    "chapter": 4,
    "predictions": [
        {"id": "guess", "question": "How wide?", "options": OPTIONS,
         "proof": "narrow", "result": "cell-5"},
    ],
    "quiz": [
        {"id": f"item-{k}", "from": chapter, "question": "How wide?", "options": OPTIONS,
         "proof": "narrow"}
        for k, chapter in enumerate((4, 4, 4, 3, 1))
    ],
}
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "resnet_lab": {
        "chapter": 4, "part": "II Anatomy", "given": [224],
        "objectives": [{"id": "size", "text": "compute a size", "checked_by": ["halve"]}],
    },
}
CELLS = [
    ("markdown", [], "# Stride arithmetic\n\nAn image of 224 pixels meets ResNet-50."),
    ("markdown", ["chapter-header"], ""),
    ("code", ["install"], ""),
    ("markdown", ["prediction"], ""),
    ("code", [], "from resnet_lab.exercises import Result\n\n\ndef twice(n):\n    return 2 * n"),
    ("code", [], "def check_half(answer):\n"
     "    return Result('right' if answer == 3 else 'not right', '')"),
    ("markdown", [], "<!-- exercise: halve -->\nHalve it."),
    ("code", [], "answer = ...\n\ncheck_half(answer)"),
    ("markdown", [], "<details>\n<summary>Reference solution</summary>\n\n```python\n"
     "answer = twice(3) // 2\ncheck_half(answer)\n```\n\n</details>"),
    ("markdown", ["quiz"], ""),
]


class Chapter:
    """A chapter in a folder of its own."""

    def __init__(self, book: Path) -> None:
        self.book, self.path = book, book / "04_sample.ipynb"
        self.questions, self.proofs = copy.deepcopy(QUESTIONS), PROOFS
        cells = [
            {"id": f"cell-{k}", "cell_type": kind, "metadata": {"tags": tags}, "source": source}
            | ({"outputs": [], "execution_count": None} if kind == "code" else {})
            for k, (kind, tags, source) in enumerate(CELLS)
        ]
        cells[3]["metadata"]["resnet_lab"] = {"item": "guess"}
        self.notebook = {"nbformat": 4, "nbformat_minor": 5, "cells": cells,
                         "metadata": copy.deepcopy(METADATA)}
        self.write()
        self.notebook = sync.synced(self.path, {}, {})
        self.write()
        ids.listing(book).write_text(ids.expected(book))

    def write(self) -> Path:
        """Write both files."""
        quizzes = self.book / "quizzes"
        quizzes.mkdir(exist_ok=True)
        (quizzes / "04_sample.yml").write_text(yaml.safe_dump(self.questions))
        (quizzes / "sample.py").write_text(self.proofs)
        self.path.write_text(notebooks.dump(json.loads(json.dumps(self.notebook))))
        return self.path

    def append(self, source: str, kind: str = "markdown", **fields: object) -> dict:
        """Add a cell at the end and write."""
        cell = {"id": "planted", "cell_type": kind, "metadata": {}, "source": source, **fields}
        self.notebook["cells"].append(cell)
        self.write()
        return cell


@pytest.fixture
def chapter(tmp_path: Path) -> Chapter:
    """A chapter without faults."""
    return Chapter(tmp_path)
