"""Checks for chapter 12, the versions of ResNet-50."""

from resnet_lab.exercises.versions.checks.extra_macs import check_extra_macs
from resnet_lab.exercises.versions.checks.move_stride import check_move_stride
from resnet_lab.exercises.versions.checks.shortcut_d import check_shortcut_d
from resnet_lab.exercises.versions.checks.unread import check_unread
from resnet_lab.exercises.versions.checks.which_change import check_which_change

__all__ = [
    "check_extra_macs",
    "check_move_stride",
    "check_shortcut_d",
    "check_unread",
    "check_which_change",
]
