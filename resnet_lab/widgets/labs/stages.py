"""What an image becomes after the stem and after each stage of a network."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from resnet_lab.figures import Figure, Photograph, feature_maps, photographs
from resnet_lab.hooks.preserve import left_as_it_was
from resnet_lab.models import ResNet

CHANNELS = 4


def stage_maps(image: Tensor, model: ResNet) -> dict[str, Tensor]:
    """Activations after the stem and each stage, in evaluation mode.

    Args:
        image: ``1, 3, H, W``, normalized.
        model: left as it was.

    Returns:
        ``"stem"``, ``"stage 1"``, … -> ``C, H, W``.
    """
    places: dict[str, nn.Module] = {"stem": model.maxpool}
    for stage, name in enumerate(model.stage_names, 1):
        places[f"stage {stage}"] = getattr(model, name)
    maps: dict[str, Tensor] = {}

    def keep(place: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: Any, output: Tensor) -> None:
            maps[place] = output[0]

        return hook

    handles = [module.register_forward_hook(keep(place)) for place, module in places.items()]
    try:
        with left_as_it_was(model, image.device):
            model(image)
    finally:
        for handle in handles:
            handle.remove()
    return maps


def stage_figures(photo: Photograph, model: ResNet) -> list[Figure]:
    """The image and its three colors, then four channels after the stem and each stage.

    Shown are the channels that vary most over the image, each scaled to its own range. The
    sizes are those of the forward pass.
    """
    colors = {
        name: photo.rgb[..., [place] * 3] for place, name in enumerate(("red", "green", "blue"))
    }
    title = f"What goes in: {_size(photo.tensor[0])}"
    seen = photographs({"all three": photo.rgb, **colors}, title, columns=CHANNELS)
    maps = stage_maps(photo.tensor, model)
    return [seen, *(_figure(place, after) for place, after in maps.items())]


def _size(values: Tensor) -> str:
    return " × ".join(map(str, values.shape))


def _figure(place: str, maps: Tensor) -> Figure:
    shown = torch.argsort(maps.flatten(1).std(1), descending=True)[:CHANNELS]
    title = f"Behind {'the ' if place == 'stem' else ''}{place}: {_size(maps)}"
    names = [f"channel {int(channel)}" for channel in shown]
    return feature_maps(maps[shown], title, names, columns=CHANNELS)
