"""Checks for chapter 14, the CIFAR family."""

from resnet_lab.exercises.cifar_family.checks.adapt import check_adapt
from resnet_lab.exercises.cifar_family.checks.blocks_per_stage import check_blocks_per_stage
from resnet_lab.exercises.cifar_family.checks.extra_of_b import check_extra_of_b
from resnet_lab.exercises.cifar_family.checks.parameters import check_parameters
from resnet_lab.exercises.cifar_family.checks.weights_used import check_weights_used

__all__ = [
    "check_adapt",
    "check_blocks_per_stage",
    "check_extra_of_b",
    "check_parameters",
    "check_weights_used",
]
