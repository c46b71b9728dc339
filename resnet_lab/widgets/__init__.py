"""Figures that answer to the reader, without a kernel on the site, and panels that need one."""

from resnet_lab.widgets.image_lab import ImageLab
from resnet_lab.widgets.race import Race
from resnet_lab.widgets.stride_calculator import StrideCalculator
from resnet_lab.widgets.training_lab import TrainingLab

__all__ = ["ImageLab", "Race", "StrideCalculator", "TrainingLab"]
