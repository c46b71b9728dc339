"""Weights into a network: from a file or a state dict, in any layout that is known."""

import os
import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from resnet_lab.checks import class_name
from resnet_lab.interop.layouts import translate
from resnet_lab.interop.twins import doubt
from resnet_lab.models.trunk import ResNet

WRAPPERS = ("state_dict", "model", "net", "model_state_dict", "weights")
"""Where checkpoints keep the state dict, beside an epoch, an optimizer and the like."""

CHOICE = (
    "To choose, see which of them is right about images whose classes you know; "
    "ResNet(identify(source).spec) is the likeliest, and of the module that the weights come from "
    "identify tells it for certain"
)


def load_weights(model: ResNet, source: Mapping[str, Any] | str | os.PathLike[str]) -> ResNet:
    """Load weights that may come in another library's layout, all of them or none.

    Weights can't tell everything. Those of options A and A-split and of a plain network have the
    same names and shapes, as have those of v1 and v1.5, and of B and D in timm's ``resnetv2``:
    in the other they fit and compute something else. Where that may be so there is a warning: the
    layout speaks for another network than the model, or nothing speaks for any of them.
    :func:`resnet_lab.identify` says what a source leaves open, and its ``spec`` is the likeliest.
    Where you know that the model is right, :func:`warnings.catch_warnings` keeps it quiet.

    Args:
        model: a network of this package.
        source: a state dict, a checkpoint that holds one, or the path of a file of either
            (``torch.save``'s or ``.safetensors``). Code in a file is never executed.

    Returns:
        The model.

    Warns:
        UserWarning: the weights fit other networks as well, and the model is not the likeliest.

    Raises:
        TypeError: ``model`` is no network of this package, or ``source`` holds no weights.
        ValueError: an entry is missing, unexpected or of another shape (the message lists
            them and the model is unchanged), the file is damaged, or the layout belongs to
            another version of the network.
        FileNotFoundError: no file is there.
        ImportError: a ``.safetensors`` file, and that library is not installed.
    """
    if not isinstance(model, ResNet):
        raise TypeError(f"model must be a resnet_lab.models.ResNet, got a {class_name(model)}")
    spec = model.spec
    translation = translate(read_weights(source), average=spec.shortcut == "D")
    layout, weights = translation.layout, translation.weights
    version = layout.versions.get(spec.block, spec.version)
    if version != spec.version:
        raise ValueError(
            f"version of the model must be {version!r}, which is what the {spec.block} blocks of "
            f"{layout.name} are, got {spec.version!r}; the weights are in that layout"
        )
    if layout.differs and any(".downsample." in name for name in weights):
        raise ValueError(f"no version has the blocks of {layout.name}: {layout.differs}")
    expected = model.state_dict()
    misfit = compare(expected, weights)
    if any(misfit):
        report = _report(misfit, expected, weights, translation.theirs)
        raise ValueError(
            f"weights (layout: {layout.name}) do not fit {spec.name}, none was loaded\n{report}"
        )
    for name, tensor in weights.items():
        if tensor.is_floating_point() != expected[name].is_floating_point():
            raise ValueError(f"{name} must be {expected[name].dtype}, got {tensor.dtype}")
    if any(tensor.is_meta for tensor in weights.values()):
        raise ValueError("source must hold values, its tensors are on the meta device")
    if any(tensor.is_meta for tensor in expected.values()):
        raise ValueError("model must be on a device that holds values, it is on the meta device")
    if why := doubt(spec, layout):
        warnings.warn(f"{why}. {CHOICE}", stacklevel=2)
    model.load_state_dict(weights, strict=True)
    return model


class Misfit(NamedTuple):
    """Names of the entries by which weights do not fit a network."""

    missing: list[str]
    unexpected: list[str]
    reshaped: list[str]


def compare(expected: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> Misfit:
    """Compare names and shapes. Old files lack ``num_batches_tracked``, which torch makes up."""
    counter = "num_batches_tracked"
    return Misfit(
        [name for name in expected if name not in weights and not name.endswith(counter)],
        [name for name in weights if name not in expected],
        [n for n in expected if n in weights and expected[n].shape != weights[n].shape],
    )


def _report(
    misfit: Misfit,
    expected: Mapping[str, Tensor],
    weights: Mapping[str, Tensor],
    theirs: dict[str, str],
) -> str:
    texts = {
        "missing": misfit.missing,
        "unexpected": [theirs[name] for name in misfit.unexpected],
        "of another shape": [
            f"{name} is {show(weights[name])} and should be {show(expected[name])}"
            for name in misfit.reshaped
        ],
    }
    lines = [f"  {len(found)} {kind}: {shorten(found)}" for kind, found in texts.items() if found]
    if "fc.weight" in misfit.reshaped and "conv1.weight" not in misfit.reshaped:
        lines.append(f"  the classifier is for num_classes={weights['fc.weight'].shape[0]}")
    return "\n".join(lines)


def shorten(names: list[str], most: int = 4) -> str:
    """The first few of a list, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def show(tensor: Tensor) -> str:
    """A shape as ``64x3x7x7``."""
    return "x".join(str(size) for size in tensor.shape) or "a single value"


def read_weights(source: Any) -> dict[str, Tensor]:
    """Tensors by name, from what :func:`load_weights` takes; raises what it does."""
    if isinstance(source, str | os.PathLike):
        source = _read_file(Path(source))
    for key in WRAPPERS * 2:  # a checkpoint may hold another
        if isinstance(source, Mapping) and isinstance(source.get(key), Mapping):
            source = source[key]
    if not isinstance(source, Mapping):
        kind = type(source).__name__
        raise TypeError(f"source must be a state dict or the path of a file, got a {kind}")
    if not source:
        raise ValueError("the state dict is empty")
    for name, value in source.items():
        packed = "_packed_params" in str(name) or getattr(value, "is_quantized", False)
        if packed or getattr(value, "dtype", None) in (torch.int8, torch.uint8):
            raise ValueError(f"entry {name!r} is quantized; only floating-point weights are read")
        if not isinstance(name, str) or not isinstance(value, Tensor):
            kind = type(value).__name__
            raise ValueError(f"a state dict must hold named tensors, {name!r} is a {kind}")
        if value.layout != torch.strided or value.is_nested:
            raise ValueError(f"entry {name!r} is sparse or nested; only dense tensors are read")
        if is_lazy(value):
            raise ValueError(f"entry {name!r} belongs to a lazy layer that has not run yet")
    return dict(source)


def _read_file(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f"no file is at {path}")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except ImportError as error:
        raise ImportError(f"{path} needs safetensors (pip install safetensors)") from error
    except OSError:
        raise
    except pickle.UnpicklingError as error:
        code = re.search(r"GLOBAL (\S+)", str(error))
        if code is None:
            raise ValueError(f"{path} is no file that torch.save wrote") from error
        raise ValueError(
            f"{path} holds more than tensors ({code[1]}), and reading that would run code from "
            "the file; where you trust it, load it yourself and save its state_dict() alone"
        ) from error
    except Exception as error:  # the readers have no error in common
        reason = str(error).split("\n")[0][:120] or type(error).__name__
        raise ValueError(f"{path} is damaged or cut short: {reason}") from error
