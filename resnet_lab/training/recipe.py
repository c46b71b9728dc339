"""Recipes: everything that decides how a network is trained, as data.

What only decides how fast it goes (device, compilation, number format) is not part of a
recipe; see :class:`resnet_lab.training.Execution`.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from resnet_lab.checks import check_integer, check_number, check_switch
from resnet_lab.tables import markdown_table

NORMALIZATIONS = ("pixel mean", "channel mean and deviation", "none")
"""What is done to the images before the first layer."""

FOR_A_FOLDER = {
    "crop_padding": 0, "flip": False, "held_out": 0, "normalization": "channel mean and deviation",
}  # fmt: skip
"""What a folder of images asks of a recipe: it crops and flips while it reads."""


@dataclass(frozen=True, repr=False)
class Recipe:
    """How a network is trained. The defaults are the paper's, for CIFAR-10.

    Source: arXiv:1512.03385, section 4.2. He initialization belongs to the networks
    (:func:`resnet_lab.models.trunk.initialize`); the weights that count are the last ones.

    Attributes:
        name: what the recipe is called.
        batch: images in a step, over all devices together.
        iterations: steps; training ends after the last one.
        lr: learning rate of stochastic gradient descent at the start.
        drops: steps after which the learning rate is divided, rising.
        drop_divisor: by how much it is divided each time.
        momentum: of the gradient descent, in torch's convention, without dampening.
        weight_decay: on every parameter: weights, biases, gammas and betas.
        clip_norm: largest norm of all gradients together; where it is larger, all of them are
            scaled down to it before the step; None: no clipping (arXiv:1211.5063, section 3.2).
        warmup_lr: learning rate until the training error is low enough; None: no warm-up.
        warmup_error: training error, in percent, below which the warm-up ends.
        warmup_window: steps over which that error is taken, again and again.
        crop_padding: pixels of zeros on each side before a random crop; 0: no crop.
        flip: whether half of the images, drawn at random, are mirrored left to right.
        normalization: one of :data:`NORMALIZATIONS`, measured on the training images.
        held_out: training images kept apart, on which the network is tested instead.
        evaluate_every: steps between two points of the curve; None: one pass over the images.

    Raises:
        TypeError: a value is of another type than its field.
        ValueError: a value is out of range; the message names the field and the range.
    """

    name: str
    batch: int = 128
    iterations: int = 64_000
    lr: float = 0.1
    drops: tuple[int, ...] = (32_000, 48_000)
    drop_divisor: float = 10.0
    momentum: float = 0.9
    weight_decay: float = 1e-4
    clip_norm: float | None = None
    warmup_lr: float | None = None
    warmup_error: float = 80.0
    warmup_window: int = 100
    crop_padding: int = 4
    flip: bool = True
    normalization: str = "pixel mean"
    held_out: int = 0
    evaluate_every: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise TypeError(f"name must be a string, got {self.name!r}")
        for name, least in (
            ("batch", 1), ("iterations", 1), ("warmup_window", 1), ("crop_padding", 0),
            ("held_out", 0),
        ):  # fmt: skip
            check_integer(name, getattr(self, name), least)
        if self.evaluate_every is not None:
            check_integer("evaluate_every", self.evaluate_every, 1)
        for name, least, most in (
            ("lr", 0, None), ("drop_divisor", 1, None), ("momentum", 0, 1),
            ("weight_decay", 0, None), ("warmup_error", 0, 100),
        ):  # fmt: skip
            check_number(name, getattr(self, name), least, most)
        for name in ("clip_norm", "warmup_lr"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), 0)
        if not isinstance(self.drops, tuple):
            raise TypeError(f"drops must be a tuple of steps, got {self.drops!r}")
        for drop in self.drops:
            check_integer("each of drops", drop, 1)
        if list(self.drops) != sorted(set(self.drops)):
            raise ValueError(f"drops must rise, got {self.drops}")
        check_switch("flip", self.flip)
        if self.normalization not in NORMALIZATIONS:
            raise ValueError(
                f"normalization must be one of {', '.join(map(repr, NORMALIZATIONS))}, "
                f"got {self.normalization!r}"
            )

    def changed(self, **changes: Any) -> "Recipe":
        """The recipe with some of its fields set anew.

        Raises:
            TypeError: a change is no field of a recipe; the message lists the fields.
        """
        known = [field.name for field in fields(self)]
        for name in changes:
            if name not in known:
                raise TypeError(f"{name} is no field of a Recipe; its fields are {known}")
        return replace(self, **changes)

    def lr_at(self, step: int) -> float:
        """The learning rate of a step, counted from 0, after any warm-up."""
        passed = sum(step >= drop for drop in self.drops)
        return self.lr / self.drop_divisor**passed

    @property
    def suits_a_folder(self) -> bool:
        """Whether it leaves crops and flips to a folder of images, which does them itself."""
        return all(getattr(self, name) == value for name, value in FOR_A_FOLDER.items())

    def to_json(self) -> dict[str, Any]:
        """Its fields, as JSON has them: tuples are lists."""
        return {**asdict(self), "drops": list(self.drops)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Recipe":
        """The recipe that :meth:`to_json` wrote."""
        return cls(**{**data, "drops": tuple(data["drops"])})

    def ingredients(self) -> Iterator[tuple[str, str]]:
        """What goes into the recipe, in words: pairs of an ingredient and what it is set to."""
        yield "batch", f"{self.batch} images"
        yield "optimizer", f"stochastic gradient descent, momentum {self.momentum:g}"
        yield "weight decay", f"{self.weight_decay:g} on every parameter"
        if self.clip_norm is not None:
            yield "gradients", f"scaled down to a norm of {self.clip_norm:g} where it is larger"
        drops = " and ".join(f"{drop:,}" for drop in self.drops)
        divided = f", divided by {self.drop_divisor:g} after {drops} steps" if drops else ""
        yield "learning rate", f"{self.lr:g}{divided}"
        if self.warmup_lr is not None:
            yield "warm-up", (
                f"{self.warmup_lr:g} until the training error, over {self.warmup_window} steps, "
                f"is below {self.warmup_error:g} %"
            )
        yield "ends after", f"{self.iterations:,} steps, with the last weights"
        yield "normalization", self.normalization
        none = "none" + ", but for a folder's images as they are read" * self.suits_a_folder
        crop = f"padded by {self.crop_padding}, then a random crop" if self.crop_padding else none
        yield "crop", crop
        yield "flip", "half of the images" if self.flip else none
        yield "tested on", (
            f"{self.held_out:,} training images held out" if self.held_out else "the test images"
        )

    def __repr__(self) -> str:
        width = max(len(name) for name, _ in self.ingredients())
        lines = (f"  {name:<{width}}  {value}" for name, value in self.ingredients())
        return "\n".join([f"Recipe {self.name!r}", *lines])

    def _repr_markdown_(self) -> str:
        return markdown_table(("ingredient", f"recipe `{self.name}`"), list(self.ingredients()))


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("cifar"),
        # Section 4.2: 0.01 until the training error is below 80 %, "about 400 iterations".
        Recipe("cifar-110", warmup_lr=0.01),
        # For a live demonstration on digits: twenty passes in place of 164. A mirrored digit
        # is no digit, and eight pixels leave no room to crop.
        Recipe(
            "short", batch=64, iterations=450, drops=(225, 338), crop_padding=0, flip=False
        ),
        # The rule that most libraries follow for ImageNet, 90 passes (facebookarchive/
        # fb.resnet.torch); the paper drops "when the error plateaus". Crops are the data's.
        Recipe(
            "imagenet", batch=256, iterations=450_000, drops=(150_000, 300_000), crop_padding=0,
            flip=False, normalization="channel mean and deviation", evaluate_every=5_000,
        ),
    )
}  # fmt: skip
"""The book's recipes by name."""


def recipe(name: str, /, **changes: Any) -> Recipe:
    """Look up a recipe, with fields changed as asked.

    Raises:
        ValueError: no recipe has this name, or a value is out of range.
        TypeError: a change is no field of a recipe.
    """
    if name not in RECIPES:
        raise ValueError(f"recipe must be one of {', '.join(RECIPES)}, got {name!r}")
    return RECIPES[name].changed(**changes)
