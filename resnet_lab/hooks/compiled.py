"""Hooks on networks that were compiled."""

import sys

import torch


def compile_anew() -> None:
    """Let every compiled network be compiled again when it next runs.

    ``torch.compile`` looks for hooks when it compiles, and not again
    (``torch._dynamo.config.skip_nnmodule_hook_guards``): a network that has run compiled would
    go on without a hook that came later. Call this after hooks were added or removed.
    """
    if "torch._dynamo" in sys.modules:  # otherwise nothing was compiled, and it loads slowly
        torch.compiler.reset()
