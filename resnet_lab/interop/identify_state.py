"""What weights alone tell: every network of the family that they can belong to."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from resnet_lab.interop.layouts import Translation
from resnet_lab.interop.twins import twins
from resnet_lab.interop.weights import compare, shorten, show
from resnet_lab.models.plan import EXPANSION, KERNELS
from resnet_lab.models.spec import ResNetSpec
from resnet_lab.models.trunk import ResNet

Weights = dict[str, Tensor]

LACKS = (
    (r".*\.running_(mean|var)", "normalization keeps no running statistics, as in GroupNorm"),
    (r"fc\..*", "there is no linear classifier"),
    (r"norm\.0\..*", "nothing is normalized after the last stage"),
    (r".*downsample\..*", "projections are not normalized"),
    (r"(.*\.)?(bn\d|conv1\.[14])\.(weight|bias)", "convolutions are not normalized"),
)
HAS = (
    (r"(conv1(\.\d)?|.*\.conv\d|.*\.downsample\.\d)\.bias", "convolutions have biases"),
    (r".*\.se\.conv\..*", "blocks attend to channels (ECA)"),
    (r".*\.se\..*", "blocks squeeze and excite (SE)"),
    (r"maxpool\..*", "the stem pools with a convolution"),
    (r"bn1\..*", "the stem is normalized, though the network is of v2"),
)
"""Names missing from relatives of the family, or added in them, and what that means."""


class NotAResNetError(ValueError):
    """The weights are those of something else; the message says why."""


class Reading(NamedTuple):
    """What weights tell.

    Attributes:
        candidates: the networks that they can belong to.
        beyond: sentences about what no specification has; empty where all of them fit.
        zero_gamma: whether the last layer of every branch is zero; None without values.
    """

    candidates: tuple[ResNetSpec, ...]
    beyond: tuple[str, ...]
    zero_gamma: bool | None


def read_state(translation: Translation, average: bool | None) -> Reading:
    """Infer the network from its first blocks, then hold every name and shape against it.

    Args:
        translation: the weights by our names.
        average: what was known of the pools of projections when they were translated.

    Raises:
        NotAResNetError: these are no weights of a ResNet.
    """
    weights, layout = translation.weights, translation.layout
    depths = _depths(weights)
    block = "bottleneck" if "layer1.0.conv3.weight" in weights else "basic"
    last = len(KERNELS[block])
    inner = _conv(weights, "layer1.0.conv1")[0]
    outputs = [_conv(weights, f"layer{n}.0.conv{last}")[0] for n in range(1, len(depths) + 1)]
    stem, stem_width, in_channels = _stem(weights)
    head = weights.get("fc.weight")
    preactivated = "norm.0.weight" in weights or (
        "bn1.weight" not in weights and "layer1.0.bn1.weight" in weights
    )
    groups, width_per_group = 1, 64
    try:
        if block == "bottleneck":
            groups = inner // _conv(weights, "layer1.0.conv2")[1]
            width_per_group = inner * 64 // (outputs[0] // EXPANSION[block] * groups)
        spec = ResNetSpec(
            "", block, depths, "v2" if preactivated else "v1.5", stem,
            widths=tuple(channels // EXPANSION[block] for channels in outputs),
            stem_width=stem_width, in_channels=in_channels,
            num_classes=head.shape[0] if head is not None and head.dim() == 2 else 1000,
            groups=groups, width_per_group=width_per_group,
        )  # fmt: skip
        spec = replace(spec, shortcut=_shortcut(weights, spec))
        candidates = twins(spec, layout, pool_is_known=average is not None)
    except (ValueError, ZeroDivisionError) as error:
        raise NotAResNetError(f"its first blocks are no ResNet's: {error}") from error
    beyond = _beyond(weights, candidates[0])
    end = f"{'conv' if preactivated else 'bn'}{last}.weight"
    ends = [weights.get(f"layer{plan.stage}.{plan.index}.{end}") for plan in spec.blocks]
    known = [tensor for tensor in ends if tensor is not None and not tensor.is_meta]
    return Reading(candidates, beyond, not any(t.any() for t in known) if known else None)


def _depths(weights: Weights) -> tuple[int, ...]:
    blocks: dict[int, set[int]] = {}
    for name in weights:
        if place := re.match(r"layer([1-9]\d*)\.(\d+)\.", name):
            blocks.setdefault(int(place[1]), set()).add(int(place[2]))
    if not blocks:
        raise NotAResNetError(
            "there are no residual stages (layer1.0.conv1 and so on) in any layout that is known; "
            f"entries are {shorten(list(weights), 3)}"
        )
    for stage in range(1, len(blocks) + 1):
        indices = blocks.get(stage, set())
        absent = next(index for index in range(len(indices) + 1) if index not in indices)
        if absent <= max(indices, default=0):
            raise NotAResNetError(f"layer{stage}.{absent} is missing")
    return tuple(len(blocks[stage]) for stage in sorted(blocks))


def _conv(weights: Weights, name: str) -> torch.Size:
    """Shape of a convolution's weight: outputs, inputs (of a group), kernel, kernel."""
    weight = weights.get(f"{name}.weight")
    if weight is None:
        raise NotAResNetError(f"{name}.weight is missing")
    if weight.dim() != 4:
        raise NotAResNetError(f"{name}.weight is {show(weight)}, which is no convolution's")
    return weight.shape


def _stem(weights: Weights) -> tuple[str, int, int]:
    """Kind of stem, its output channels and its input channels."""
    if "conv1.0.weight" in weights:
        first, last = _conv(weights, "conv1.0"), _conv(weights, "conv1.6")
        return "tiered" if first[0] == last[0] // 8 * 3 else "deep", last[0], first[1]
    outputs, inputs, kernel, _ = _conv(weights, "conv1")
    if kernel not in (3, 7):
        raise NotAResNetError(f"the stem is {show(weights['conv1.weight'])}, its kernel not 3 or 7")
    return f"{kernel}x{kernel}", outputs, inputs


def _shortcut(weights: Weights, spec: ResNetSpec) -> str:
    """A shortcut that has these weights."""
    projections = [re.match(r"(layer\d+\.\d+)\.downsample\.", name) for name in weights]
    projected = {match[1] for match in projections if match}
    changing = {f"layer{p.stage}.{p.index}" for p in spec.blocks if p.changes_shape}
    if not projected:
        return "A"
    if projected == changing:
        second = weights.get(f"{min(projected)}.downsample.1.weight")
        return "D" if second is not None and second.dim() == 4 else "B"
    if len(projected) == sum(spec.depths):
        return "C"
    odd = shorten(sorted(projected ^ changing))
    raise NotAResNetError(f"no option has projections as they are; see {odd}")


def _beyond(weights: Weights, spec: ResNetSpec) -> tuple[str, ...]:
    with torch.device("meta"):
        expected = ResNet(spec).state_dict()
    misfit = compare(expected, weights)
    if misfit.reshaped:
        name = misfit.reshaped[0]
        raise NotAResNetError(
            f"{name} is {show(weights[name])}, where the first blocks ask for "
            f"{show(expected[name])}: a part is missing, widths are mixed or axes swapped"
        )
    # Statistics tell something only where there is a scale: without one, no layer is there.
    absent = [n for n in misfit.missing if "running" not in n or _sibling(n) in weights]
    lacks, missing = _explain(absent, LACKS)
    if missing:
        raise NotAResNetError(f"{shorten(missing)} is missing")
    has, extra = _explain(misfit.unexpected, HAS)
    if len(extra) > len(expected):
        raise NotAResNetError(
            f"most entries have no place in a ResNet, {shorten(extra)} among {len(extra)}"
        )
    if extra:
        has.append(f"there are entries that no ResNet of the family has: {shorten(extra)}")
    return (*lacks, *has)


def _sibling(name: str) -> str:
    return name.rpartition(".")[0] + ".weight"


def _explain(names: list[str], table: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Sentences for the names that the table knows, and the names that it does not."""
    known = {n: next((text for entry, text in table if re.fullmatch(entry, n)), "") for n in names}
    return list(dict.fromkeys(filter(None, known.values()))), [n for n in names if not known[n]]
