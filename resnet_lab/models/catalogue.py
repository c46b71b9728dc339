"""The catalogue: networks by name."""

import difflib
from dataclasses import fields, replace
from typing import Any

from resnet_lab.models.spec import ResNetSpec
from resnet_lab.models.trunk import ResNet

CATALOGUE = {
    spec.name: spec
    for spec in (
        ResNetSpec("resnet18", "basic", (2, 2, 2, 2)),
        ResNetSpec("resnet34", "basic", (3, 4, 6, 3)),
        ResNetSpec("resnet50", "bottleneck", (3, 4, 6, 3)),
        ResNetSpec("resnet101", "bottleneck", (3, 4, 23, 3)),
        ResNetSpec("resnet152", "bottleneck", (3, 8, 36, 3)),
    )
}
"""Depths: arXiv:1512.03385, table 1."""


def list_models() -> list[str]:
    """Names that :func:`spec` and :func:`build` know, from the smallest network up."""
    return list(CATALOGUE)


def spec(name: str, /, **changes: Any) -> ResNetSpec:
    """Look up a specification, with fields changed as asked.

    Args:
        name: a name of :func:`list_models`.
        **changes: fields of :class:`ResNetSpec` to set, such as ``version="v1"``.

    Raises:
        ValueError: the name is unknown (the message says which are near), or a value is impossible.
        TypeError: the name is no string, or a change is not a field of the specification.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a string of list_models(), got {name!r}")
    if name not in CATALOGUE:
        near = difflib.get_close_matches(name.lower(), CATALOGUE, n=3, cutoff=0.5)
        hint = f"near it: {', '.join(near)}" if near else f"known: {', '.join(CATALOGUE)}"
        raise ValueError(f"name must be one of list_models(), got {name!r}; {hint}")
    known = [field.name for field in fields(ResNetSpec)]
    for change in changes:
        if change not in known:
            listed = ", ".join(known)
            raise TypeError(f"{change} is no field of a ResNetSpec; its fields are {listed}")
    return replace(CATALOGUE[name], **changes)


def build(name: str, /, **changes: Any) -> ResNet:
    """Build a network by name, with freshly drawn weights.

    Args:
        name: a name of :func:`list_models`.
        **changes: fields of :class:`ResNetSpec` to set, such as ``num_classes=10``.

    Raises:
        ValueError: the name is unknown, or a value is impossible.
        TypeError: a change is not a field of the specification.

    Example:
        >>> build("resnet50", version="v1").spec.version
        'v1'
    """
    return ResNet(spec(name, **changes))
