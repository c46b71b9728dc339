"""Which ResNet is this? Answers from a module, from weights or from a file of them."""

import textwrap
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor, nn

from resnet_lab.interop.identify_module import look_inside
from resnet_lab.interop.identify_state import NotAResNetError, Reading, read_state
from resnet_lab.interop.layouts import Translation, translate
from resnet_lab.interop.twins import likeliest
from resnet_lab.interop.weights import read_weights
from resnet_lab.models.catalogue import CATALOGUE
from resnet_lab.models.spec import ResNetSpec, differing_fields
from resnet_lab.tables import html_table, text_table

PADDING = {"A": "all after", "A-split": "half before, half after"}
"""Where the zero channels of an option are."""


@dataclass(frozen=True)
class Identification:
    """What is known of a network. Prints as a table.

    Attributes:
        recognized: whether it has the build of a ResNet.
        reason: why not; empty where it has.
        name: the canonical network that it is, or is nearest to; None where the catalogue
            has none of these depths.
        spec: what rebuilds it: ``ResNet(spec)`` takes its weights, once they have our names,
            and computes the same in ``eval()``; of several that fit, the likeliest (see
            ``undecided``). None where no specification does; ``differences`` say why.
        layout: whose names its weights have.
        facts: what it is, field by field; values that are left open are joined by "or", the
            likeliest first.
        differences: sentences that tell it from the canonical network.
        undecided: sentences about what this source can't tell.
    """

    recognized: bool
    reason: str = ""
    name: str | None = None
    spec: ResNetSpec | None = None
    layout: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    differences: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()

    def _rows(self) -> list[tuple[str, str]]:
        return [(name, _text(fact)) for name, fact in self.facts.items() if fact is not None]

    def _notes(self) -> list[tuple[str, str]]:
        differs = [("differs", sentence) for sentence in self.differences]
        return differs + [("left open", sentence) for sentence in self.undecided]

    def _caption(self) -> str:
        if not self.recognized:
            return f"not a ResNet, because {self.reason}"
        return f"{self.name or 'a ResNet of its own'}, in the layout of {self.layout}"

    def __str__(self) -> str:
        if not self.recognized:
            return self._caption()
        notes = [
            textwrap.fill(f"{kind}: {sentence}", 88, subsequent_indent="  ")
            for kind, sentence in self._notes()
        ]
        return "\n".join([text_table(("fact", "value"), self._rows(), self._caption()), *notes])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return html_table(("fact", "value"), self._rows() + self._notes(), self._caption())


def identify(source: Any) -> Identification:
    """Say which ResNet a module, a state dict or a file of weights is.

    Weights are read by their names and shapes, and files as tensors alone: code in them is
    never executed. A module tells more. Networks that share their weights, such as v1 and
    v1.5, are told apart by running it beside ours with the same random weights. It is left as
    it was, and its own weights are not used.

    Args:
        source: an ``nn.Module``, a state dict, a checkpoint that holds one, or a path.

    Returns:
        What it is, or why it is none: nothing is raised for a source that can't be read.
    """
    model = inner = source if isinstance(source, nn.Module) else None
    while isinstance(inner, nn.Module):  # what torch.compile and DataParallel wrap
        model, inner = inner, getattr(inner, "_orig_mod", getattr(inner, "module", None))
    try:
        return _identify(model, read_weights(source if model is None else model.state_dict()))
    except (NotAResNetError, OSError, ImportError, TypeError, ValueError) as error:
        return Identification(False, reason=str(error))
    except Exception as error:  # whatever a foreign source raises when it is read
        return Identification(False, reason=f"it can't be read: {type(error).__name__}: {error}")


def _identify(model: nn.Module | None, entries: dict[str, Tensor]) -> Identification:
    average = None
    if model is not None:
        pools = [name for name, part in model.named_modules() if isinstance(part, nn.AvgPool2d)]
        average = any(name.endswith("downsample.pool") for name in pools)
    translation = translate(entries, average)
    layout = translation.layout
    reading = read_state(translation, average)
    candidates, beyond, undecided = reading.candidates, list(reading.beyond), []
    if model is not None:
        sight = look_inside(model, translation, candidates, fits=not beyond)
        candidates = sight.candidates
        beyond += sight.differences
        if sight.failure:
            undecided.append(f"the module was not run beside ours: {sight.failure}")
    else:
        undecided.append("strides, pooling and activations have no weights; the usual are assumed")
        if layout.differs and candidates[0].shortcut not in PADDING:
            beyond.append(layout.differs)
    spec, name = likeliest(candidates, layout)
    facts = _facts(spec, translation, reading)
    for entry in ("version", "shortcut"):
        values = list(dict.fromkeys(getattr(fits, entry) for fits in (spec, *candidates)))
        if len(values) > 1:
            facts[entry] = " or ".join(values)
            undecided.append(f"{entry}: the same weights fit {facts[entry]}")
            if "A-split" in values:
                facts["padding"] = " or ".join(PADDING[v] for v in values if v in PADDING)
                if layout.unprojected:
                    undecided[-1] += f"; in this layout it is likely {layout.unprojected}"
    if model is not None:
        facts["inplace"] = any(getattr(part, "inplace", False) for part in model.modules())
    differences = []
    if name is None:
        own = "plain" if spec.shortcut == "none" else "resnetv2_" if spec.preactivated else "resnet"
        spec = replace(spec, name=f"{own}{spec.depth}")
        differences.append("the catalogue has no network of these depths and blocks")
    else:
        canonical = CATALOGUE[name]
        spec = replace(spec, name=name)
        for entry in differing_fields(spec, canonical):
            theirs, usual = _text(getattr(spec, entry)), _text(getattr(canonical, entry))
            differences.append(f"{entry} {theirs}, where {name} has {usual}")
    rebuilds = None if beyond else replace(spec, zero_init_residual=facts["zero_gamma"] is True)
    return Identification(
        True, "", name, rebuilds, layout.name, facts, (*differences, *beyond), tuple(undecided)
    )


def _facts(spec: ResNetSpec, translation: Translation, reading: Reading) -> dict[str, Any]:
    names = (
        "depth", "block", "depths", "version", "stem", "stem_width", "shortcut", "widths",
        "groups", "width_per_group", "in_channels", "num_classes",
    )  # fmt: skip
    facts = {name: getattr(spec, name) for name in names}
    weights = translation.weights
    if "fc.weight" not in weights:
        facts["num_classes"] = None
    facts["padding"] = PADDING.get(spec.shortcut)
    facts["conv_bias"] = "convolutions have biases" in reading.beyond
    facts["zero_gamma"] = False if spec.shortcut == "none" else reading.zero_gamma
    facts["parameters"] = sum(
        tensor.numel()
        for name, tensor in weights.items()
        if not name.endswith(("running_mean", "running_var", "num_batches_tracked"))
    )
    return facts


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(entry) for entry in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
