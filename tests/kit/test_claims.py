"""The ledger: verdicts follow from the numbers, and the numbers are right."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
import torchvision

from book.claims import imagenet, ledger, run, table
from book.kit import numerals

ROWS = ledger.load()
ROW = next(row for row in ROWS if row.id == "he2015-resnet50-cost")
BILLION = 10**9

# What runs large networks; ``make claims`` recomputes every row.
SLOW = {
    "degradation.googlenet_macs", "gains.from_18_to_34", "gains.from_34_to_50",
    "imagenet.bag_of_tricks_c_and_d_macs", "imagenet.resnet101_macs", "imagenet.resnet152_macs",
}  # fmt: skip


def later(row):
    marks = [pytest.mark.everything] if row.compute in SLOW else []
    return pytest.param(row, id=row.id, marks=marks)


def test_what_is_put_off_is_in_the_ledger():
    assert {row.compute for row in ROWS} >= SLOW


@pytest.mark.parametrize("row", map(later, ROWS))
def test_the_verdict_is_what_the_numbers_give(row):
    assert ledger.decide(row, ledger.values(row)) == row.verdict


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_notes_hold_no_result(row):
    assert list(numerals.typed(row.note, ())) == []


@pytest.mark.parametrize(("stated", "unit", "values", "convention", "verdict"), [
    ("3.8", BILLION, {"a": 3_800_000_000}, "a", "holds"),
    ("3.8", BILLION, {"a": 3_750_000_000}, "a", "rounds"),
    ("3.8", BILLION, {"a": 3_849_999_999}, "a", "rounds"),
    ("3.8", BILLION, {"a": 3_850_000_000}, "a", "truncates"),
    ("3.8", BILLION, {"a": 3_899_999_999}, "a", "truncates"),
    ("3.8", BILLION, {"a": 3_900_000_000}, "a", "contradicted"),
    ("3.8", BILLION, {"a": 3_749_999_999}, "a", "contradicted"),
    ("3.80", BILLION, {"a": 3_850_000_000}, "a", "contradicted"),
    ("483", 1, {"v1": 483, "v1.5": 427}, "v1", "holds"),
    ("483", 1, {"v1": 483, "v1.5": 427}, "v1.5", "another reading"),
    ("484", 1, {"v1": 483, "v1.5": 427}, "v1.5", "contradicted"),
    ("484", 1, {"v1": 483, "v1.5": 427}, None, "contradicted"),
    (">1", 1, {"a": Fraction(25, 19)}, None, "holds"),
    (">1", 1, {"a": 1}, None, "contradicted"),
    ("<1", 1, {"a": Fraction(19, 25)}, None, "holds"),
    ("<1", 1, {"a": 1}, None, "contradicted"),
    ("<100", 1, {"a": 42, "b": 152}, None, "depends on convention"),
    ("483", 1, {"v1": 483, "v1.5": 427}, None, "depends on convention"),
    ("18", 1, {"a": Fraction(92, 5), "b": Fraction(37, 2)}, None, "depends on convention"),
    ("1.8", BILLION, {"a": 1_795_000_000, "b": 1_814_000_000}, None, "rounds"),
    ("2", 1, {}, None, "not testable here"),
])
def test_deciding(stated, unit, values, convention, verdict):
    row = replace(ROW, stated=(stated,), unit=unit, convention=convention)
    assert ledger.decide(row, values) == verdict


def test_deciding_on_several_figures():
    row = replace(ROW, stated=("112", "56"), unit=1, convention="a")
    assert ledger.decide(row, {"a": (112, 56)}) == "holds"
    assert ledger.decide(row, {"a": (112, 55)}) == "contradicted"


@pytest.mark.parametrize("meant", [None, "a", "b"])
@pytest.mark.parametrize("values", product((1, 2), repeat=2))
def test_contradicted_is_what_no_reading_agrees_with(meant, values):
    row = replace(ROW, stated=("1",), unit=1, convention=meant)
    computed = dict(zip("ab", values, strict=True))
    assert (ledger.decide(row, computed) == "contradicted") == (1 not in values)


def test_the_page_marks_the_reading_that_is_meant(monkeypatch):
    row = next(row for row in ROWS if row.id == "datagen-resnet50-convolutions")
    monkeypatch.setattr(table, "load", lambda path: [row])
    text = table.markdown()
    assert "on the longest path (meant): 49<br>" in text
    assert "in residual branches: 48<br>" in text


def test_a_source_is_named():
    """Each row can be looked up: by its address, or by the title of the post or chapter."""
    unlinked = {row.source for row in ROWS if row.link is None}
    assert unlinked == {
        "this book", "ResNets under the hood – 1, a blog post of 2020",
        '"[Paper] ResNet", a blog post with PyTorch code',
    }


def test_an_unknown_convention_names_the_known_ones():
    with pytest.raises(ValueError, match=r"one of \['a'\], got 'v1'"):
        ledger.decide(replace(ROW, convention="v1"), {"a": 1})


def test_the_command_sees_a_wrong_verdict(monkeypatch, capsys):
    rows = [ROW, replace(ROW, verdict="rounds")]
    monkeypatch.setattr(ledger, "load", lambda: rows)
    assert run.main() == 1
    assert "the ledger says rounds" in capsys.readouterr().out


@pytest.mark.parametrize(("field", "value", "message"), [
    ("verdict", "true", "verdict must be one of"),
    ("compute", "imagenet.resnet51_macs", "compute must name a public function of imagenet.py"),
    ("compute", "imagenet.SIDE", "compute must name a public function of imagenet.py"),
    ("compute", "imagenet.partial", "compute must name a public function of imagenet.py"),
    ("compute", "imagenet.macs", "compute must name a public function of imagenet.py"),
    ("compute", "imagenet._vgg19", "compute must name a public function of imagenet.py"),
    ("compute", "cifar._in_shortcuts", "compute must name a public function of cifar.py"),
    ("compute", "resnet50_macs", "compute must begin with one of .*'imagenet'"),
    ("stated", "[3.8]", "stated must hold quoted figures"),
    ("extra", "1", "must hold"),
])
def test_a_row_with_a_fault(tmp_path, field, value, message):
    first = ledger.LEDGER.read_text().partition("\n\n- id")[2].partition("\n\n- id")[0]
    kept = [line for line in f"- id{first}".splitlines() if not line.startswith(f"  {field}:")]
    path = tmp_path / "ledger.yml"
    path.write_text("\n".join([*kept, f"  {field}: {value}"]))
    with pytest.raises(ValueError, match=f"^{ROWS[0].id}: {message}"):
        ledger.load(path)


def test_counts_agree_with_torchvisions_own():
    weights = torchvision.models.ResNet50_Weights.IMAGENET1K_V1.meta
    assert imagenet.resnet50_macs()["v1.5"] / BILLION == pytest.approx(weights["_ops"], abs=5e-4)
    assert imagenet.resnet50_parameters()["trained parameters"] == weights["num_params"]
    weights = torchvision.models.VGG19_Weights.IMAGENET1K_V1.meta
    assert imagenet.vgg19_macs()["all layers"] / BILLION == pytest.approx(
        weights["_ops"], abs=5e-4)


def test_the_plain_network_by_hand():
    """ResNet-18 without projections: stem, sixteen 3x3 convolutions, classifier."""
    stem = 64 * 3 * 49 * 112**2
    stages = sum(
        (w * (v + 3 * w) * 9) * side**2
        for v, w, side in ((64, 64, 56), (64, 128, 28), (128, 256, 14), (256, 512, 7))
    )
    assert imagenet.resnet18_macs()["A (no weights in shortcuts)"] == stem + stages + 512 * 1000
