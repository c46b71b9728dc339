"""The lint passes a chapter without faults and sees each planted one."""

import pytest

from book.kit import lint, notebooks, numerals

GIVEN = [224, 7, 0.5]

FINE = [
    "An image of 224 pixels, half of it 0.5.",
    "The rows of ResNet-18, 101 and 152 agree on CIFAR-10 images.",
    "ResNet-50, ResNet-152 and VGG-19 on CIFAR-10, in v1 and v1.5.",
    "A 7x7 convolution, a 3×3/2 pooling and a 1 x 1 projection.",
    "`conv1`, `layer4.2.conv3`, `float32`, `nn.Conv2d(7, 7, kernel_size=3, stride=2)`, `x[:, 0]`",
    "See chapter 12, section 3.3, figures 2 and 3, table 1, stages 2 to 4.",
    "1. first\n2. second",
    "> 1. first",
    "He et al. (2015), arXiv:1512.03385",
    "[the paper](https://arxiv.org/abs/1512.03385v1)",
    "$\\lfloor (I + 2P - K') / S \\rfloor + 1$, $x_{12}$, $224 / 7$",
    "```python\nx = 55\n```",
    "<!-- exercise: a-55 -->",
    "| 224 | `224` |",
]
FAULTY = [
    ("The pool gives 55 columns.", "55", 1),
    ("First line.\nThen 112.", "112", 2),
    ("It has 25,557,032 parameters.", "25,557,032", 1),
    ("It costs 4.09 billion.", "4.09", 1),
    ("A loss of .25 is low.", ".25", 1),
    ("$224 \\to 112$", "112", 1),
    ("$$\n\\frac{I}{32}\n$$", "32", 2),
    ("It prints `55`.", "55", 1),
    ("`nn.Conv2d(3, 7, 7)`", "3", 1),
    ("| size | 56 |", "56", 1),
    ("# The road to 55", "55", 1),
    ("![224 becomes 112](x.png)", "112", 1),
    ("<summary>Why 55</summary>", "55", 1),
    ("```python\nx\n```\nThen 55.", "55", 4),
    ("2048 channels, 2015 of them", "2048", 1),
    ("A map of 14x14.", "14", 1),
    ("ResNet-50 takes 50 layers.", "50", 1),
    ("224.5 pixels", "224.5", 1),
    ("It keeps 2016 channels.", "2016", 1),
    ("A map 5x5 wide.", "5", 1),
    ("Each step 55 columns on", "55", 1),
    ("a table 56 pixels high", "56", 1),
    ("`nn.Conv2d(7, 7, 7, stride=427)`", "427", 1),
    ("ResNet-18 and 101 channels", "101", 1),
]


@pytest.mark.parametrize("text", FINE)
def test_numerals_that_prose_may_hold(text):
    assert list(numerals.typed(text, GIVEN)) == []


@pytest.mark.parametrize(("text", "numeral", "line"), FAULTY)
def test_results_typed_as_numerals(text, numeral, line):
    assert (line, numeral) in list(numerals.typed(text, GIVEN))


def found(chapter, text):
    """The one kind of finding that holds a text."""
    chapter.write()
    findings = lint.check(chapter.path)
    assert findings, "nothing found"
    assert all(text in str(finding) for finding in findings), findings
    return findings


def test_a_chapter_without_faults(chapter):
    assert lint.check(chapter.path) == []


def test_a_finding_names_notebook_cell_line_and_remedy(chapter):
    chapter.append("Fine.\n\nIt gives 55.")
    (finding,) = lint.check(chapter.path)
    assert str(finding).startswith("04_sample.ipynb: cell planted, line 3: '55' is typed.")
    assert "Compute it in a cell" in str(finding)


@pytest.mark.parametrize("source", [
    'display(Markdown(f"The output is 55, from {size}."))',
    'print("55 columns")',
    'HTML("<p>55 columns</p>")',
    'display(Latex("55 columns"))',
    'Markdown(data="55 columns")',
    'curve(data, "x", "y", title="From 55 up")',
])
def test_numerals_in_what_a_cell_prints(chapter, source):
    chapter.append(source, "code")
    found(chapter, "'55' is typed")


def test_a_format_is_no_numeral(chapter):
    chapter.append('display(Markdown(f"{size:.2f} of {224}"))', "code")
    assert lint.check(chapter.path) == []


def test_a_number_in_feedback_that_no_proof_computes(chapter):
    chapter.questions["quiz"][0]["options"][0]["feedback"] = "The kernel leaves 54."
    found(chapter, "'54' is in neither the proof nor the question")


def test_the_right_option_must_be_proved(chapter):
    chapter.questions["quiz"][0]["options"][0]["text"] = "54"
    found(chapter, "'54' is in neither the proof nor the question")


@pytest.mark.parametrize(("source", "number"), [
    ('    """Gives 54."""', "54"), ("    # 54", "54"), ('    "54"', "54"), ("_54 = 54", "54"),
    ("    same = True", "1"),
])
def test_only_numbers_that_a_proof_computes_with_count(chapter, source, number):
    chapter.questions["quiz"][0]["options"][0]["feedback"] = f"The kernel leaves {number}."
    chapter.proofs = chapter.proofs.replace("    columns =", f"{source}\n    columns =", 1) if (
        source.startswith(" ")
    ) else f"{source}\n{chapter.proofs}"
    found(chapter, f"'{number}' is in neither the proof nor the question")


def test_a_proof_that_is_not_written(chapter):
    chapter.questions["quiz"][0]["proof"] = "wide"
    assert "the proof 'wide' is not written" in str(lint.check(chapter.write())[0])


def test_a_proof_that_no_question_uses(chapter):
    chapter.proofs += "\n\ndef wide():\n    return {}\n\n\ndef _shared():\n    return 2\n"
    found(chapter, "the proof 'wide' is not used")


def test_proofs_that_are_missing(chapter):
    (chapter.book / "quizzes" / "sample.py").unlink()
    (finding,) = lint.check(chapter.path)
    assert "No such file" in str(finding)
    assert "described in book/kit/proofs.py" in str(finding)


def test_proofs_that_are_no_python(chapter):
    chapter.proofs = chapter.proofs.replace("def narrow():", "def narrow()")
    chapter.write()
    (finding,) = lint.check(chapter.path)
    assert "sample.py: line 5: expected ':'" in str(finding)
    assert "described in book/kit/proofs.py" in str(finding)


@pytest.mark.parametrize(("field", "value", "message"), [
    ("part", "II", "part must be one of"),
    ("given", [224, "7"], "given must be numbers"),
    ("objectives", [], "objectives must be at least one"),
    ("objectives", [{"id": "a", "text": "b", "checked_by": ["none"]}], "'none', which is no"),
    ("objectives", [{"id": "a", "text": "b", "checked_by": []}], "at least one exercise"),
    ("chapter", 5, "chapter is 5"),
])
def test_metadata(chapter, field, value, message):
    chapter.notebook["metadata"]["resnet_lab"][field] = value
    found(chapter, message)


def test_metadata_that_is_missing(chapter):
    del chapter.notebook["metadata"]["resnet_lab"]["given"]
    assert any("must hold" in str(f) for f in found(chapter, ""))


@pytest.mark.parametrize("plant", [
    lambda n: n["metadata"].update(nbmake={"allow_errors": True}),
    lambda n: n["cells"][4]["metadata"]["tags"].append("raises-exception"),
    lambda n: n["cells"][4]["metadata"]["tags"].append("skip-execution"),
])
def test_metadata_that_lets_errors_pass(chapter, plant):
    plant(chapter.notebook)
    found(chapter, "errors are allowed")


def test_another_install_cell(chapter):
    chapter.notebook["cells"][2]["source"] += "\nimport torch"
    found(chapter, "first code cell must be tagged 'install'")


@pytest.mark.parametrize("tag", ["quiz", "chapter-header"])
def test_a_generated_cell_is_missing(chapter, tag):
    cells = chapter.notebook["cells"]
    cells[:] = [cell for cell in cells if tag not in cell["metadata"].get("tags", [])]
    found(chapter, f"one cell tagged '{tag}'")


def test_a_prediction_without_a_cell(chapter):
    del chapter.notebook["cells"][3]
    found(chapter, "must each have one cell")


@pytest.mark.parametrize("result", ["early", "cell-9", "cell-2", "cell-6", "cell-44", "guess"])
def test_a_result_is_a_code_cell_after_the_prediction(chapter, result):
    early = {"id": "early", "cell_type": "code", "metadata": {}, "source": "2", "outputs": [],
             "execution_count": None}
    chapter.notebook["cells"].insert(3, early)
    chapter.questions["predictions"][0]["result"] = result
    (finding,) = found(chapter, f"result is '{result}', which is no code cell after it")
    assert finding.cell == "prediction guess"


def test_a_result_has_an_output_on_the_page(chapter):
    chapter.notebook["cells"][5]["metadata"]["tags"] = ["remove-cell"]
    found(chapter, "whose output a page shows")


def test_questions_that_cannot_be_read(chapter):
    del chapter.questions["quiz"][0]
    found(chapter, "must have 5 items")


def test_questions_that_are_missing(chapter):
    (chapter.book / "quizzes" / "04_sample.yml").unlink()
    chapter.notebook["metadata"]["resnet_lab"]["objectives"][0]["checked_by"] = ["halve"]
    (finding,) = lint.check(chapter.path)
    assert "No such file" in str(finding)
    assert "described in book/kit/quizzes.py" in str(finding)


def test_questions_that_are_no_yaml(chapter):
    (chapter.book / "quizzes" / "04_sample.yml").write_text("quiz: [")
    chapter.notebook["metadata"]["resnet_lab"]["objectives"][0]["checked_by"] = ["halve"]
    chapter.path.write_text(notebooks.dump(chapter.notebook))
    (finding,) = lint.check(chapter.path)
    assert "04_sample.yml: while parsing" in str(finding)


@pytest.mark.parametrize(("plant", "message"), [
    (lambda n: n.update(nbformat_minor=4), "format must be 4.5"),
    (lambda n: n["metadata"]["kernelspec"].update(name="conda"), "kernelspec"),
    (lambda n: n["cells"][4].update(id="cell-5"), "more than one cell"),
    (lambda n: n["cells"][4].update(execution_count=1), "has outputs"),
    (lambda n: n["cells"][4].update(source="x\n" * 16), "has 16 lines"),
])
def test_form(chapter, plant, message):
    plant(chapter.notebook)
    found(chapter, message)


@pytest.mark.parametrize(("source", "message"), [
    ("```{note}\nText\n```", "MyST syntax"),
    (":::{tip}\nText\n:::", "MyST syntax"),
    ("see {ref}`stems`", "MyST syntax"),
    ("(stems)=\n# Stems", "MyST syntax"),
    ("% a comment", "MyST syntax"),
    ("![](quizzes/04_sample.yml)", "without alt text"),
    ("[next](05_blocks.ipynb)", "leads to no file"),
    ('<p style="color: red">x</p>', "inline style"),
    ("<script>x</script>", "inline style or script"),
    ("One simply reads.", "'simply'"),
    ("It works!", "exclamation mark"),
])
def test_prose(chapter, source, message):
    chapter.append(source)
    found(chapter, message)


@pytest.mark.parametrize("source", [
    "`a != b` and $n!$", "[this](04_sample.ipynb#part)", "![a map](04_sample.ipynb)",
    "[paper](https://arxiv.org/abs/1512.03385)", "<!-- a comment -->",
    "<details>\n<summary>a</summary>\n\nb\n\n</details>",
])
def test_prose_without_fault(chapter, source):
    chapter.append(source)
    assert lint.check(chapter.path) == []
