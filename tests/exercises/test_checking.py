"""The protocol of the checks: not yet, not right with hints, right; nothing is raised."""

import pytest
import torch

from resnet_lab.exercises import Result, attempt, exercise, first_difference, same, untouched
from resnet_lab.exercises.checking import AnswerError


@exercise("Look at the ends.", "Count what one output reads.", right="It fits.")
def check_three(answer):
    """Fault of an answer that should be three."""
    return None if answer == 3 else f"{answer + 0} columns are left over."


@exercise("Mind the rounding.")
def check_halve(answer):
    """Fault of a function that should halve, rounding down."""
    return first_difference(answer, halve, [(4,), (5,), (-1,)], "half of it, rounded down")


def halve(n):
    if n < 0:
        raise ValueError("negative")
    return n // 2


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


STUBS = [..., None, stub, stub_with_words, stub_that_returns, faded, faded_on_the_way,
         lambda a: None, (1, ...), [None], {"size": ...}]
ANSWERS = [0, "", False, (), (1, 2), print, len, lambda a: a, lambda x: x[..., 0],
           torch.zeros(2), torch.nn.Identity(), [torch.zeros(2)]]


@pytest.mark.parametrize("answer", STUBS)
def test_an_untouched_answer_is_not_yet(answer):
    assert untouched(answer)
    result = check_three(answer)
    assert (result.state, result.hints) == ("not yet", ())


def test_a_check_without_an_answer_is_not_yet():
    assert check_three().state == "not yet"


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
def test_a_given_answer_is_no_stub(answer):
    assert not untouched(answer)


def test_right():
    assert check_three(3) == Result("right", "It fits.")
    assert check_halve(lambda n: halve(n)).state == "right"


@pytest.mark.parametrize(("answer", "message"), [
    (lambda n: n / 2, "returned 2.0 (float)"),
    (lambda n: (n + 1) // 2, "`<lambda>(5)` returned 3"),
    (lambda n: n // 2, "`<lambda>(-1)` went through. It should raise a ValueError"),
    (lambda n: 1 // 0, "raised ZeroDivisionError"),
    (lambda: 1, "raised TypeError"),
    (lambda n: exit(), "raised SystemExit"),
    (lambda n: print(), "Is a `return` missing?"),
    (lambda n: n // 2 if n > 0 else {}[n], "raised KeyError: -1, not a ValueError"),
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
    assert "'three' (str)" in result.message


def test_the_learner_cannot_change_the_cases():
    def greedy(values):
        total = sum(values)
        values.clear()
        return total

    cases = [([1, 2],)]
    assert first_difference(greedy, sum, cases, "the sum") is None
    assert cases == [([1, 2],)]


def test_attempt_names_the_call():
    with pytest.raises(AnswerError, match=r"`stub\(<Tensor of shape \(2, 3\)>\)` returned None"):
        attempt(stub, torch.zeros(2, 3))


@pytest.mark.parametrize(("observed", "expected", "agree"), [
    (3, 3, True), (3.0, 3, False), (True, 1, False), (1, True, False), ("3", 3, False),
    (torch.tensor(3), 3, True), (3, 3.0, True), (0.1 + 0.2, 0.3, True), (0.31, 0.3, False),
    ((1, 2), [1, 2], True), ((1,), (1, 2), False), (5, (1, 2), False), ("a", "a", True),
    (torch.ones(2), torch.ones(2), True), (torch.ones(2), torch.ones(2, 1), False),
    (torch.ones(2), torch.ones(2).double(), False), (torch.ones(2), torch.zeros(2), False),
    (1.0, torch.ones(2), False), (float("nan"), 1.0, False),
])
def test_same(observed, expected, agree):
    assert same(observed, expected) is agree


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
