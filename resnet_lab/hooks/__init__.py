"""Looking inside a network with hooks, and changing what its forward pass does not show."""

from resnet_lab.hooks.shapes import ShapeRow, ShapeTrace, trace_shapes
from resnet_lab.hooks.surgery import detach_shortcuts

__all__ = ["ShapeRow", "ShapeTrace", "detach_shortcuts", "trace_shapes"]
