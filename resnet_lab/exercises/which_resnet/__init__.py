"""Checks for chapter 15, which ResNet is this."""

from resnet_lab.exercises.which_resnet.checks.depth import check_depth
from resnet_lab.exercises.which_resnet.checks.groups import check_groups
from resnet_lab.exercises.which_resnet.checks.pairs import check_pairs
from resnet_lab.exercises.which_resnet.checks.tell import check_tell

__all__ = ["check_depth", "check_groups", "check_pairs", "check_tell"]
