"""Networks from elsewhere: what they are, and their weights in ours.

``layouts`` knows the names that others give to weights, ``weights`` loads them, and
``identify`` says which network a module, a state dict or a file is.
"""

from resnet_lab.interop.identify import Identification, identify
from resnet_lab.interop.weights import load_weights

__all__ = ["Identification", "identify", "load_weights"]
