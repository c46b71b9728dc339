"""Records: what was run, on what, with which code, and what came out."""

import json
from dataclasses import asdict, dataclass, fields
from math import isfinite, nan
from pathlib import Path
from typing import Any, get_origin

from resnet_lab.checks import check_choice
from resnet_lab.training.checkpoint import write_whole
from resnet_lab.training.curve import Curve
from resnet_lab.training.recipe import Recipe

FORMAT = 1
FINISHED = "finished"
RUNNING = "running"
FIRST_LOSSES = 5
"""Steps whose losses a record keeps one by one."""

OUTCOME = ("machine", "commit", "first_losses", "steps", "ended", "seconds", "curve")
"""What a record says of how a run went; the rest is given when it begins."""


class RecordError(ValueError):
    """A record is damaged, or is not what its name claims."""


@dataclass
class RunRecord:
    """One training run.

    Attributes:
        name: what the run is called, such as ``"digits-short/plain20-seed0"``.
        model: name of the network in the catalogue, or of the class.
        changes: fields of its specification that differ from the catalogue's.
        surgery: changes that the specification does not show, such as ``"detach_shortcuts"``.
        drawn: ``"from the seed"`` where the first weights follow from the seed, else ``"given"``.
        recipe: how it was trained.
        data: name, title, sizes and checksum of the images.
        seed: of the first weights, the order of the images, crops and flips.
        execution: device and shortcuts; see :class:`resnet_lab.training.Execution`.
        processes: that trained together.
        machine: what it ran on: device name, threads, versions; ``at_a_time`` says how many
            runs of an experiment shared it at most, and so the seconds.
        code: digest of the code that computes; see :mod:`resnet_lab.training.code`.
        commit: of the repository, with ``"+"`` after it where files were changed since; like the
            digest, as it was when the run began.
        first_losses: of the first steps, to see whether other code computes the same.
        steps: done in the end.
        ended: ``"finished"``, or why it did not.
        seconds: of training and testing, compilation included.
        curve: point by point.
    """

    name: str
    model: str
    changes: dict[str, Any]
    surgery: list[str]
    drawn: str
    recipe: Recipe
    data: dict[str, Any]
    seed: int
    execution: dict[str, Any]
    processes: int
    machine: dict[str, Any]
    code: str
    commit: str
    first_losses: list[float]
    steps: int
    ended: str
    seconds: float
    curve: Curve

    @property
    def identity(self) -> dict[str, Any]:
        """What was run, on what and with which code, as JSON has it; not what came out."""
        found = self.to_json()
        return {name: value for name, value in found.items() if name not in ("format", *OUTCOME)}

    @property
    def finished(self) -> bool:
        """Whether the recipe was followed to its end."""
        return self.ended == FINISHED

    @property
    def diverged(self) -> bool:
        """Whether the loss did not stay finite."""
        return self.ended.startswith("diverged")

    def final(self, quantity: str) -> float:
        """The last value of a quantity of the curve, such as ``"test_error"``.

        Raises:
            ValueError: the curve has no such quantity, or no point.
        """
        lists = self.curve.lists()
        check_choice("quantity", quantity, lists)
        if not len(self.curve):
            raise ValueError(f"{self.name} has no point of the curve: {self.ended}")
        return float(lists[quantity][-1])

    def to_json(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return {"format": FORMAT, **asdict(self), "recipe": self.recipe.to_json()}

    def save(self, path: Path) -> None:
        """Write the record, whole or not at all.

        Numbers of the curve have six digits; those that are not finite are null.

        Raises:
            OSError: the file can't be written.
        """
        data = self.to_json()
        data["curve"] = {
            name: [rounded(value) for value in values] for name, values in data["curve"].items()
        }
        data["first_losses"] = [rounded(value) for value in data["first_losses"]]
        write_json(path, data)


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write a dictionary, a line for each key, whole or not at all.

    Raises:
        OSError: the file can't be written.
        ValueError: it holds a number that is not finite, which JSON can't say.
    """
    lines = [
        f"{json.dumps(name)}: {json.dumps(value, allow_nan=False)}" for name, value in data.items()
    ]
    write_whole(path, ("{\n" + ",\n".join(lines) + "\n}\n").encode())


def rounded(value: float, digits: int = 6) -> float | None:
    """Some digits of a float; None where it is not finite, which JSON can't say."""
    if isinstance(value, int):
        return value
    return float(f"{value:.{digits}g}") if isfinite(value) else None


def _with_nan(values: list[Any]) -> list[Any]:
    for value in values:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise TypeError(f"a curve must be numbers and nulls, got {value!r}")
    return [nan if value is None else value for value in values]


def _check_types(data: dict[str, Any]) -> None:
    """Refuse fields of other types than JSON gives them."""
    in_json = {Recipe: dict, Curve: dict, float: float | int}
    for entry in fields(RunRecord):
        wanted: Any = get_origin(entry.type) or entry.type
        value = data[entry.name]
        if isinstance(value, bool) or not isinstance(value, in_json.get(wanted, wanted)):
            raise TypeError(f"{entry.name} must be a {wanted.__name__}, got {value!r}")


def read_record(path: Path) -> RunRecord:
    """Read a record.

    Raises:
        OSError: the file can't be read.
        RecordError: it is no record of this format; the message says what is wrong.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RecordError(f"{path} is no record: {error}") from error
    names = {entry.name for entry in fields(RunRecord)}
    if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
        raise RecordError(f"{path} is no record of format {FORMAT}")
    if names != set(data):
        raise RecordError(
            f"{path} lacks {sorted(names - set(data))} or has besides {sorted(set(data) - names)}"
        )
    try:
        _check_types(data)
        data["first_losses"] = _with_nan(data["first_losses"])
        lists = {name: _with_nan(values) for name, values in data.pop("curve").items()}
        curve = Curve(**lists)
        record = RunRecord(recipe=Recipe.from_json(data.pop("recipe")), curve=curve, **data)
    except (TypeError, ValueError, KeyError) as error:
        raise RecordError(f"{path}: {error}") from error
    lengths = {name: len(values) for name, values in curve.lists().items()}
    if len(set(lengths.values())) != 1:
        raise RecordError(f"{path}: quantities of the curve differ in length: {lengths}")
    return record
