"""The node processes that tests and builds ask: what goes wrong in one is answered."""

from pathlib import Path

import pytest
from javascript import RefusedError, js
from node_lines import Node
from stills import PROGRAM


@pytest.mark.parametrize(
    ("module", "name", "values", "message"),
    [
        ("js/nothing", "x", [], "Cannot find module"),
        ("js/markup", "nothing", [], "js/markup exports no nothing"),
        ("race/numbers", "stepsOf", [None], "TypeError"),
    ],
)
def test_a_fault_is_answered_and_so_is_the_next_call(
    module: str, name: str, values: list[None], message: str
) -> None:
    with pytest.raises(RuntimeError, match=message):
        js(module, name, *values)
    assert js("js/markup", "markup", "a < b") == "a &lt; b"


def test_what_a_module_refuses_names_the_argument() -> None:
    with pytest.raises(RefusedError, match="must be at least 1, got 0") as caught:
        js("stride/picture", "check", {"size": 0, "kernel": 1, "stride": 1, "padding": 0,
                                       "dilation": 1, "ceil_mode": False, "row": 0, "column": 0})
    assert caught.value.argument == "size"


def test_a_question_that_cannot_be_read_is_answered(tmp_path: Path) -> None:
    node = Node(PROGRAM, str(tmp_path))
    try:
        for _ in range(2):
            assert "Cannot find module" in node.ask({})["error"]
    finally:
        node.close()


def test_a_process_that_has_ended_is_told_each_time(tmp_path: Path) -> None:
    script = tmp_path / "ends.mjs"
    script.write_text("process.exit(0);")
    node = Node(script)
    node._process.wait(60)
    try:
        for _ in range(2):
            with pytest.raises(RuntimeError, match=r"node ended at .* \(ends.mjs\)"):
                node.ask({"a": 1})
    finally:
        node.close()
