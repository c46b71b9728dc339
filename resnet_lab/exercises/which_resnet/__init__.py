"""Checks for chapter 15, which ResNet is this."""

from resnet_lab.exercises.which_resnet.checks import (
    check_depth,
    check_groups,
    check_pairs,
    check_tell,
)

__all__ = ["check_depth", "check_groups", "check_pairs", "check_tell"]
