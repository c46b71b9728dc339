"""How many hooks there are."""

from torch import nn
from torch.nn.modules import module as everywhere


def hook_count(model: nn.Module) -> int:
    """Forward hooks of a model and its parts, and those for all modules."""
    own = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())
    tables = (everywhere._global_forward_hooks, everywhere._global_forward_pre_hooks)
    return own + sum(map(len, tables))
