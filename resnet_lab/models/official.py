"""Official weights: those that torchvision publishes, through its own download."""

from http.client import HTTPException
from pathlib import Path

import torch
from torch import Tensor

from resnet_lab.checks import check_choice
from resnet_lab.models.spec import ResNetSpec, differing_fields


def official_weights(spec: ResNetSpec, canonical: ResNetSpec, name: str) -> dict[str, Tensor]:
    """Weights that torchvision publishes for a network, through its own download.

    Args:
        spec: the network, which must be torchvision's of that name.
        canonical: what the catalogue has under that name.
        name: one of torchvision's sets of weights, such as ``"IMAGENET1K_V1"``.

    Raises:
        ImportError: torchvision is not installed.
        ValueError: torchvision has no such network or no such weights, or ``spec`` differs
            from its network, or a file that is there can't be read.
        ConnectionError: the file is not there and can't be downloaded.
    """
    try:
        from torchvision import models
    except ImportError as error:
        raise ImportError("official weights need torchvision (pip install torchvision)") from error
    if spec.name not in models.list_models(module=models):
        raise ValueError(f"weights must be None, torchvision has none for {spec.name!r}")
    if differing := differing_fields(spec, canonical):
        field = differing[0]
        ours, theirs = getattr(spec, field), getattr(canonical, field)
        raise ValueError(f"{field} must be {theirs!r} with weights={name!r}, got {ours!r}")
    if not isinstance(name, str):
        raise TypeError(f"weights must be a name such as 'IMAGENET1K_V1', got {name!r}")
    sets = models.get_model_weights(spec.name).__members__
    check_choice(f"weights of {spec.name}", name, sets)
    url = sets[name].url
    file = Path(torch.hub.get_dir(), "checkpoints", Path(url).name)
    if file.is_file():
        return _read(file)
    try:
        return sets[name].get_state_dict(check_hash=True, map_location="cpu", weights_only=True)
    except (OSError, HTTPException, RuntimeError) as error:
        raise ConnectionError(
            f"weights {name} of {spec.name} could not be downloaded ({error}); "
            f"fetch {url} where there is a connection and put it at {file}"
        ) from error


def _read(file: Path) -> dict[str, Tensor]:
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch has no one error for this
        raise ValueError(f"{file} is damaged or cut short; delete it to fetch it again") from error
