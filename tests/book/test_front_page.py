"""What the front page tells a reader to type exists."""

import re

from book.kit import notebooks

PAGE = (notebooks.BOOK / "index.md").read_text(encoding="utf-8")
MAKEFILE = (notebooks.ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_commands_of_the_front_page_are_the_makefile_s():
    told = set(re.findall(r"`make ([a-z-]+)`", PAGE))
    assert {"book", "serve", "lab"} <= told
    assert told <= set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.M))


def test_lab_is_opened_in_the_environment_of_the_other_commands():
    (rule,) = re.findall(r"^lab: (.*)\n\t(.*)", MAKEFILE, re.M)
    assert "$(READY)" in rule[0]
    assert "$(RUN) -m jupyterlab book" in rule[1]
