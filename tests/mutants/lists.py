"""The lists of mutants: what is changed where, and the tests that must fail then."""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Mutant:
    """One small fault.

    Attributes:
        room: name of the list that it stands in.
        file: the file that is changed, from the root of the project.
        why: what the fault would do, in a few words.
        before: text that is in the file once.
        after: what takes its place.
        tests: ids of tests of which one must fail, or files or folders of them.
    """

    room: str
    file: str
    why: str
    before: str
    after: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}: {self.why}"

    def applied(self, text: str) -> str:
        """The text of the file with the fault.

        Raises:
            ValueError: what is to be changed is not in the text once, or no Python comes of it.
        """
        times = text.count(self.before)
        if times != 1:
            raise ValueError(f"`before` must be in the file once, it is there {times} times")
        changed = text.replace(self.before, self.after)
        if changed == text:
            raise ValueError("`after` is the same as `before`")
        if self.file.endswith(".py"):
            try:
                compile(changed, self.file, "exec")
            except SyntaxError as error:
                raise ValueError(f"`after` must leave it Python, got {error}") from error
        return changed


def read_lists(folder: Path) -> list[Mutant]:
    """Every mutant of the lists in a folder.

    Raises:
        ValueError: an entry lacks a field, has an unknown one or names no test.
    """
    mutants = []
    for path in sorted(folder.glob("*.yml")):
        for entry in yaml.safe_load(path.read_text()) or []:
            mutants.append(_mutant(path, entry))
    return mutants


def _mutant(path: Path, entry: dict) -> Mutant:
    needed = {"file", "why", "before", "after", "tests"}
    if set(entry) != needed:
        raise ValueError(f"{path.name}: an entry must have {sorted(needed)}, got {sorted(entry)}")
    before, after = (str(entry[name] or "").removesuffix("\n") for name in ("before", "after"))
    tests = tuple((entry["tests"] or "").split())
    if not tests:  # pytest would run them all
        raise ValueError(f"{path.name}: `tests` must name one or more, got none: {entry['why']}")
    return Mutant(path.stem, entry["file"], entry["why"], before, after, tests)
