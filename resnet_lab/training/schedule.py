"""The learning rate of each step: the warm-up, if there is one, then the drops."""

from typing import Any

from resnet_lab.training.curve import Tally
from resnet_lab.training.group import Group
from resnet_lab.training.recipe import Recipe
from resnet_lab.training.step import StepResult


class Schedule:
    """Follows a recipe's learning rate; the end of the warm-up depends on the training error.

    Args:
        recipe: learning rate, drops and warm-up.
        group: the processes whose errors count together.
    """

    def __init__(self, recipe: Recipe, group: Group) -> None:
        self.recipe, self.group = recipe, group
        self.warming = recipe.warmup_lr is not None
        self.window = Tally(group.device)

    def lr(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        if self.warming and self.recipe.warmup_lr is not None:
            return self.recipe.warmup_lr
        return self.recipe.lr_at(step)

    def see(self, steps: int, result: StepResult, images: int) -> None:
        """Take note of a step; ends the warm-up after a window whose error was low enough."""
        if not self.warming:
            return
        self.window.add(result, images)
        if steps % self.recipe.warmup_window == 0:
            _, error = self.window.read(self.group)
            self.warming = error >= self.recipe.warmup_error
            self.window.reset()

    def state(self) -> dict[str, Any]:
        """What a checkpoint has to keep."""
        return {"warming": self.warming, "window": self.window.state(self.group)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` returned."""
        self.warming = state["warming"]
        self.window.restore(state["window"], self.group)
