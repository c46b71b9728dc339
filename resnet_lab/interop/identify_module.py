"""What a module tells beyond its weights: settings of its layers, and what it computes.

Networks with the same weights may compute different things. So theirs runs once with random
weights, and each candidate of ours runs beside it with the same: at every block it is fed what
went into theirs, and its output is held against what came out of theirs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call

from resnet_lab.hooks.preserve import left_as_it_was
from resnet_lab.hooks.shapes import show_pair
from resnet_lab.interop.layouts import Translation
from resnet_lab.interop.weights import shorten
from resnet_lab.models.spec import ResNetSpec
from resnet_lab.models.trunk import ResNet

SAME, NEAR = 1e-4, 1e-2
"""Largest difference between equal outputs, and between those of layers with another eps.

Both for float32, and relative to the largest value.
"""

SETTINGS = ("stride", "padding", "dilation", "groups", "padding_mode", "eps")


class Sight(NamedTuple):
    """What a module tells: candidates that are left, how the first differs, why it did not run."""

    candidates: tuple[ResNetSpec, ...]
    differences: tuple[str, ...]
    failure: str


class Run(NamedTuple):
    """An image, what went into and came out of each block of theirs, and the logits."""

    image: Tensor
    entered: dict[str, Tensor]
    left: dict[str, Tensor]
    logits: Tensor


def look_inside(
    model: nn.Module, translation: Translation, candidates: tuple[ResNetSpec, ...], fits: bool
) -> Sight:
    """Hold a module against each candidate: the settings of its layers, and what it computes.

    Args:
        model: the module; it is left as it was.
        translation: its weights by our names.
        candidates: the networks that its weights can belong to.
        fits: whether all its weights have a place in them; if not, it is not run.
    """
    with torch.device("meta"):
        ours = {spec: ResNet(spec) for spec in candidates}
    weights = _random_weights(ours[candidates[0]])
    settings: dict[ResNetSpec, list] = {spec: [] for spec in candidates}
    errors: dict[ResNetSpec, dict[str, float]] = {spec: {} for spec in candidates}
    differences: list[str] = []
    failure = "" if fits else "its weights fit none of ours"
    try:
        settings = {spec: _settings(model, translation, net) for spec, net in ours.items()}
        if fits:
            runs, refused = _runs(model, translation, candidates[0], weights)
            differences += refused
            errors = {spec: _errors(net, weights, runs) for spec, net in ours.items()}
    except Exception as error:  # whatever a foreign module raises
        failure = _show(error)

    def score(spec: ResNetSpec) -> tuple[int, int]:
        return sum(error > NEAR for error in errors[spec].values()), len(settings[spec])

    best = min(candidates, key=score)
    left = [spec for spec in candidates if score(spec) == score(best)] if failure else [best]

    grouped: dict[tuple[str, str, str], list[str]] = {}
    for name, setting in settings[best]:
        grouped.setdefault(setting, []).append(name)
    differences += [
        f"{setting} is {theirs} in place of {usual} in {shorten(names)}"
        for (setting, theirs, usual), names in grouped.items()
    ]
    told = {".".join(name.split(".")[:2]) for name, _ in settings[best]}
    wrong = [part for part, error in errors[best].items() if error > SAME and part not in told]
    if wrong:
        differences.append(f"with the same weights, another output in {shorten(wrong)}")
    # A class of somebody's own may compute the same; another one of torch's does not.
    kinds = _kinds(model, "" if differences or not fits else "torch.nn.") - _kinds(ours[best])
    if kinds:
        differences.append(f"layers of other kinds: {', '.join(sorted(kinds))}")
    for name, module in model.named_modules():
        rate = getattr(module, "drop_prob", None) or getattr(module, "p", None)
        if isinstance(rate, float) and rate > 0:
            differences.append(f"{name} drops at random ({type(module).__name__})")
    return Sight(tuple(left), tuple(differences), failure)


def _show(value: Any) -> str:
    if isinstance(value, Exception):
        return f"{type(value).__name__}: {str(value)[:100]}"
    return show_pair(value) if isinstance(value, tuple) else str(value)


def _kinds(model: nn.Module, origin: str = "") -> set[str]:
    """Classes of the layers from modules of that origin, without those that compute nothing."""
    silent = ("Sequential", "Identity", "Flatten", "Add", "Dropout")
    layers = [type(module) for module in model.modules() if not module._modules]
    names = {layer.__name__ for layer in layers if layer.__module__.startswith(origin)}
    return {name for name in names if name not in silent and "Adaptive" not in name}


def _settings(
    model: nn.Module, translation: Translation, ours: ResNet
) -> list[tuple[str, tuple[str, str, str]]]:
    """Each layer with a setting, theirs and ours, where these differ."""
    found = []
    for name, layer in ours.named_modules():
        path = translation.theirs.get(f"{name}.weight", "").removesuffix(".weight")
        if path and isinstance(layer, nn.Conv2d | nn.BatchNorm2d):
            for setting in filter(layer.__dict__.get, SETTINGS):
                usual = getattr(layer, setting)
                theirs = getattr(model.get_submodule(path), setting, usual)
                if theirs != usual:
                    found.append((name, (setting, _show(theirs), _show(usual))))
    return found


def _runs(
    model: nn.Module, translation: Translation, spec: ResNetSpec, weights: dict[str, Tensor]
) -> tuple[list[Run], list[str]]:
    """Run theirs on an odd and an even size, which round differently; say which it refuses.

    A head that pools a fixed size refuses both, and takes the usual size alone.
    """
    stored = model.state_dict()
    state = {name: buffer.cpu() for name, buffer in model.named_buffers() if name not in stored}
    for name, other in translation.theirs.items():
        state[other] = weights[name].view(stored[other].shape)
    paths = {
        f"layer{plan.stage}.{plan.index}": translation.block_path(plan.stage, plan.index)
        for plan in spec.blocks
    }
    draw = torch.Generator().manual_seed(1)

    def run(size: int) -> Run:
        image = torch.randn(1, spec.in_channels, size, size, generator=draw)
        entered: dict[str, Tensor] = {}
        left: dict[str, Tensor] = {}

        def enter(name: str, x: Tensor) -> None:
            entered[name] = x.clone()

        def leave(name: str, x: Tensor) -> None:
            left[name] = x.clone()

        with left_as_it_was(model, image.device), _watched(model, paths, enter, leave):
            logits = functional_call(model, state, (image,))
        return Run(image, entered, left, getattr(logits, "logits", logits))

    *sizes, usual = (17, 16, 32) if spec.stem == "3x3" else (65, 64, 224)
    runs, refused = [], []
    for size in sizes:
        try:
            runs.append(run(size))
        except Exception as error:  # whatever a foreign forward pass raises
            refused.append(f"an image of {size} x {size} fails: {_show(error)}")
    return (runs, refused) if runs else ([run(usual)], [])


def _errors(ours: ResNet, weights: dict[str, Tensor], runs: list[Run]) -> dict[str, float]:
    """For every part of the network, how far our output is from theirs for the same input."""
    ours.load_state_dict(weights, assign=True)
    errors: dict[str, float] = {}

    def compare(part: str, x: Tensor, theirs: Tensor) -> Tensor:
        errors[part] = max(errors.get(part, 0.0), _distance(x, theirs))
        return theirs

    for run in runs:

        def enter(name: str, x: Tensor, run: Run = run) -> Tensor:
            part = "the stem" if name == "layer1.0" else f"the way to {name}"
            return compare(part, x, run.entered[name])

        def leave(name: str, x: Tensor, run: Run = run) -> Tensor:
            return compare(name, x, run.left[name])

        with torch.no_grad(), _watched(ours, {name: name for name in run.left}, enter, leave):
            compare("the head", ours.eval()(run.image), run.logits)
    return errors


@contextmanager
def _watched(
    model: nn.Module,
    paths: dict[str, str],
    enter: Callable[[str, Tensor], Tensor | None],
    leave: Callable[[str, Tensor], Tensor | None],
) -> Iterator[None]:
    """Call the functions with what goes into and comes out of blocks; they may replace it."""
    hooks = []
    try:
        for name, path in paths.items():
            block = model.get_submodule(path)
            hooks.append(block.register_forward_pre_hook(lambda _, x, n=name: enter(n, x[0])))
            hooks.append(block.register_forward_hook(lambda _, x, y, n=name: leave(n, y)))
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _random_weights(ours: ResNet) -> dict[str, Tensor]:
    """Weights that let every layer show: no zeros, no ones, and no growth along the blocks."""
    draw = torch.Generator().manual_seed(0)
    weights = {}
    for name, like in ours.state_dict().items():
        low, high = -0.5, 0.5
        if like.dim() > 1:
            high = (6 / like[0].numel()) ** 0.5  # variance 2 / fan-in
            low = -high
        elif name.endswith("running_var"):
            low, high = 0.5, 1.5
        elif name.endswith("weight"):
            low, high = 0.2, 0.5
        weights[name] = torch.empty(like.shape).uniform_(low, high, generator=draw).to(like.dtype)
    return weights


def _distance(ours: Tensor, theirs: Tensor) -> float:
    if ours.shape != theirs.shape:
        return 1.0
    difference, scale = (ours - theirs).abs().max().item(), theirs.abs().max().item()
    return 0.0 if difference == 0 else min(1.0, difference / scale) if scale else 1.0
