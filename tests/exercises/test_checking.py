"""The protocol of the checks: not yet, not right with hints, right; nothing is raised."""

import numpy as np
import pytest
import torch

from resnet_lab.exercises import Result, attempt, exercise, untouched
from resnet_lab.exercises.checking import (
    AnswerError,
    attempt_in_place,
    fault_in,
    kind_of,
    returned_items,
    short,
)


@exercise("Look at the ends.", "Count what one output reads.", right="It fits.")
def check_three(answer):
    """Fault of an answer that should be three."""
    return None if answer == 3 else f"{answer + 0} columns are left over."


@exercise("Mind the rounding.")
def check_halve(answer):
    """Fault of a function that should halve, rounding down."""
    half = attempt(answer, 5)
    return None if half == 2 else f"Half of 5, rounded down, is not {half}."


def stub(a): ...


def stub_with_words(a):
    """Say what to do."""
    ...


def stub_that_returns(a):
    return ...


def faded(a):
    half = ...
    return half


def faded_on_the_way(a):
    half = ...
    return half // 2


def faded_pair(a):
    size, jump = ..., ...
    return size, jump


def faded_triple(a):
    size, jump, start = ..., ..., ...
    return size, jump, start


def faded_sum(a):
    return a + ...


def unfinished(a):
    """Say what to do."""
    raise NotImplementedError("your turn")


def unfinished_in_part(a):
    if a < 0:
        raise NotImplementedError
    return a // 2


class Unwritten(torch.nn.Module):
    """A class whose skeleton is given."""

    def __init__(self, channels):
        super().__init__()
        ...

    def forward(self, x):
        ...


class Written(Unwritten):
    def forward(self, x):
        return x


STUBS = [Unwritten, ..., None, faded_pair, faded_triple, faded_sum, unfinished, stub,
         stub_with_words, stub_that_returns, faded, faded_on_the_way, lambda a: None, (1, ...),
         [None], {"size": ...}]
ANSWERS = [Written, 0, "", False, (), (1, 2), print, len, lambda a: a, lambda x: x[..., 0],
           lambda x: x[...] + 1,
           unfinished_in_part, torch.zeros(2), torch.nn.Identity(), [torch.zeros(2)]]


@pytest.mark.parametrize("answer", STUBS)
def test_an_untouched_answer_is_not_yet(answer):
    assert untouched(answer)
    result = check_three(answer)
    assert (result.state, result.hints) == ("not yet", ())


def test_a_check_without_an_answer_is_not_yet():
    assert check_three().state == "not yet"


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_given_answer_is_no_stub(answer):
    assert not untouched(answer)


def test_right():
    assert check_three(3) == Result("right", "It fits.")
    assert check_halve(lambda n: n // 2).state == "right"


@pytest.mark.parametrize(("answer", "message"), [
    (lambda n: (n + 1) // 2, "is not 3"),
    (lambda n: 1 // 0, "raised ZeroDivisionError"),
    (lambda: 1, "raised TypeError"),
    (lambda n: exit(), "raised SystemExit"),
    (lambda n: print(), "Is a `return` missing?"),
    (2, "A function was asked for; this is 2."),
])
def test_not_right_says_what_was_observed(answer, message):
    result = check_halve(answer)
    assert result.state == "not right"
    assert message in result.message
    assert result.hints == ("Mind the rounding.",)


def test_an_answer_of_another_kind_is_reported():
    result = check_three("three")
    assert result.state == "not right"
    assert result.message.startswith("The check stopped with TypeError")
    assert result.message.endswith("on your answer 'three'.")


def test_the_learner_cannot_change_the_arguments():
    values = [1, 2]
    assert attempt(list.pop, values) == 2
    assert values == [1, 2]


def test_the_learner_can_change_them_where_the_check_looks_at_them():
    values = [1, 2]
    assert attempt_in_place(list.pop, values) == 2
    assert values == [1]
    with pytest.raises(AnswerError, match=r"^`stub\(\[1\]\)` returned None"):
        attempt_in_place(stub, values)


def test_what_is_returned_must_have_so_many_items():
    assert returned_items([1, 2], 2, "row, column") == (1, 2)
    for returned, got in (((1, 2, 3), "tuple of 3"), (torch.zeros(2), r"Tensor of shape \(2,\)")):
        with pytest.raises(AnswerError, match=f"^Return a tuple of 2: row, column; got {got}\\.$"):
            returned_items(returned, 2, "row, column")


def test_a_case_is_said_before_its_fault():
    assert fault_in("With 3", lambda n: None, 3) is None
    assert fault_in("With 3", lambda n: f"{n} is odd.", 3) == "With 3. 3 is odd."
    assert fault_in("With 3", lambda: "it is odd.") == "With 3. It is odd."
    assert fault_in("With 3", attempt, 2) == "With 3. A function was asked for; this is 2."


def raises(error):
    def answer(n):
        raise error

    return answer


@pytest.mark.parametrize(("error", "text"), [
    (AssertionError(), "raised AssertionError."),
    (ValueError("odd"), "raised ValueError: odd."),
    (RuntimeError("\n two\n  lines"), "raised RuntimeError: two lines."),
    (RuntimeError("x" * 999), "raised RuntimeError: " + "x" * 197 + "...."),
])
def test_an_error_is_one_line(error, text):
    assert text in check_halve(raises(error)).message


@pytest.mark.parametrize(("value", "kind", "text"), [
    (7, "int", "7"), (0.5, "float", "0.5"), ("ab", "str", "'ab'"),
    ((1, 2), "tuple of 2", "(1, 2)"), ([3], "list of 1", "[3]"),
    (torch.zeros(2, 3), "Tensor of shape (2, 3)", "<Tensor of shape (2, 3)>"),
    (np.zeros(3), "ndarray of shape (3,)", "<ndarray of shape (3,)>"),
    (torch.nn.Sequential(torch.nn.ReLU()), "Sequential of 1", "<Sequential of 1>"),
    (torch.nn.ReLU(), "ReLU", "<ReLU>"),
    ([(torch.zeros(2), 1)], "list of 1", "<list of 1>"),
    ({"weight": torch.zeros(2)}, "dict of 1", "<dict of 1>"),
    (np.float64(2.5), "float64 of shape ()", repr(np.float64(2.5))),
    (torch.tensor(3), "Tensor of shape ()", "tensor(3)"),
    (torch.nn.Sequential, "type", "<class 'torch.nn.modules.container.Sequential'>"),
    (stub, "function", "<function stub>"), ("x" * 99, "str", "'" + "x" * 56 + "..."),
    ([stub, torch.nn], "list of 2", "[<function stub>, <module 'torch.nn' from '"),
])
def test_what_a_value_is(value, kind, text):
    assert kind_of(value) == kind
    assert short(value)[: len(text)] == text
    assert len(short(value)) <= 60


def test_attempt_names_the_call():
    with pytest.raises(AnswerError, match=r"`stub\(<Tensor of shape \(2, 3\)>\)` returned None"):
        attempt(stub, torch.zeros(2, 3))


def test_a_check_without_hints_is_refused():
    with pytest.raises(ValueError, match="hints must hold"):
        exercise()


def test_text_shows_the_first_hint_and_how_many_more():
    text = repr(check_three(5))
    assert text == ("Not right. 5 columns are left over.\nHint 1 of 2: Look at the ends.\n"
                    "1 more, from general to specific: .hints[1:]")


def test_html_folds_each_hint_and_escapes():
    html = Result("not right", "`a<b>` is <i>odd</i>", ("`x` & y", "z"))._repr_html_()
    assert html.count("<details>") == 2
    assert "<code>a&lt;b&gt;</code> is &lt;i&gt;odd&lt;/i&gt;" in html
    assert "<code>x</code> &amp; y" in html
    assert "style=" not in html
