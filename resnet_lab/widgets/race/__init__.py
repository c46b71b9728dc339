"""Training curves that race against each other."""

from resnet_lab.widgets.race.race import Race

__all__ = ["Race"]
