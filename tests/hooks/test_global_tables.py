"""Nothing of ours stays in torch's tables of hooks for all modules, also after an exception.

An entry there sends every later call of every module through torch's slow path, and makes
``torch.compile`` warn.
"""

from collections.abc import Mapping
from contextlib import suppress

import pytest
import torch
from torch import nn
from torch.nn.modules import module as torch_modules

from resnet_lab import build, identify, trace_shapes
from resnet_lab.hooks import detach_shortcuts, gradient_flow, lesioned

IMAGES, LABELS = torch.zeros(2, 3, 32, 32), torch.zeros(2, dtype=torch.int64)


def global_tables():
    """A copy of everything that torch keeps for all modules at once."""
    return {
        name: dict(value) if isinstance(value, Mapping) else value
        for name, value in vars(torch_modules).items()
        if name.startswith("_global_")
    }


def run_lesioned(model):
    with lesioned(model, ["layer1.1"]):
        model(IMAGES)


def run_detached(model):
    detach_shortcuts(model)
    model(IMAGES).sum().backward()


LOOKS = {
    "trace_shapes": lambda model: trace_shapes(model, IMAGES),
    "gradient_flow": lambda model: gradient_flow(model, IMAGES, LABELS),
    "lesioned": run_lesioned,
    "detach_shortcuts": run_detached,
    "identify": identify,
}


class Refusing(nn.Module):
    """Stops the forward pass of a network that is sound by its specification and weights."""

    def forward(self, x):
        raise RuntimeError("refused halfway")


def network(sound):
    model = build("resnet20")
    if not sound:
        model.layer2[0].relu1 = Refusing()
    return model


@pytest.mark.parametrize("sound", [True, False], ids=["sound", "failing"])
@pytest.mark.parametrize("look", LOOKS)
def test_nothing_stays_for_all_modules(look, sound):
    model = network(sound)
    before = global_tables()
    with suppress(RuntimeError):
        LOOKS[look](model)
    assert global_tables() == before
    assert not torch_modules._has_any_global_hook()


def test_an_entry_in_a_table_is_seen():
    before = global_tables()
    handle = torch_modules.register_module_forward_hook(lambda *args: None, always_call=True)
    during = global_tables()
    handle.remove()
    assert {name for name in before if before[name] != during[name]} == {
        "_global_forward_hooks", "_global_forward_hooks_always_called",
    }  # fmt: skip
    assert global_tables() == before


def test_a_failing_model_fails():
    """Else the cases above would all be sound ones."""
    model = network(sound=False)
    for look in set(LOOKS) - {"identify"}:
        with pytest.raises(RuntimeError, match="refused halfway"):
            LOOKS[look](model)
    assert "refused halfway" in str(identify(model))
