"""Answers to "parameters": the count of a CIFAR network."""

from typing import Any

from resnet_lab.exercises.mistake import Mistake


def _block(c_in: int, out: int, norms: int = 4) -> int:
    return 9 * c_in * out + 9 * out * out + norms * out


def _parameters(n: int, *, norms: int = 4, head: int = 650, first: bool = True) -> int:
    """The right count, or one with another rule in it."""
    total = 9 * 3 * 16 + norms // 2 * 16 + n * _block(16, 16, norms) + head
    for c_in, out in ((16, 32), (32, 64)):
        first_block = _block(c_in if first else out, out, norms)
        total += first_block + (n - 1) * _block(out, out, norms)
    return total


RIGHT: dict[str, dict[str, Any]] = {
    "check_parameters": {
        "stage by stage": _parameters,
        "a line through two points": lambda n: 269_722 + (n - 3) * 97_216,
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_parameters": {
        "every block alike": Mistake(
            lambda n: _parameters(n, first=False), "returned 292,762. The layers of ResNet-20"),
        "no normalization": Mistake(lambda n: _parameters(n, norms=0), "returned 268,346"),
        "scales alone": Mistake(lambda n: _parameters(n, norms=2), "returned 269,034"),
        "running statistics too": Mistake(lambda n: _parameters(n, norms=8), "returned 271,098"),
        "no bias in the head": Mistake(lambda n: _parameters(n, head=640), "returned 269,712"),
        "with projections": Mistake(lambda n: _parameters(n) + 2752, "returned 272,474"),
        "first blocks beside the n": Mistake(
            lambda n: _parameters(n) + _block(32, 32) + _block(64, 64), "returned 362,266"),
        "without the first blocks": Mistake(
            lambda n: _parameters(n) - _block(16, 32) - _block(32, 64), "returned 200,218"),
        "ResNet-20 alone": Mistake(
            lambda n: 269_722, "(1)` returned 269,722. The layers of ResNet-8 hold fewer"),
        "a float": Mistake(
            lambda n: _parameters(n) * 1.0, "returned 269722.0. A count is an integer"),
    },
}
