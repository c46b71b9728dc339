"""Answers to the free exercise: a whole pre-activation block."""

from collections.abc import Callable
from typing import Any, cast

import torch.nn.functional as F
from torch import Tensor, nn

from resnet_lab.exercises.mistake import Mistake


class _Block(nn.Module):
    """A right block, and the parts that the mistakes change."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.changes = stride != 1 or in_channels != out_channels
        if self.changes:
            self.downsample = self.projection(in_channels, out_channels, stride)

    def projection(self, in_channels: int, out_channels: int, stride: int) -> nn.Module:
        return nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        activated = F.relu(self.bn1(x))
        branch = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        return self.join(branch, self.shortcut(x, activated))

    def shortcut(self, x: Tensor, activated: Tensor) -> Tensor:
        return self.downsample(activated) if self.changes else x

    def join(self, branch: Tensor, shortcut: Tensor) -> Tensor:
        return branch + shortcut


def _with(**methods: Any) -> type[nn.Module]:
    """The right block with methods replaced."""
    return type("PreActBlock", (_Block,), methods)


def _plus(**layers: Callable[[int, int, int], nn.Module]) -> type[nn.Module]:
    """The right block with layers replaced, each made from the three arguments."""
    def init(self: nn.Module, *case: int) -> None:
        _Block.__init__(cast(_Block, self), *case)
        for name, make in layers.items():
            setattr(self, name, make(*case))

    return type("PreActBlock", (_Block,), {"__init__": init})


def _in_conv2(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    return nn.Conv2d(out_channels, out_channels, 3, stride, padding=1, bias=False)


class _AlwaysTraining(nn.BatchNorm2d):
    """Normalizes by the statistics of the batch, in evaluation too."""

    def train(self, mode: bool = True) -> "_AlwaysTraining":
        return super().train(True)


class _Reversed(_Block):
    """Declares its layers from the last to the first."""

    def __init__(self, *case: int) -> None:
        super().__init__(*case)
        for name, layer in reversed(list(self.named_children())):
            delattr(self, name)
            setattr(self, name, layer)


RIGHT: dict[str, dict[str, Any]] = {
    "check_preact_block": {
        "as asked": _Block,
        "in a sequence": _with(projection=lambda self, *case: nn.Sequential(
            _Block.projection(self, *case))),
        "in place": _with(join=lambda self, branch, shortcut: branch.add_(shortcut)),
        "declared in reverse": _Reversed,
        "a function": lambda *case: _Block(*case),
        "another momentum and eps": _plus(
            bn1=lambda i, o, s: nn.BatchNorm2d(i, eps=1e-3, momentum=0.01)),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_preact_block": {
        "shortcut from the raw input": Mistake(
            _with(shortcut=lambda self, x, _: self.downsample(x) if self.changes else x),
            "(6, 10, 2). With a `conv2` of zeros only the shortcut is left."),
        "shortcut always activated": Mistake(
            _with(shortcut=lambda self, _, a: self.downsample(a) if self.changes else a),
            "(6, 6, 1). With a `conv2` of zeros only the shortcut is left. Its values go from "
            "0.00 to 3."),
        "a BN in the shortcut": Mistake(
            _with(projection=lambda self, i, o, s: nn.Sequential(
                nn.Conv2d(i, o, 1, s, bias=False), nn.BatchNorm2d(o))),
            "there are: `downsample.0.weight`, `downsample.1.weight`, `downsample.1.bias`"),
        "a 1x1 in every block": Mistake(
            _plus(downsample=lambda i, o, s: nn.Conv2d(i, o, 1, s, bias=False)),
            "The identity fits here, but there is a parameter `downsample.weight`"),
        "a bias in the 1x1": Mistake(
            _with(projection=lambda self, i, o, s: nn.Conv2d(i, o, 1, s)),
            "there are: `downsample.weight`, `downsample.bias`"),
        "a 3x3 in the shortcut": Mistake(
            _with(projection=lambda self, i, o, s: nn.Conv2d(i, o, 3, s, 1, bias=False)),
            "`downsample.weight` has the shape (10, 6, 3, 3)"),
        "biases": Mistake(
            _plus(conv2=lambda i, o, s: nn.Conv2d(o, o, 3, padding=1)),
            "`conv2` must be a 3x3 without bias"),
        "a ReLU after the sum": Mistake(
            _with(join=lambda self, b, s: F.relu(b + s)), "go from 0.00 to 6.20"),
        "no shortcut": Mistake(_with(join=lambda self, b, s: b), "go from 0.00 to 0.00"),
        "a detached shortcut": Mistake(
            _with(join=lambda self, b, s: b + s.detach()),
            "the values are right, but the gradient at the input is not that of a v2 block"),
        "a detached branch": Mistake(
            _with(join=lambda self, b, s: b.detach() + s), "No gradient reaches `bn1.weight`"),
        "half of each": Mistake(
            _with(join=lambda self, b, s: (b + s) / 2), "go from -3.15 to 3.10"),
        "bn1 as wide as the output": Mistake(
            _plus(bn1=lambda i, o, s: nn.BatchNorm2d(o)),
            "`bn1` normalizes 10 channels; the block is given 6"),
        "the stride in both": Mistake(
            _plus(conv2=_in_conv2),
            "(6, 10, 2). `forward(<Tensor of shape (3, 6, 9, 9)>)` raised RuntimeError"),
        "no padding": Mistake(
            _plus(conv2=lambda i, o, s: nn.Conv2d(o, o, 3, bias=False)),
            "(6, 6, 1). `forward(<Tensor of shape (3, 6, 9, 9)>)` raised RuntimeError"),
        "the input overwritten": Mistake(
            _with(join=lambda self, b, s: s.add_(b)), "input was changed in place"),
        "frozen": Mistake(
            _plus(conv2=lambda i, o, s: _in_conv2(i, o, 1).requires_grad_(False)),
            "`conv2.weight.requires_grad` is False"),
        "no statistics": Mistake(
            _plus(bn2=lambda i, o, s: nn.BatchNorm2d(o, momentum=0.0)),
            "after the batch, `bn2.running_mean` is not that of a v2 block"),
        "an eps of 1": Mistake(
            _plus(bn2=lambda i, o, s: nn.BatchNorm2d(o, eps=1.0)),
            "(6, 6, 1). In training, what becomes of a map"),
        "statistics not kept": Mistake(
            _plus(bn1=lambda i, o, s: nn.BatchNorm2d(i, track_running_stats=False)),
            "A `running_mean` of shape (6,) is missing"),
        "statistics of the batch in evaluation": Mistake(
            _plus(bn2=lambda i, o, s: _AlwaysTraining(o)), "In evaluation, what becomes of"),
        "no layers": Mistake(lambda *case: nn.Identity(), "`bn1` must be a BatchNorm2d, got None"),
        "no module": Mistake(lambda *case: F.relu, "is a torch module; got function"),
    },
}
