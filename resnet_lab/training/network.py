"""The network of a run: built from the seed, fitted to the data."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import torch
from torch import nn

from resnet_lab.checks import check_integer
from resnet_lab.hooks import detach_shortcuts
from resnet_lab.models import ResNet, ResNetSpec, spec
from resnet_lab.models.catalogue import CATALOGUE

SURGERY: dict[str, Callable[[ResNet], None]] = {"detach_shortcuts": detach_shortcuts}
"""Changes that a specification does not show, by name."""


class Network(NamedTuple):
    """A network, and how a record names it."""

    module: nn.Module
    model: str
    changes: dict[str, Any]
    surgery: list[str]
    drawn: str

    @property
    def identity(self) -> dict[str, Any]:
        """All but the module."""
        return {key: value for key, value in self._asdict().items() if key != "module"}


def make_network(
    model: str | ResNetSpec | nn.Module,
    shape: tuple[int, int, int],
    classes: int,
    seed: int,
    surgery: Sequence[str] = (),
) -> Network:
    """Build the network of a run, or take one that is built.

    Args:
        model: a name of the catalogue, which is fitted to the images and their classes; a
            specification, which must fit; or a module, whose weights are taken as they are.
        shape: of the images, ``C, H, W``.
        classes: number of classes.
        seed: of the first weights.
        surgery: names of :data:`SURGERY`, carried out in turn.

    Raises:
        TypeError: ``model`` is none of the three, or ``seed`` no integer.
        ValueError: a name is unknown, or the network does not fit the data.
    """
    check_integer("seed", seed, 0)
    for name in surgery:
        if name not in SURGERY:
            raise ValueError(f"surgery must be names of {', '.join(SURGERY)}, got {name!r}")
    if isinstance(model, str):
        model = spec(model, in_channels=shape[0], num_classes=classes)
    if isinstance(model, ResNetSpec):
        check_fit(model, shape[0], classes)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)  # and not those of the GPUs
            module: nn.Module = ResNet(model)
        drawn = "from the seed"
    elif isinstance(model, nn.Module):
        module, drawn = model, "given"
    else:
        raise TypeError(f"model must be a name, a ResNetSpec or a module, got {model!r}")
    if isinstance(module, ResNet):
        check_fit(module.spec, shape[0], classes)
        for name in surgery:
            SURGERY[name](module)
        return Network(
            module, module.spec.name, changed_fields(module.spec), list(surgery), drawn
        )
    if surgery:
        raise ValueError(f"surgery must be empty for a {type(module).__name__}, got {surgery}")
    return Network(module, type(module).__name__, {}, [], drawn)


def is_finite(model: nn.Module) -> bool:
    """Whether every parameter is, each of its numbers."""
    return all(bool(value.isfinite().all()) for value in model.parameters())


def check_fit(wanted: ResNetSpec, channels: int, classes: int) -> None:
    """Refuse a network whose input or output is not that of the data.

    Raises:
        ValueError: channels or classes differ; the message names both.
    """
    for name, has, needs in (
        ("in_channels", wanted.in_channels, channels),
        ("num_classes", wanted.num_classes, classes),
    ):
        if has != needs:
            raise ValueError(f"{name} of {wanted.name} must be {needs} for these data, got {has}")


def changed_fields(wanted: ResNetSpec) -> dict[str, Any]:
    """Fields in which a specification differs from the catalogue's entry of its name."""
    entry = CATALOGUE.get(wanted.name)
    known = asdict(entry) if entry else {}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(wanted).items()
        if name not in known or known[name] != value
    }
