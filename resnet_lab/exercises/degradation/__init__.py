"""Checks for chapter 1, degradation."""

from resnet_lab.exercises.degradation.checks.deepen import check_deepen
from resnet_lab.exercises.degradation.checks.diagnose import check_diagnose
from resnet_lab.exercises.degradation.checks.neutral_norm import check_neutral_norm

__all__ = ["check_deepen", "check_diagnose", "check_neutral_norm"]
