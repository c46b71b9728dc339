"""Looking at a model without changing it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from resnet_lab.hooks.networks import uncompiled


@contextmanager
def left_as_it_was(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Evaluate without gradients, then put back all that a forward pass can change.

    Inside, every module is in evaluation mode, and runs as it was written: not as code that
    was compiled before there were hooks, and attention without its fused path, which would call
    none of its parts. Afterwards each module has its own ``training`` flag
    again, each buffer is the same tensor with the same values, none is new, and the random
    state of the CPU and of ``device`` is as before.
    """
    in_training = [module for module in model.modules() if module.training]
    buffers = [
        (module, name, buffer, None if buffer is None else buffer.clone())
        for module in model.modules()
        for name, buffer in module._buffers.items()
    ]
    devices = [device] if device.type == "cuda" else []
    fused_attention = torch.backends.mha.get_fastpath_enabled()
    try:
        with uncompiled(), torch.no_grad(), torch.random.fork_rng(devices):
            torch.backends.mha.set_fastpath_enabled(False)
            for module in in_training:
                module.training = False
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused_attention)
        for module in in_training:
            module.training = True
        for module in model.modules():
            module._buffers.clear()
        for module, name, buffer, before in buffers:
            module._buffers[name] = buffer
            if buffer is not None and before is not None:
                buffer.data.copy_(before)  # through .data, unseen by a pending backward pass
