"""Check of the free exercise: the stem for small images."""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn

from resnet_lab.exercises.checking import (
    AnswerError,
    attempt,
    error_text,
    exercise,
    fault_in,
    returned_items,
)
from resnet_lab.exercises.comparison import comparison_fault
from resnet_lab.exercises.modules import frozen_fault, gradient_fault, shared_parameter_fault

PIXELS = 32
CHANNELS = ((3, 16), (1, 8))
"""In and out: colors of a photograph, then another pair, for what is typed instead of passed."""

NAMES = ("conv1", "bn1", "relu", "maxpool")
LEARNED = {"conv1.weight", "bn1.weight", "bn1.bias"}


@exercise(
    "Go through the four modules. Which of them makes the image smaller, and how?",
    "A 3x3 keeps the size with stride 1 and padding 1. A module that does nothing is nn.Identity.",
    "The normalization follows the convolution, so the convolution needs no bias.",
    "Make all four inside the function, from its two arguments, and change no setting besides.",
    right="No position is lost, so the first block works at full resolution.",
)
def check_small_stem(answer: Callable[[int, int], Any]) -> str | None:
    """Stem of the paper's CIFAR networks: a 3x3 with stride 1, no pool."""
    for channels in CHANNELS:
        if fault := fault_in(f"Called with {channels}", _fault, answer, *channels):
            return fault
    return shared_parameter_fault(lambda: _assembled(answer, *CHANNELS[0]))


def _assembled(answer: Callable[[int, int], Any], *channels: int) -> nn.Sequential:
    """The four modules under their names.

    Raises:
        AnswerError: the answer returned something else.
    """
    modules = returned_items(attempt(answer, *channels), len(NAMES), ", ".join(NAMES))
    if not all(isinstance(module, nn.Module) for module in modules):
        kinds = ", ".join(type(module).__name__ for module in modules)
        raise AnswerError(f"Each of the four must be a torch module; got {kinds}.")
    stem = nn.Sequential()
    for name, module in zip(NAMES, modules, strict=True):
        stem.add_module(name, module)
    return stem


def _fault(
    answer: Callable[[int, int], Any], in_channels: int, out_channels: int
) -> str | None:
    stem = _assembled(answer, in_channels, out_channels)
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2, in_channels, PIXELS, PIXELS, generator=generator)
    maps = 10 * torch.randn(2, out_channels, PIXELS, PIXELS, generator=generator)
    return (
        _shape_fault(stem, images, tuple(maps.shape))
        or _parts_fault(stem)
        or frozen_fault(stem)
        or _values_fault(stem, images, maps)
        or gradient_fault(stem, images)
    )


@torch.no_grad()
def _shape_fault(stem: nn.Sequential, images: Tensor, expected: tuple[int, ...]) -> str | None:
    maps = images
    for name, module in stem.named_children():
        try:
            maps = module(maps)
        except Exception as error:
            return f"Images of shape {tuple(images.shape)} stop `{name}`. {error_text(error)}"
        if maps.shape[2:] != expected[2:]:
            return f"Images of shape {tuple(images.shape)} leave `{name}` as {tuple(maps.shape)}."
    if maps.shape != expected:
        return f"Images of shape {tuple(images.shape)} come out as {tuple(maps.shape)}."
    return "Some values that come out are negative." if maps.min() < 0 else None


def _parts_fault(stem: nn.Sequential) -> str | None:
    conv1, bn1, *_ = stem
    if not isinstance(conv1, nn.Conv2d) or conv1.kernel_size != (3, 3):
        return f"The first module must be a 3x3 convolution; got {conv1}."
    if not isinstance(bn1, nn.BatchNorm2d):
        return f"The second module must normalize over the batch; got {bn1}."
    if conv1.bias is not None:
        return "The convolution has a parameter that the module after it makes useless."
    if not (bn1.affine and bn1.track_running_stats):
        return f"The normalization must keep its parameters and running statistics; got {bn1}."
    for name, _ in stem.named_parameters():
        if name not in LEARNED:
            return f"There is a parameter `{name}`, but that module has nothing to learn."
    return None


def _values_fault(stem: nn.Sequential, images: Tensor, maps: Tensor) -> str | None:
    """The first module that computes something else, in training or in evaluation."""
    conv1, bn1, relu, maxpool = cast(
        tuple[nn.Conv2d, nn.BatchNorm2d, nn.Module, nn.Module], tuple(stem)
    )
    in_channels, out_channels = images.shape[1], maps.shape[1]
    for module, reference, given, task in (
        (conv1, nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False), images,
         "first module must weigh each pixel and its neighbors, with zeros around the image"),
        (bn1, nn.BatchNorm2d(out_channels), maps,
         "second module must normalize, then scale and shift each channel"),
        (relu, nn.ReLU(), maps, "third module must change negative numbers, and only them"),
        (maxpool, nn.Identity(), maps, "fourth module must leave what it is given as it is"),
    ):
        sizes = [given, given[..., 1:, 4:]]
        if fault := comparison_fault(module, reference, sizes, "such a module"):
            return f"The {task}; got {module}. {fault}"
    return None
