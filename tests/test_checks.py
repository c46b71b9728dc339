"""Checks of arguments: each accepts what it should, and names what it refuses."""

import pytest

from resnet_lab.checks import (
    check_choice,
    check_integer,
    check_integers,
    check_number,
    check_switch,
    height_and_width,
)


def test_what_is_in_order_is_accepted():
    check_integer("n", 0, least=0)
    check_integer("n", 3, least=1, most=3)
    check_integer("n", 10**400, least=1)
    check_integers("n", (1, 2), least=1)
    check_number("x", 0.5, least=0, most=1)
    check_number("x", 1, least=0, most=1)
    check_switch("on", False)
    check_choice("kind", "a", {"a": 1})
    assert height_and_width("size", 3) == (3, 3)
    assert height_and_width("size", [3, 4]) == (3, 4)


@pytest.mark.parametrize(
    ("check", "error", "message"),
    [
        (lambda: check_integer("n", 2.0, 1), TypeError, r"n must be an integer, got 2.0 \(float\)"),
        (lambda: check_integer("n", True, 1), TypeError,
         r"n must be an integer, got True \(bool\)"),
        (lambda: check_integer("n", 0, 1), ValueError, "n must be at least 1, got 0"),
        (lambda: check_integer("n", 4, 1, 3), ValueError,
         "n must be at least 1 and at most 3, got 4"),
        (lambda: check_integer("n", -1, 10**6, 2**32 - 1), ValueError,
         "n must be at least 1000000 and at most 4294967295, got -1"),
        (lambda: check_integers("n", [1], 1), TypeError,
         r"n must be a non-empty tuple of integers, got \[1\]"),
        (lambda: check_integers("n", (), 1), TypeError,
         r"n must be a non-empty tuple of integers, got \(\)"),
        (lambda: check_integers("n", (1, 0), 1), ValueError,
         "each of n must be at least 1, got 0"),
        (lambda: check_integers("n", (1, "2"), 1), TypeError,
         r"each of n must be an integer, got '2' \(str\)"),
        (lambda: check_number("x", "1", 0), TypeError, r"x must be a number, got '1' \(str\)"),
        (lambda: check_number("x", True, 0), TypeError, r"x must be a number, got True \(bool\)"),
        (lambda: check_number("x", float("nan"), 0), ValueError, "x must be at least 0, got nan"),
        (lambda: check_number("x", float("inf"), 0), ValueError, "x must be at least 0, got inf"),
        (lambda: check_number("x", 1.5, 0, 1), ValueError,
         "x must be at least 0 and at most 1, got 1.5"),
        (lambda: check_switch("on", 1), TypeError, r"on must be True or False, got 1 \(int\)"),
        (lambda: check_choice("kind", "c", ["a", "b"]), ValueError,
         "kind must be one of 'a', 'b', got 'c'"),
        (lambda: check_choice("kind", ["a"], ["a"]), ValueError,
         r"kind must be one of 'a', got \['a'\]"),
        (lambda: height_and_width("size", 2.0), TypeError,
         "size must be an integer or height and width, got 2.0"),
        (lambda: height_and_width("size", "12"), TypeError,
         "size must be an integer or height and width, got '12'"),
        (lambda: height_and_width("size", b"12"), TypeError,
         "size must be an integer or height and width, got b'12'"),
        (lambda: height_and_width("size", (1, 2, 3)), TypeError,
         r"size must be an integer or height and width, got \(1, 2, 3\)"),
        (lambda: height_and_width("size", True), TypeError,
         r"size must be an integer, got True \(bool\)"),
        (lambda: height_and_width("size", 0), ValueError, "size must be at least 1, got 0"),
        (lambda: height_and_width("size", (3, "2")), TypeError,
         r"each of size must be an integer, got '2' \(str\)"),
        (lambda: height_and_width("size", (3, 0)), ValueError,
         "each of size must be at least 1, got 0"),
        (lambda: height_and_width("size", (0, 3)), ValueError,
         "each of size must be at least 1, got 0"),
    ],
)  # fmt: skip
def test_what_is_refused_is_named(check, error, message):
    with pytest.raises(error, match=f"^{message}$"):
        check()
