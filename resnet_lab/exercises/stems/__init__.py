"""Checks for chapter 3, stems."""

from resnet_lab.exercises.stems.checks.absorb_bias import check_absorb_bias
from resnet_lab.exercises.stems.checks.any_stem import check_any_stem
from resnet_lab.exercises.stems.checks.center import check_center
from resnet_lab.exercises.stems.checks.healed_stage import check_healed_stage
from resnet_lab.exercises.stems.checks.small_stem import check_small_stem

__all__ = [
    "check_absorb_bias",
    "check_any_stem",
    "check_center",
    "check_healed_stage",
    "check_small_stem",
]
