"""Answers to "blocks per stage": which depths fit."""

from typing import Any

from resnet_lab.exercises.mistake import Mistake


def _blocks(depth: int, layers: int) -> int:
    n, rest = divmod(depth - 2, 3 * layers)
    return 0 if rest else n


RIGHT: dict[str, dict[str, Any]] = {
    "check_blocks_per_stage": {
        "divided": _blocks,
        "searched": lambda d, k: next((n for n in range(1, d) if 3 * k * n + 2 == d), 0),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_blocks_per_stage": {
        "the remainder dropped": Mistake(
            lambda d, k: (d - 2) // (3 * k),
            "(18, 2)` returned 2. Three stages of 2 blocks of 2 layers, with the first convolution "
            "and the classifier, make 14 layers, not 18"),
        "a float": Mistake(
            lambda d, k: (d - 2) / (3 * k),
            "(56, 2)` returned 9.0. A number of blocks is an integer"),
        "basic blocks always": Mistake(
            lambda d, k: _blocks(d, 2), "make 164 layers, not 110"),
        "bottlenecks always": Mistake(lambda d, k: _blocks(d, 3), "make 38 layers, not 56"),
        "the classifier alone": Mistake(
            lambda d, k: 0 if (d - 1) % (3 * k) else (d - 1) // (3 * k),
            "(56, 2)` returned 0, but there is a network of 56 layers"),
        "four stages": Mistake(
            lambda d, k: 0 if (d - 2) % (4 * k) else (d - 2) // (4 * k),
            "(56, 2)` returned 0, but there is a network of 56 layers"),
        "blocks of all stages": Mistake(
            lambda d, k: 3 * _blocks(d, k), "make 164 layers, not 56"),
        "layers of a stage": Mistake(lambda d, k: k * _blocks(d, k), "make 110 layers, not 56"),
        "never": Mistake(
            lambda d, k: 0, "(56, 2)` returned 0, but there is a network of 56 layers"),
    },
}
