"""Figures that answer to the reader, without a kernel on the site, and panels that need one."""

from resnet_lab.widgets.labs import ImageLab, TrainingLab
from resnet_lab.widgets.race import Race
from resnet_lab.widgets.stride import StrideCalculator

__all__ = ["ImageLab", "Race", "StrideCalculator", "TrainingLab"]
