"""Figures of papers: as the papers print them, and found under clear names."""

import json
import re

import pytest

import resnet_lab
from resnet_lab.records import paper
from resnet_lab.records.papers import FAILED, FILE

PAPERS = json.loads(FILE.read_text(encoding="utf-8"))
TABLES = [(source, int(number)) for source, entry in PAPERS.items() for number in entry["tables"]]


@pytest.mark.parametrize(("source", "number"), TABLES)
def test_every_table_says_what_it_holds_and_prints(source, number):
    table = paper(source, number)
    assert table.link.startswith("https://arxiv.org/abs/")
    assert re.search(r"\(20\d\d\)$", table.authors)
    assert table.about
    assert table.convention
    assert all(column.quantity and column.unit for column in table.columns.values())
    lines = table._repr_markdown_().splitlines()
    assert f", {table.place}](" in lines[0]
    assert re.match(r"\| [a-z]+[a-z ]* \|", lines[2]), "the first column has a name"
    assert table.row != "row"
    assert len(lines) == 4 + len(table.rows)
    assert len({line.count("|") for line in lines[2:]}) == 1
    for row in table.rows:
        for column in table.columns:
            printed = table.printed(row, column)
            assert printed == FAILED or float(printed) == table.value(row, column)


def test_figures_are_those_of_the_papers():
    """Read off the papers once more, in their own order."""
    depths = [tuple(row.values()) for row in paper("he2015", 2).rows.values()]
    assert depths == [("27.94", "27.88"), ("28.54", "25.03")]
    ensembles = [row["error"] for row in paper("he2015", 5).rows.values()]
    assert ensembles == ["7.32", "6.66", "6.8", "4.94", "4.82", "3.57"]
    shortcuts = [row["error"] for row in paper("he2016", 1).rows.values()]
    assert shortcuts == ["6.61", FAILED, FAILED, "12.35", FAILED, "8.70", "9.81", "12.86", "6.91",
                         "12.22", FAILED]
    arrangements = [tuple(row.values()) for row in paper("he2016", 2).rows.values()]
    assert arrangements == [("6.61", "5.93"), ("8.17", "6.50"), ("7.84", "6.14"),
                            ("6.71", "5.91"), ("6.37", "5.46")]
    units = [tuple(row.values()) for row in paper("he2016", 3).rows.values()]
    assert units == [("9.90", "8.91"), ("6.61", "6.37"), ("5.93", "5.46"), ("7.61", "4.92"),
                     ("25.16", "24.33"), ("27.82", "22.71")]
    huang = [tuple(row.values()) for row in paper("huang2016", 5).rows.values()]
    assert huang == [("500", "6.41", "5.25"), ("300", "6.67", "4.91")]
    tricks = [tuple(row.values()) for row in paper("bag_of_tricks", 5).rows.values()]
    assert [row[2:] for row in tricks] == [("76.21", "92.97"), ("76.66", "93.28"),
                                           ("76.87", "93.48"), ("77.16", "93.52")]


def test_runs_that_were_trained_differently_say_so():
    """Huang's two networks had other numbers of epochs and other schedules."""
    table = paper("huang2016", 5)
    assert table.value("ResNet-110", "training") != table.value("ResNet-1202", "training")
    for epoch in ("250", "375", "150", "225", "warm-up"):
        assert epoch in table.convention


def test_papers_agree_on_what_they_share():
    assert paper("he2016", 1).value("identity", "error") == paper("he2016", 2).value(
        "original", "ResNet-110") == paper("he2016", 3).value("CIFAR-10, ResNet-110", "v1")
    assert paper("he2016", 4).printed("ResNet-1202, v1", "parameters") == paper(
        "he2015", 6).printed("ResNet-1202", "parameters")


@pytest.mark.parametrize("depth", [20, 32, 44, 56])
def test_counts_of_the_paper_are_those_of_our_networks(depth):
    count = sum(p.numel() for p in resnet_lab.build(f"resnet{depth}").parameters())
    assert f"{count / 1e6:.2f}" == paper("he2015", 6).printed(f"ResNet-{depth}", "parameters")


def test_each_call_returns_a_table_of_its_own():
    paper("he2016", 2).rows["original"]["ResNet-110"] = "0"
    assert paper("he2016", 2).printed("original", "ResNet-110") == "6.61"


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("he2017", 1), ValueError, "one of .*he2016.*got 'he2017'"),
        (("he2016", 9), ValueError, "one of 1, 2, 3, 4 of 'he2016', got 9"),
        (("he2016", "2"), TypeError, "an integer, got '2'"),
        (("he2016", True), TypeError, "an integer, got True"),
    ],
)
def test_what_is_not_recorded_is_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        paper(*arguments)


def test_unknown_names_and_failed_runs_are_refused():
    table = paper("he2016", 1)
    with pytest.raises(KeyError, match=r"row must be one of .*'identity'.*got 'none'"):
        table.printed("none", "error")
    with pytest.raises(KeyError, match=r"column must be one of .*'error'.*got 'loss'"):
        table.value("identity", "loss")
    with pytest.raises(ValueError, match="did not fail, got 'dropout 0.5'"):
        table.value("dropout 0.5", "error")
