"""ResNet Lab: ResNets from the paper to the code.

The house has floors, and each imports only from those above it: checks, arithmetic, tables,
models, hooks, interop, then data, training, experiments, records, figures, widgets and exercises,
which are imported on demand.
"""

from resnet_lab.hooks import trace_shapes
from resnet_lab.interop import identify, load_weights
from resnet_lab.models import ResNet, ResNetSpec, build, cost, list_models, spec

__version__ = "0.1.0"

__all__ = [
    "ResNet",
    "ResNetSpec",
    "__version__",
    "build",
    "cost",
    "identify",
    "list_models",
    "load_weights",
    "spec",
    "trace_shapes",
]
