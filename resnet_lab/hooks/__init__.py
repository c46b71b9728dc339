"""Looking inside a network with hooks, and changing what its forward pass does not show."""

from resnet_lab.hooks.gradients import FlowRow, gradient_flow
from resnet_lab.hooks.lesions import lesioned, removable_blocks
from resnet_lab.hooks.shapes import ShapeRow, ShapeTrace, trace_shapes
from resnet_lab.hooks.surgery import detach_shortcuts

__all__ = [
    "FlowRow",
    "ShapeRow",
    "ShapeTrace",
    "detach_shortcuts",
    "gradient_flow",
    "lesioned",
    "removable_blocks",
    "trace_shapes",
]
