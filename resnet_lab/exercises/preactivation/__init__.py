"""Checks for chapter 13, pre-activation."""

from resnet_lab.exercises.preactivation.checks.bn_parameters import check_bn_parameters
from resnet_lab.exercises.preactivation.checks.direct_factor import check_direct_factor
from resnet_lab.exercises.preactivation.checks.forward_v2 import check_forward_v2
from resnet_lab.exercises.preactivation.checks.preact_block import check_preact_block

__all__ = [
    "check_bn_parameters",
    "check_direct_factor",
    "check_forward_v2",
    "check_preact_block",
]
