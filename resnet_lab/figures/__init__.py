"""Drawings of the book: each function returns a :class:`Figure` that displays as inline SVG.

Importing this package imports matplotlib; ``import resnet_lab`` does not.
"""

from resnet_lab.figures.blocks import block_orders
from resnet_lab.figures.charts import bars, curve
from resnet_lab.figures.photo import Photograph, photograph
from resnet_lab.figures.photographs import photographs
from resnet_lab.figures.pictures import feature_maps, gradient_map, receptive_fields
from resnet_lab.figures.svg import Figure, to_figure
from resnet_lab.figures.training import final_values, training_curves
from resnet_lab.figures.windows import shape_strip, window_rows

__all__ = [
    "Figure", "Photograph", "bars", "block_orders", "curve", "feature_maps",
    "final_values", "gradient_map",
    "photograph", "photographs", "receptive_fields", "shape_strip", "to_figure", "training_curves",
    "window_rows",
]
