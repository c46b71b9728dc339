"""The stride calculator."""

from resnet_lab.widgets.stride.calculator import StrideCalculator

__all__ = ["StrideCalculator"]
