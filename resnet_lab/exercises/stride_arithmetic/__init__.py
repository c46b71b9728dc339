"""Checks for chapter 4, stride arithmetic."""

from resnet_lab.exercises.stride_arithmetic.checks.dilated_size import check_dilated_size
from resnet_lab.exercises.stride_arithmetic.checks.lost_columns import check_lost_columns
from resnet_lab.exercises.stride_arithmetic.checks.padding_for_ceil import check_padding_for_ceil
from resnet_lab.exercises.stride_arithmetic.checks.receptive_field import check_receptive_field
from resnet_lab.exercises.stride_arithmetic.checks.sizes_for_seven import check_sizes_for_seven

__all__ = [
    "check_dilated_size",
    "check_lost_columns",
    "check_padding_for_ceil",
    "check_receptive_field",
    "check_sizes_for_seven",
]
