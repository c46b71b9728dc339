"""The catalogue: networks by name, and the names that other libraries have for them."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from resnet_lab.checks import check_choice, check_integer
from resnet_lab.models.official import official_weights
from resnet_lab.models.plan import KERNELS
from resnet_lab.models.spec import ResNetSpec
from resnet_lab.models.trunk import ResNet

DEPTHS = {
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
    200: ("bottleneck", (3, 24, 36, 3)),
}
"""Blocks and their number in each stage: arXiv:1512.03385, table 1; 200: arXiv:1603.05027."""

LETTERS: dict[str, dict[str, Any]] = {
    "c": {"stem": "deep"},
    "d": {"stem": "deep", "shortcut": "D"},
    "s": {"stem": "deep", "stem_width": 128},
    "t": {"stem": "tiered", "shortcut": "D"},
}
"""The versions that go by a letter (arXiv:1812.01187 for C and D, timm for S and T)."""


def imagenet(name: str, depth: int, **changes: Any) -> ResNetSpec:
    """A network for ImageNet of one of the :data:`DEPTHS`.

    Raises:
        ValueError: the depth is none of them.
    """
    check_choice("depth", depth, DEPTHS)
    block, depths = DEPTHS[depth]
    return ResNetSpec(name, block, depths, **changes)


def cifar(name: str, depth: int, block: str = "basic", **changes: Any) -> ResNetSpec:
    """A network for 32x32 images: three stages of n blocks each, option A (section 4.2).

    Args:
        name: what to call it.
        depth: ``6n + 2`` for basic blocks, ``9n + 2`` for bottlenecks.
        block: ``"basic"`` or ``"bottleneck"``.
        **changes: fields of :class:`ResNetSpec` to set.

    Raises:
        ValueError: no n gives this depth, or there is no such block.
        TypeError: the depth is no integer.
    """
    check_choice("block", block, KERNELS)
    per_block = 3 * len(KERNELS[block])  # layers that one more block in each stage adds
    check_integer("depth", depth, least=per_block + 2)
    n, rest = divmod(depth - 2, per_block)
    if rest:
        raise ValueError(
            f"depth must be {per_block}n + 2 with {block} blocks, got {depth}; near it: "
            f"{depth - rest} and {depth - rest + per_block}"
        )
    small: dict[str, Any] = {"stem": "3x3", "stem_width": 16, "widths": (16, 32, 64)}
    return ResNetSpec(
        name, block, (n, n, n), **{**small, "shortcut": "A", "num_classes": 10, **changes}
    )


def _entries() -> Iterator[ResNetSpec]:
    for depth in (18, 34):
        yield imagenet(f"plain{depth}", depth, shortcut="none")
    for depth in DEPTHS:
        yield imagenet(f"resnet{depth}", depth)
    for depth in (50, 101, 152):
        yield imagenet(f"resnet{depth}_v1", depth, version="v1")
    for letter, changes in LETTERS.items():
        for depth in DEPTHS:
            yield imagenet(f"resnet{depth}{letter}", depth, **changes)
    for depth in DEPTHS:
        version = "v2-raw" if depth < 50 else "v2"
        yield imagenet(f"resnetv2_{depth}", depth, version=version)
        for letter in ("d", "t"):
            yield imagenet(f"resnetv2_{depth}{letter}", depth, version=version, **LETTERS[letter])
    for depth in (50, 101):
        yield imagenet(f"wide_resnet{depth}_2", depth, width_per_group=128)
    for depth, groups, width in ((50, 32, 4), (101, 32, 8), (101, 64, 4)):
        name = f"resnext{depth}_{groups}x{width}d"
        yield imagenet(name, depth, groups=groups, width_per_group=width)
    for depth in (20, 32, 44, 56, 110, 1202):
        yield cifar(f"plain{depth}", depth, shortcut="none")
        yield cifar(f"resnet{depth}", depth)
    for depth in (20, 32, 44, 56, 110):
        yield cifar(f"resnetv2_{depth}", depth, version="v2")
    for depth in (164, 1001):
        yield cifar(f"resnetv2_{depth}", depth, "bottleneck", version="v2-1x1", shortcut="B")


CATALOGUE = {spec.name: spec for spec in _entries()}
"""Every network by its name."""


def _aliases() -> Iterator[tuple[str, str]]:
    bottlenecks = (50, 101, 152)
    for depth in (18, 34, *bottlenecks):
        name = f"resnet{depth}"
        ours = {"b": name, "d": f"{name}d"}
        if depth in bottlenecks:
            ours |= {"c": f"{name}c", "s": f"{name}s"}
            for letter in ("c", "d"):
                yield f"resnet_v1{letter}{depth}", ours[letter]  # OpenMMLab
                yield f"resnetv1{letter}{depth}", ours[letter]
            yield f"{name}_vd", f"{name}d"  # PaddlePaddle; its other depths are other networks
        for letter, network in ours.items():
            yield f"{name}_v1{letter}", network  # Gluon
            yield f"gluon_{name}_v1{letter}", network  # Gluon's, as timm had them
        yield f"{name}_v1.5", name  # NVIDIA
        yield f"{name}v1.5", name


ALIASES = dict(_aliases())
"""Names of other libraries for networks of the catalogue, in lower case."""


def list_models() -> list[str]:
    """Names that :func:`spec` and :func:`build` know; :data:`ALIASES` has more for the same."""
    return list(CATALOGUE)


def spec(name: str, /, **changes: Any) -> ResNetSpec:
    """Look up a specification, with fields changed as asked.

    Args:
        name: a name of :func:`list_models`, or another library's name for it.
        **changes: fields of :class:`ResNetSpec` to set, such as ``version="v1"``.

    Raises:
        ValueError: the name is unknown (the message says which are near), or a value is impossible.
        TypeError: the name is no string, or a change is not a field of the specification.
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a string of list_models(), got {name!r}")
    known = [field.name for field in fields(ResNetSpec)]
    for change in changes:
        if change not in known:
            listed = ", ".join(known)
            raise TypeError(f"{change} is no field of a ResNetSpec; its fields are {listed}")
    found = CATALOGUE.get(ALIASES.get(name.lower(), name))
    if found is None:
        raise ValueError(f"name must be one of list_models(), got {name!r}; {_hint(name)}")
    return replace(found, **changes)


def _hint(name: str) -> str:
    depth = re.fullmatch(r"(?:plain|resnet|resnetv2_)(\d+)", name)
    if depth and not any(entry.depth == int(depth[1]) for entry in CATALOGUE.values()):
        listed = ", ".join(str(entry) for entry in DEPTHS)
        return (
            f"{depth[1]} is none of the depths for ImageNet, {listed}, and none of those listed "
            "for small images, which are 6n + 2 (9n + 2 with bottlenecks); set depths=(...) "
            "for your own"
        )
    near = difflib.get_close_matches(name.lower(), [*CATALOGUE, *ALIASES], n=3, cutoff=0.5)
    return f"near it: {', '.join(near)}" if near else f"known: {', '.join(CATALOGUE)}"


def build(name: str, /, *, weights: str | None = None, **changes: Any) -> ResNet:
    """Build a network by name, with freshly drawn weights or with official ones.

    Args:
        name: a name of :func:`list_models`, or another library's name for it.
        weights: one of torchvision's sets of weights for this network, such as
            ``"IMAGENET1K_V1"``, which torchvision downloads where it hasn't yet.
        **changes: fields of :class:`ResNetSpec` to set, such as ``num_classes=10``.

    Raises:
        ValueError: the name or the weights are unknown, a value is impossible, or the
            weights are for another network.
        TypeError: a change is not a field of the specification.
        ImportError: weights are asked for and torchvision is not installed.
        ConnectionError: the weights can't be downloaded.

    Example:
        >>> build("resnet50", version="v1").spec.version
        'v1'
    """
    wanted = spec(name, **changes)
    model = ResNet(wanted)
    if weights is not None:
        model.load_state_dict(official_weights(wanted, CATALOGUE.get(wanted.name, wanted), weights))
    return model
