"""Answers that are integers or other numbers: which kinds count, and what is said of the rest."""

import numpy as np
import pytest
import torch

from resnet_lab.exercises.checking import AnswerError
from resnet_lab.exercises.integers import (
    as_integer,
    as_integers,
    as_number,
    as_numbers,
    integer,
    returned_integer,
    told_apart,
)


def nothing(a):
    """Return nothing."""


@pytest.mark.parametrize(("value", "number"), [
    (3, 3), (np.int64(3), 3), (torch.tensor(3), 3), (np.array(-3), -3),
    (3.0, None), (True, None), (np.True_, None), (torch.tensor(True), None),
    (torch.tensor(3.0), None), (torch.zeros(2, dtype=torch.int64), None), ("3", None),
    (None, None),
])
def test_as_integer(value, number):
    assert as_integer(value) == number
    assert type(as_integer(value)) is type(number)


@pytest.mark.parametrize(("values", "numbers"), [
    ((1, 2), [1, 2]), ([np.int64(1), 2], [1, 2]), (range(2), [0, 1]), (torch.arange(2), [0, 1]),
    ([], []), ([1, 2.0], None), ([0, None], None), (3, None), (torch.tensor(3), None), ("12", None),
])
def test_as_integers(values, numbers):
    assert as_integers(values) == numbers


@pytest.mark.parametrize(("value", "number"), [
    (3, 3.0), (0.5, 0.5), (np.float32(0.5), 0.5), (torch.tensor([0.5]), 0.5),
    (torch.tensor(0.5, requires_grad=True), 0.5), ("0.5", None), (b"1", None), (None, None),
    ([0.5], None), (torch.zeros(2), None), (1j, None),
])
@pytest.mark.filterwarnings("error")
def test_as_number(value, number):
    assert as_number(value) == number
    assert type(as_number(value)) is type(number)


@pytest.mark.parametrize(("values", "numbers"), [
    ((1, 0.5), [1, 0.5]), (np.array([0.5]), [0.5]), (torch.ones(2), [1, 1]), ([], []),
    ([1, "2"], None), ("12", None), (0.5, None),
])
def test_as_numbers(values, numbers):
    assert as_numbers(values) == numbers


def test_an_answer_must_be_an_integer():
    assert integer(np.int64(3), "a padding") == 3
    with pytest.raises(AnswerError, match=r"^A padding is an integer, got 3\.0\.$"):
        integer(3.0, "a padding")


def test_what_is_returned_must_be_an_integer():
    assert returned_integer("a count", len, "abc") == 3
    with pytest.raises(AnswerError, match=r"^`float\(2\)` returned 2\.0\. A count is an integer"):
        returned_integer("a count", float, 2)
    with pytest.raises(AnswerError, match=r"`nothing\(2\)` returned None"):
        returned_integer("a count", nothing, 2)


@pytest.mark.parametrize(("found", "expected", "digits", "texts"), [
    (0.28661, 0.28675, 3, ("0.2866", "0.2868")), (1.0, 2.0, 3, ("1", "2")),
    (-0.05131, -0.05129, 4, ("-0.05131", "-0.05129")), (-0.05, 0.05, 4, ("-0.05", "0.05")),
    (0.513241, 0.513242, 4, ("0.513241", "0.513242")), (1 / 3, 1 / 3, 4, ("0.3333", "0.3333")),
])
def test_two_numbers_are_told_apart(found, expected, digits, texts):
    assert told_apart(found, expected, digits=digits) == texts
