"""Checks for chapter 17, training in practice."""

from resnet_lab.exercises.training.checks.checkpoint import check_checkpoint
from resnet_lab.exercises.training.checks.rescaled import check_rescaled
from resnet_lab.exercises.training.checks.train import check_train

__all__ = ["check_checkpoint", "check_rescaled", "check_train"]
