"""The exercise that CONTRIBUTING.md adds, run as it stands there."""

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
SECTION = TEXT.partition("## Add an exercise")[2].partition("\n## ")[0]
CHECK, MISTAKES = re.findall(r"```python\n(.+?)```", SECTION, flags=re.DOTALL)
NAMES: dict = {"__name__": "half"}
exec(CHECK, NAMES)
exec(MISTAKES, NAMES)


@pytest.mark.parametrize("variant", NAMES["RIGHT"]["check_half"])
def test_its_right_answers_are_accepted(variant):
    assert NAMES["check_half"](NAMES["RIGHT"]["check_half"][variant]).state == "right"


@pytest.mark.parametrize("mistake", NAMES["WRONG"]["check_half"])
def test_its_mistakes_are_refused_for_their_reasons(mistake):
    answer, reason = NAMES["WRONG"]["check_half"][mistake]
    result = NAMES["check_half"](answer)
    assert result.state == "not right"
    assert reason in result.message
    assert len(reason) >= 12
