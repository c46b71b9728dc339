"""Checks for chapter 16, the recipe."""

from resnet_lab.exercises.recipe.checks.crop_and_flip import check_crop_and_flip
from resnet_lab.exercises.recipe.checks.draw import check_draw
from resnet_lab.exercises.recipe.checks.learning_rates import check_learning_rates
from resnet_lab.exercises.recipe.checks.sgd_step import check_sgd_step

# Copies of chapter 16 from before chapter 17 was written import it from here.
from resnet_lab.exercises.training import check_train as check_train

__all__ = [
    "check_crop_and_flip",
    "check_draw",
    "check_learning_rates",
    "check_sgd_step",
]
