"""What other libraries call the networks of the catalogue, and what theirs have besides."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from resnet_lab.models import ResNetSpec, cost, spec
from resnet_lab.tables import markdown_table

FILE = Path(__file__).with_name("names.json")

BIASED = {
    "stem": r"conv1",
    "first": r"layer\d\.\d+\.conv1",
    "middle": r"layer\d\.\d+\.conv2",
    "last": r"layer\d\.\d+\.conv3",
    "projection": r"layer\d\.\d+\.downsample\.\d",
}
"""Places of a convolution of a bottleneck network, and what they are called here."""

PLACES = {
    "stem": "stem", "first": "first 1x1", "middle": "3x3", "last": "last 1x1",
    "projection": "projections",
}  # fmt: skip
"""The same in the words of a table."""


@dataclass(frozen=True)
class LibraryName:
    """A network under the name that another library has for it.

    Attributes:
        library: whose name it is.
        name: how it is built there.
        ours: the network of the catalogue that it is, or is nearest to.
        source: address of the code that builds it.
        checked: ``"run"`` where a test builds both and compares them, ``"read"`` where the
            library could not be installed and its code was read instead.
        changes: fields of the specification that differ from the one in the catalogue.
        biases: places in which convolutions have biases, keys of :data:`BIASED`.
        eps: what batch normalization adds to the variance.
        zero_gamma: whether the last gamma of each branch starts at zero by default.
        extra: parameters that no field of a specification explains.
        differs: what else is different, in words.
    """

    library: str
    name: str
    ours: str
    source: str
    checked: str
    changes: dict[str, Any] = field(default_factory=dict)
    biases: tuple[str, ...] = ()
    eps: float = 1e-5
    zero_gamma: bool = False
    extra: int = 0
    differs: str = ""

    @property
    def spec(self) -> ResNetSpec:
        """The specification that comes nearest."""
        return spec(self.ours, **self.changes)

    @property
    def bias_parameters(self) -> int:
        """Biases of convolutions, one for each output channel."""
        places = [BIASED[place] for place in self.biases]
        return sum(
            row.output_shape[0]
            for row in cost(self.spec).rows
            if row.kind == "Conv2d" and any(re.fullmatch(place, row.name) for place in places)
        )

    @property
    def parameters(self) -> int:
        """Trained parameters: weights and biases, gammas and betas. No running statistics."""
        return cost(self.spec).params + self.bias_parameters + self.extra

    @property
    def besides(self) -> str:
        """What the name does not say, in words; empty where there is nothing."""
        found = []
        if self.biases:
            every = len(self.biases) == len(BIASED)
            places = [PLACES[place] for place in self.biases]
            found.append(f"biases: {'all convolutions' if every else ', '.join(places)}")
        if self.eps != 1e-5:
            found.append(f"epsilon {self.eps:g}")
        if self.zero_gamma:
            found.append("last gammas start at zero")
        if self.differs:
            found.append(self.differs)
        return "; ".join(found)


@cache
def library_names() -> tuple[LibraryName, ...]:
    """Every name that is known, library by library."""
    return tuple(_entry(data) for data in json.loads(FILE.read_text(encoding="utf-8")))


def _entry(data: dict[str, Any]) -> LibraryName:
    changes = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in data.get("changes", {}).items()
    }
    return LibraryName(**{**data, "changes": changes, "biases": tuple(data.get("biases", ()))})


def table_of_names(names: Sequence[LibraryName], libraries: Sequence[str]) -> str:
    """A Markdown table: a row for each network, a column for each library.

    Names whose library was read and not run are in italics.
    """
    networks: dict[str, dict[str, list[str]]] = {}
    for entry in names:
        if entry.library in libraries:
            cells = networks.setdefault(_ours(entry), {})
            cells.setdefault(entry.library, []).append(_theirs(entry))
    rows = [
        [network, *(", ".join(cells.get(library, [])) for library in libraries)]
        for network, cells in sorted(networks.items(), key=lambda item: (len(item[0]), item))
    ]
    return markdown_table(["here", *libraries], rows)


def table_of_details(names: Sequence[LibraryName]) -> str:
    """A Markdown table: a row for each name, with its parameters and what it does not say."""
    rows = [
        [f"{entry.library} {_theirs(entry)}", f"{entry.parameters:,}", entry.besides]
        for entry in names
    ]
    return markdown_table(["name", "parameters", "besides"], rows)


def _theirs(entry: LibraryName) -> str:
    return entry.name if entry.checked == "run" else f"*{entry.name}*"


def _ours(entry: LibraryName) -> str:
    changes = "".join(f", {name} {value!r}" for name, value in entry.changes.items())
    return f"`{entry.ours}`{changes}"
