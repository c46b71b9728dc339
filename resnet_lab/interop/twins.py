"""Networks that take the same weights and compute something else with them.

Where the zeros of option A stand, whether there is a shortcut at all, which convolution strides:
none of it has weights. What a file leaves open so is not known, but it may be likely, by the code
that is behind the names of its weights.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import torch

from resnet_lab.interop.layouts import Layout
from resnet_lab.models.catalogue import CATALOGUE
from resnet_lab.models.shortcuts import SHORTCUTS
from resnet_lab.models.spec import ResNetSpec, differing_fields

UNPROJECTED = ("A", "A-split", "none")
"""Shortcuts without weights, and no shortcut."""


def twins(spec: ResNetSpec, layout: Layout, pool_is_known: bool = False) -> tuple[ResNetSpec, ...]:
    """Networks that take the same weights as this one, itself or one that computes the same among.

    Args:
        spec: the network.
        layout: names that the weights have; some belong to one version only.
        pool_is_known: whether the shortcut of ``spec`` is right about a pool before its
            projections, where the names don't tell.
    """
    if not spec.preactivated:
        versions: tuple[str, ...] = ("v1.5",) if spec.block == "basic" else ("v1.5", "v1")
    elif spec.block in layout.versions:
        versions = (layout.versions[spec.block],)
    else:
        versions = ("v2", "v2-raw") if spec.block == "basic" else ("v2", "v2-1x1")
    shortcuts: tuple[str, ...] = (spec.shortcut,)
    if not _projects(spec):
        shortcuts = tuple(dict.fromkeys((*UNPROJECTED, spec.shortcut)))
        if spec.preactivated or spec.block == "bottleneck":
            shortcuts = tuple(shortcut for shortcut in shortcuts if shortcut != "none")
    elif spec.shortcut in ("B", "D") and "downsample.conv" in layout.inside and not pool_is_known:
        shortcuts = ("D", "B") if spec.stem in ("deep", "tiered") else ("B", "D")
    if any(plan.out_channels < plan.in_channels for plan in spec.blocks):
        shortcuts = tuple(shortcut for shortcut in shortcuts if shortcut not in ("A", "A-split"))
    return tuple(
        replace(spec, version=version, shortcut=shortcut, zero_init_residual=False)
        for version, shortcut in product(versions, shortcuts)
    )


def _projects(spec: ResNetSpec) -> bool:
    if spec.shortcut in UNPROJECTED:
        return False
    return spec.shortcut == "C" or any(plan.changes_shape for plan in spec.blocks)


def likeliest(specs: Sequence[ResNetSpec], layout: Layout) -> tuple[ResNetSpec, str | None]:
    """The network that the layout speaks for or, of several, the nearest to the catalogue.

    Returns:
        It, and the name of the catalogue's network; None where no depths there are the same.
    """
    specs = [spec for spec in specs if spec.shortcut == layout.unprojected] or specs
    pairs = [
        (spec, canonical)
        for spec in specs
        for canonical in CATALOGUE.values()
        if (canonical.block, canonical.depths) == (spec.block, spec.depths)
    ]
    if not pairs:
        return specs[0], None

    def apart(pair: tuple[ResNetSpec, ResNetSpec]) -> tuple[bool, int]:
        spec, canonical = pair
        kinds = [(one.preactivated, one.shortcut == "none") for one in pair]
        return kinds[0] != kinds[1], len(differing_fields(spec, canonical))

    spec, canonical = min(pairs, key=apart)
    return spec, canonical.name


def doubt(spec: ResNetSpec, layout: Layout) -> str:
    """What speaks against weights of this layout in this network, though they fit.

    Returns:
        A sentence; empty where they fit nothing else, or the network is the likeliest and its
        layout says so.
    """
    others = twins(spec, layout)
    if len({_computed(other) for other in (spec, *others)}) == 1:
        return ""
    likely, _ = likeliest(others, layout)
    told = bool(layout.unprojected) or _projects(spec)
    if told and _computed(likely) == _computed(spec):
        return ""
    values = {
        entry: list(dict.fromkeys(getattr(other, entry) for other in (likely, *others)))
        for entry in ("version", "shortcut")
    }
    left_open = [entry for entry, found in values.items() if len(found) > 1]
    fit = " and ".join(f"{entry} {' or '.join(map(repr, values[entry]))}" for entry in left_open)
    evidence = f"in the layout of {layout.name} the likeliest is {_show(likely, left_open)}"
    if not told:
        evidence = "nothing tells which of them is right"
    return f"weights fit {fit} alike; {evidence}, and the model has {_show(spec, left_open)}"


def _show(spec: ResNetSpec, entries: list[str]) -> str:
    return " and ".join(f"{entry} {getattr(spec, entry)!r}" for entry in entries)


def _computed(spec: ResNetSpec) -> tuple[Any, ...]:
    """Equal for networks with the same weights that compute the same with them."""
    with torch.device("meta"):
        return tuple(
            (plan, "" if spec.shortcut == "none" else repr(SHORTCUTS[spec.shortcut](plan)))
            for plan in spec.blocks
        )
