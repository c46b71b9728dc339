"""What chapter 16 says that others found is what the ledger quotes."""

import ast

from book.claims import ledger
from book.kit import notebooks

ROWS = {row.id: row for row in ledger.load()}
CELLS = {cell["id"]: cell for cell in notebooks.load(notebooks.BOOK / "16_recipe.ipynb")["cells"]}


def table(cell, name):
    """A dictionary that a cell of chapter 16 assigns to a name."""
    for statement in ast.parse(CELLS[cell]["source"]).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            return ast.literal_eval(statement.value)
    raise AssertionError(f"{cell} assigns no {name}")


def test_errors_of_other_reproductions_are_those_of_the_ledger():
    akamaster, gcr = table("others-printed", "OTHERS").values()
    assert [errors[0] for errors in akamaster.values()] == stated("akamaster-errors")
    assert [errors[0] for errors in gcr.values()] == stated("gcr-errors")
    assert list(gcr[110][1:]) == stated("gcr-second-resnet110")
    assert all(len(errors) == 1 for errors in akamaster.values())
    assert all(len(errors) == 1 for depth, errors in gcr.items() if depth != 110)


def test_best_errors_on_the_way_are_those_of_the_ledger():
    accuracies = table("say-stored", "STORED")
    found = [round(100 - accuracy, 2) for accuracy in accuracies.values()]
    assert found == stated("akamaster-best-on-the-way")
    for depth, best in zip(accuracies, found, strict=True):
        printed = table("others-printed", "OTHERS")
        assert best < next(iter(printed.values()))[depth][0]


def test_statements_about_other_code_name_a_commit_and_lines():
    for cell in ("protocols", "protocols-gcr"):
        links = [part.partition(")")[0] for part in CELLS[cell]["source"].split("](")[1:]]
        code = [link for link in links if link.startswith("https://github.com")]
        assert len(code) >= 3
        assert all("/blob/" in link and "#L" in link for link in code)
        assert all(len(link.split("/blob/")[1].partition("/")[0]) == 40 for link in code)


def stated(row):
    return [float(figure) for figure in ROWS[row].stated]
