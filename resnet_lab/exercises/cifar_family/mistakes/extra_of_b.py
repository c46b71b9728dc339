"""Answers to "extra of B": parameters of the projections."""

from typing import Any

from resnet_lab.exercises.cifar_family.checks.extra_of_b import extra_of_b
from resnet_lab.exercises.mistake import Mistake


def _pairs(stem_width: int, widths: tuple[int, ...]) -> list[tuple[int, int]]:
    return list(zip((stem_width, *widths), widths, strict=False))


def _projections(pairs: list[tuple[int, int]], norms: int = 2) -> int:
    return sum(c_in * out + norms * out for c_in, out in pairs)


RIGHT: dict[str, dict[str, Any]] = {
    "check_extra_of_b": {
        "by the plan": lambda s, w: _projections(
            [(i, o) for k, (i, o) in enumerate(_pairs(s, w)) if k or i != o]),
        "by building": extra_of_b,
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_extra_of_b": {
        "in every stage": Mistake(
            lambda s, w: _projections(_pairs(s, w)), "(16, (16, 32, 64))` returned 3,040"),
        "never in stage 1": Mistake(
            lambda s, w: _projections(_pairs(s, w)[1:]), "(16, (32, 64, 128))` returned 10,624"),
        "only where channels change": Mistake(
            lambda s, w: _projections([(i, o) for i, o in _pairs(s, w) if i != o]),
            "(16, (16, 16, 32))` returned 576"),
        "no normalization": Mistake(
            lambda s, w: _projections(_pairs(s, w)[1:], norms=0),
            "(16, (16, 32, 64))` returned 2,560"),
        "a bias": Mistake(
            lambda s, w: _projections(_pairs(s, w)[1:], norms=3),
            "(16, (16, 32, 64))` returned 2,848"),
        "a 3x3": Mistake(
            lambda s, w: sum(9 * i * o + 2 * o for i, o in _pairs(s, w)[1:]),
            "(16, (16, 32, 64))` returned 23,232"),
        "always that of the paper's": Mistake(
            lambda s, w: 2752, "(64, (64, 128, 256, 512))` returned 2,752"),
        "a float": Mistake(
            lambda s, w: extra_of_b(s, w) / 1, "(16, (16, 32, 64))` returned 2752.0"),
    },
}
