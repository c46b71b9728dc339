"""ResNet Lab: ResNets from the paper to the code.

The house has floors, and each imports only from those above it: arithmetic, models, hooks,
then figures, widgets and exercises, which are imported on demand.
"""

from resnet_lab.hooks import trace_shapes
from resnet_lab.models import ResNetSpec, build, list_models, spec

__version__ = "0.1.0"

__all__ = ["ResNetSpec", "__version__", "build", "list_models", "spec", "trace_shapes"]
