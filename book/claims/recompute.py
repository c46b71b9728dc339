"""What recomputes each row of the ledger.

A function returns a value for each convention in which the claim can be read.
"""

from collections.abc import Callable

from book.claims import cifar, counts, degradation, imagenet, recipe
from book.claims.value import Value

FILES = {
    "cifar": cifar,
    "counts": counts,
    "degradation": degradation,
    "imagenet": imagenet,
    "recipe": recipe,
}


def function(name: str) -> Callable[[], dict[str, Value]]:
    """The function that a row names as ``file.function``.

    Raises:
        ValueError: naming what there is.
    """
    file, _, wanted = name.partition(".")
    if file not in FILES:
        raise ValueError(f"compute must begin with one of {sorted(FILES)}, got {name!r}")
    if wanted not in vars(FILES[file]):
        raise ValueError(f"compute must name a function of {file}.py, got {name!r}")
    found: Callable[[], dict[str, Value]] = getattr(FILES[file], wanted)
    return found
