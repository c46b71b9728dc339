"""Panels of controls, which need a kernel."""

from resnet_lab.widgets.labs.image_lab import ImageLab
from resnet_lab.widgets.labs.training_lab import TrainingLab

__all__ = ["ImageLab", "TrainingLab"]
