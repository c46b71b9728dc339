"""Looking inside a network with hooks."""

from resnet_lab.hooks.shapes import ShapeRow, ShapeTrace, trace_shapes

__all__ = ["ShapeRow", "ShapeTrace", "trace_shapes"]
