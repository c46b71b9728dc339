"""In which order options stand, and that the ids of questions are for good."""

import math
import random

import pytest

from book.kit import ids, notebooks, order, quizzes

QUESTIONS = [
    quizzes.load(path) for path in sorted((notebooks.BOOK / "quizzes").glob("*.yml"))
]


def asked(*texts, id_="width"):
    options = tuple(quizzes.Option(text, "", number == 0) for number, text in enumerate(texts))
    return quizzes.Item(id_, "How wide?", options, "width", 4)


def texts(item):
    return [option.text for option in order.ordered(item)]


@pytest.mark.parametrize("amounts", [
    ("9", "55", "112"),
    ("-1", "0", "1"),
    ("0", "About 0.35", "0.9"),
    ("9,000 images", "10,000 images", "100,000 images"),
    ("5 %", "30 %"),
    ("1 column", "2 columns", "`10` columns"),
    ("56 columns, one fewer", "57 columns, as many"),
])
def test_numbers_stand_in_order_of_size(amounts):
    assert texts(asked(*amounts)) == texts(asked(*reversed(amounts))) == list(amounts)


@pytest.mark.parametrize("options", [
    ("7x7", "3x3", "1x1"),  # names
    ("v1", "v1.5"),
    ("3 in 100", "1 in 10"),  # 3 in 100 is less
    ("2 columns", "1 row"),
    ("55 in both", "55 in torch, 56 rounded up", "56 in both"),
    ("1.9 times as long", "10 times as long", "As long"),
    ("164 layers, as many", "164 layers, half as many", "110 layers"),
])
def test_other_options_stand_in_an_order_drawn_from_the_id(options):
    drawn = {tuple(texts(asked(*options, id_=f"item-{number}"))) for number in range(100)}
    assert len(drawn) == math.factorial(len(options))


def test_the_order_in_the_file_does_not_matter():
    mixed = random.Random(0)
    for questions in QUESTIONS:
        for item in questions.predictions + questions.quiz:
            others = mixed.sample([option.text for option in item.options], len(item.options))
            assert texts(asked(*others, id_=item.id)) == texts(item)


def unlikely(places):
    """How likely places of right answers (place, options) are no less uneven, drawn by chance."""
    def unevenness(drawn):
        return sum(
            (sum((count, at) == (n, k) for at, count in drawn) - expected) ** 2 / expected
            for n in {count for _, count in drawn}
            for expected in [sum(count == n for _, count in drawn) / n]
            for k in range(n)
        )

    chance, found = random.Random(0), unevenness(places)
    tries = [unevenness([(chance.randrange(n), n) for _, n in places]) for _ in range(2000)]
    return sum(value >= found for value in tries) / len(tries)


def places(items):
    rights = [[option.right for option in order.ordered(item)] for item in items]
    return [(right.index(True), len(right)) for right in rights]


@pytest.mark.parametrize("kind", ["predictions", "quiz"])
def test_the_place_of_an_option_does_not_say_whether_it_is_right(kind):
    items = [item for questions in QUESTIONS for item in getattr(questions, kind)]
    assert unlikely(places(items)) > 0.001


@pytest.mark.parametrize("by_hand", [
    {(0, 3): 1, (1, 3): 3, (2, 3): 16},  # predictions as they once stood
    {(0, 3): 8, (1, 3): 25, (2, 3): 6},  # and questions of the quizzes
])
def test_an_order_by_hand_would_be_seen(by_hand):
    assert unlikely([place for place, count in by_hand.items() for _ in range(count)]) < 0.001


def test_the_list_holds_every_id():
    assert list(ids.faults()) == []
    assert ids.expected() == ids.listing().read_text(encoding="utf-8")


def test_new_ids_are_added_to_the_list(chapter):
    ids.listing(chapter.book).unlink()
    assert ids.expected(chapter.book) == "guess\nitem-0\nitem-1\nitem-2\nitem-3\nitem-4\n"


def listed(chapter, *lines):
    ids.listing(chapter.book).write_text(
        "".join(f"{line}\n" for line in ("guess", *(f"item-{k}" for k in range(5)), *lines)))


def test_an_id_that_changed_is_refused_until_it_is_given_back(chapter):
    listed(chapter)
    chapter.questions["quiz"][1]["id"] = "other"
    chapter.write()
    ((id_, text),) = ids.faults(chapter.book)
    assert id_ == "item-1"
    assert "is the id of no question any more" in text
    assert "item-1\n" in ids.expected(chapter.book)
    assert "other\n" in ids.expected(chapter.book)


def test_a_question_may_leave_the_book_but_its_id_is_not_used_again(chapter):
    listed(chapter, "old withdrawn")
    assert list(ids.faults(chapter.book)) == []
    assert "old withdrawn\n" in ids.expected(chapter.book)
    chapter.questions["quiz"][1]["id"] = "old"
    listed(chapter, "old withdrawn", "item-1 withdrawn")
    chapter.write()
    assert [(id_, "not used again" in text) for id_, text in ids.faults(chapter.book)][:1] == [
        ("old", True)]


def test_two_chapters_have_no_id_in_common(chapter):
    listed(chapter)
    more = (chapter.book / "quizzes" / "04_sample.yml").read_text()
    (chapter.book / "quizzes" / "04_more.yml").write_text(more)
    assert {text[:25] for _, text in ids.faults(chapter.book)} == {"is the id of 2 questions."}


def test_a_line_of_the_list_that_says_something_else(chapter):
    listed(chapter, "old gone")
    with pytest.raises(ValueError, match="an id and 'withdrawn', got 'old gone'"):
        ids.expected(chapter.book)
