"""What the catalogue of experiments is made of.

A *setting* is a data set with a recipe for it; a *run* is a network in a setting, with what
differs from the recipe; an *experiment* is a question, the runs that are compared, and the
settings it has.
"""

from dataclasses import dataclass, field
from typing import Any

from resnet_lab.training.recipe import Recipe


@dataclass(frozen=True)
class Setting:
    """A data set and the recipe for it.

    Attributes:
        name: first part of a record's name.
        data: name of the data set.
        recipe: what every run starts from.
        warmup: how the recipe changes for a run with warm-up.
        seeds: what is run unless other seeds are asked for.
        reduced: what is smaller than in the papers, in words; empty where nothing is.
        checksum: of the images, where it is known.
    """

    name: str
    data: str
    recipe: Recipe
    warmup: dict[str, Any]
    seeds: tuple[int, ...]
    reduced: str = ""
    checksum: str = ""


@dataclass(frozen=True)
class Run:
    """A network, and what its run changes.

    Attributes:
        name: second part of a record's name.
        title: how a figure calls it.
        model: name in the catalogue.
        changes: fields of its specification that are set anew.
        surgery: changes that the specification does not show.
        recipe: fields of the recipe that are set anew.
        warmup: whether the learning rate warms up, as its setting says.
    """

    name: str
    title: str
    model: str
    changes: dict[str, Any] = field(default_factory=dict)
    surgery: tuple[str, ...] = ()
    recipe: dict[str, Any] = field(default_factory=dict)
    warmup: bool = False

    def recipe_in(self, setting: Setting) -> Recipe:
        """The recipe of this run in a setting."""
        changes = {**self.recipe, **(setting.warmup if self.warmup else {})}
        return setting.recipe.changed(**changes)


@dataclass(frozen=True)
class Experiment:
    """A question and the runs that answer it.

    Attributes:
        name: what it is called.
        question: what it asks.
        runs: names of runs, in the order of the figure.
        settings: by size, ``"small"``, ``"full"`` and ``"full-jpeg"``: names of settings.
        source: where the papers ask it.
    """

    name: str
    question: str
    runs: tuple[str, ...]
    settings: dict[str, str]
    source: str
