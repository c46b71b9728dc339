"""Which networks the tools of this room take, and how hooks reach those that are compiled.

``torch.compile`` turns a network into code when it first runs. A hook that comes later is never
called by that code, and one that was there stays in it. So while hooks come to look and go again,
everything runs as it was written (:func:`uncompiled`); after a hook that stays, everything is
compiled anew (:func:`forget_compiled`).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch

from resnet_lab.checks import class_name
from resnet_lab.models import ResNet


def our_resnet(model: object) -> ResNet:
    """The network itself, out of the wrapper of ``torch.compile`` where it is in one.

    Raises:
        TypeError: it is no :class:`ResNet` of this package.
        ValueError: ``torch.compile`` wraps a part of it, which has other names then.
    """
    model = getattr(model, "_orig_mod", model)
    if not isinstance(model, ResNet):
        raise TypeError(
            f"model must be a resnet_lab.models.ResNet, got a {class_name(model)}; where it is a "
            "ResNet of another library, load_weights(ResNet(identify(model).spec), "
            "model.state_dict()) makes one of ours of it (all three from resnet_lab)"
        )
    for name, part in model.named_modules():
        if "_orig_mod" in part._modules:
            raise ValueError(
                f"model must have no part that torch.compile wraps, got one in {name!r}; "
                f"the part's own compile() changes no names"
            )
    return model


@contextmanager
def uncompiled() -> Iterator[None]:
    """Let all that ``torch.compile`` made run as it was written, so that hooks are called."""
    with torch.compiler.set_stance("force_eager") if _has_compiled() else nullcontext():
        yield


def forget_compiled() -> None:
    """Let all that ``torch.compile`` made be compiled anew when it next runs, hooks and all."""
    if _has_compiled():
        torch.compiler.reset()


def _has_compiled() -> bool:
    """Whether the compiler was loaded; loading it takes seconds."""
    return "torch._dynamo" in sys.modules
