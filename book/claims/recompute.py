"""What recomputes each row of the ledger.

A function returns a value for each convention in which the claim can be read.
"""

import inspect
from collections.abc import Callable

from book.claims import cifar, counts, degradation, gains, imagenet, recipe, shapes
from book.claims.value import Value

FILES = {
    "cifar": cifar,
    "counts": counts,
    "degradation": degradation,
    "gains": gains,
    "imagenet": imagenet,
    "recipe": recipe,
    "shapes": shapes,
}


def function(name: str) -> Callable[[], dict[str, Value]]:
    """The function that a row names as ``file.function``.

    Raises:
        ValueError: the file has no such public function of its own.
    """
    file, _, wanted = name.partition(".")
    if file not in FILES:
        raise ValueError(f"compute must begin with one of {sorted(FILES)}, got {name!r}")
    found = vars(FILES[file]).get(wanted)
    if (
        wanted.startswith("_")
        or not inspect.isfunction(found)
        or found.__module__ != FILES[file].__name__
    ):
        raise ValueError(f"compute must name a public function of {file}.py, got {name!r}")
    return found
