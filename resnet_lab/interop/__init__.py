"""Networks from elsewhere: what they are, and their weights in ours.

``names`` knows what others call the networks, and ``layouts`` what they call the weights;
``weights`` loads these, and ``identify`` says which network a module, a state dict or a file is.
"""

from resnet_lab.interop.identify import Identification, identify
from resnet_lab.interop.weights import load_weights

__all__ = ["Identification", "identify", "load_weights"]
