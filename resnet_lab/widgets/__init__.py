"""Figures that answer to the reader: in a notebook as a widget, on the site without a kernel."""

from resnet_lab.widgets.race import Race
from resnet_lab.widgets.stride_calculator import StrideCalculator

__all__ = ["Race", "StrideCalculator"]
