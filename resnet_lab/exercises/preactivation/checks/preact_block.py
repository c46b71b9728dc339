"""Check of chapter 13's free exercise: a whole pre-activation block."""

from collections.abc import Callable
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_lab.exercises.checking import AnswerError, attempt, exercise
from resnet_lab.exercises.modules import gradient_fault, shared_parameter_fault, statistics_fault

CASES = ((6, 6, 1), (6, 10, 2), (6, 10, 1), (6, 6, 2))
"""Channels in, channels out and stride: the identity fits in the first case alone."""

PIXELS = 9
LAYERS = {"bn1": nn.BatchNorm2d, "conv1": nn.Conv2d, "bn2": nn.BatchNorm2d, "conv2": nn.Conv2d}
Make = Callable[[int, int, int], nn.Module]


@exercise(
    "`F.relu(bn1(x))` is read by conv1 in every block. Which of the two does the shortcut read?",
    "Where the shape stays, the shortcut is x itself. Where stride or channels change, it is a "
    "1x1 convolution with that stride.",
    "The 1x1 reads what conv1 reads, so it needs neither a BN of its own nor a bias.",
    "Keep `activated = F.relu(self.bn1(x))`; give it to conv1, and to the 1x1 where there is one.",
    right="Outputs and gradients are those of the package's block, in training and in evaluation.",
)
def check_preact_block(answer: Make) -> str | None:
    """A class: basic pre-activation block, with a shared activation where the shape changes."""
    for case in CASES:
        try:
            fault = _fault(answer, *case)
        except AnswerError as error:
            fault = str(error)
        if fault:
            return f"Made with {case}. {fault}"
    return shared_parameter_fault(lambda: _made(answer, *CASES[1]))


def _made(answer: Make, *case: int) -> nn.Module:
    block = attempt(answer, *case)
    if not isinstance(block, nn.Module):
        raise AnswerError(f"A block is a torch module; got {type(block).__name__}.")
    return block


def _fault(answer: Make, in_channels: int, out_channels: int, stride: int) -> str | None:
    block = _made(answer, in_channels, out_channels, stride).double()
    changes = stride != 1 or in_channels != out_channels
    if fault := _parts_fault(block, in_channels, out_channels, changes):
        return fault
    generator = torch.Generator().manual_seed(in_channels + out_channels + stride)
    for tensor in [*block.parameters(), *block.buffers()]:
        if tensor.is_floating_point():  # no scale of 1, no mean of 0: each layer must count
            noise = torch.rand(tensor.shape, generator=generator, dtype=tensor.dtype)
            tensor.data = noise + 0.5 if tensor.dim() == 1 else (noise - 0.5) / 2
    shape = (3, in_channels, PIXELS, PIXELS)
    x = 2 * torch.randn(shape, generator=generator, dtype=torch.float64)
    return (
        _values_fault(block, x, stride)
        or gradient_fault(block, x)
        or _gradient_difference(block, x, stride)
        or statistics_fault(block, x)
    )


def _parts_fault(
    block: nn.Module, in_channels: int, out_channels: int, changes: bool
) -> str | None:
    for name, kind in LAYERS.items():
        if not isinstance(layer := getattr(block, name, None), kind):
            return f"`{name}` must be a {kind.__name__}, got {layer}."
    if (channels := cast(nn.BatchNorm2d, block.bn1).num_features) != in_channels:
        return f"`bn1` normalizes {channels} channels; the block is given {in_channels}."
    for name in ("conv1", "conv2"):
        conv = cast(nn.Conv2d, getattr(block, name))
        if conv.kernel_size != (3, 3) or conv.bias is not None:
            return f"`{name}` must be a 3x3 without bias, got {conv}."
    others = [name for name, _ in block.named_parameters() if name.split(".")[0] not in LAYERS]
    if others and not changes:
        return f"The identity fits here, but there is a parameter `{others[0]}`."
    if changes and len(others) != 1:
        listed = ", ".join(f"`{name}`" for name in others) or "none"
        return f"The shortcut needs one parameter, the weight of its 1x1; there are: {listed}."
    if others and (weight := block.get_parameter(others[0])).shape != (
        out_channels, in_channels, 1, 1
    ):  # fmt: skip
        return f"`{others[0]}` has the shape {tuple(weight.shape)}, not that of a 1x1."
    return None


def _reference(block: nn.Module, x: Tensor, stride: int) -> Tensor:
    """What a pre-activation block with these parameters puts out, from functions alone."""
    def normalized(x: Tensor, name: str) -> Tensor:
        norm = cast(nn.BatchNorm2d, getattr(block, name))
        statistics = (None, None) if block.training else (norm.running_mean, norm.running_var)
        return F.batch_norm(x, *statistics, norm.weight, norm.bias, block.training, eps=norm.eps)

    conv1, conv2 = (cast(nn.Conv2d, getattr(block, name)).weight for name in ("conv1", "conv2"))
    activated = F.relu(normalized(x, "bn1"))
    branch = F.conv2d(activated, conv1, stride=stride, padding=1)
    branch = F.conv2d(F.relu(normalized(branch, "bn2")), conv2, padding=1)
    weights = [p for name, p in block.named_parameters() if name.split(".")[0] not in LAYERS]
    shortcut = F.conv2d(activated, weights[0], stride=stride) if weights else x
    return branch + shortcut


@torch.no_grad()
def _values_fault(block: nn.Module, x: Tensor, stride: int) -> str | None:
    for training in (True, False):
        block.train(training)
        mode = "training" if training else "evaluation"
        expected = _reference(block, x, stride)
        given = x.clone()

        def forward(given: Tensor = given) -> Tensor:
            return block(given)

        observed = attempt(forward)
        if not torch.equal(given, x):
            return "The input of the block was changed in place; others still need it."
        if not isinstance(observed, Tensor) or observed.shape != expected.shape:
            shape = tuple(getattr(observed, "shape", ()))
            return f"A map of shape {tuple(x.shape)} comes out as {shape}."
        if torch.allclose(observed, expected, atol=1e-8):
            continue
        conv2 = cast(nn.Conv2d, block.conv2)
        kept, conv2.weight.data = conv2.weight.data, torch.zeros_like(conv2.weight)
        alone = torch.allclose(block(x.clone()), _reference(block, x, stride), atol=1e-8)
        conv2.weight.data = kept
        if not alone:
            return ("With a `conv2` of zeros only the shortcut is left, and in "
                    f"{mode} it does not give what the shortcut of a v2 block would.")
        return (f"The shortcut is right. In {mode} the branch differs from that of a v2 block "
                f"with the same weights by up to {(observed - expected).abs().max():.2f}.")
    return None


@torch.enable_grad()
def _gradient_difference(block: nn.Module, x: Tensor, stride: int) -> str | None:
    block.train()
    x = x.clone().requires_grad_()
    targets = {"the input": x} | {f"`{name}`": p for name, p in block.named_parameters()}
    pairs = [
        torch.autograd.grad((output**2).sum(), list(targets.values()))
        for output in (block(x), _reference(block, x, stride))
    ]
    for name, theirs, ours in zip(targets, *pairs, strict=True):
        if not torch.allclose(theirs, ours, rtol=1e-6, atol=1e-6):
            return f"The values are right, but the gradient at {name} is not that of a v2 block."
    return None


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


RIGHT: dict[str, dict[str, Any]] = {
    "check_preact_block": {
        "as asked": _Block,
        "in a sequence": _with(projection=lambda self, *case: nn.Sequential(
            _Block.projection(self, *case))),
        "in place": _with(join=lambda self, branch, shortcut: branch.add_(shortcut)),
        "a function": lambda *case: _Block(*case),
    },
}

WRONG: dict[str, dict[str, Any]] = {
    "check_preact_block": {
        "shortcut from the raw input": _with(
            shortcut=lambda self, x, _: self.downsample(x) if self.changes else x),
        "shortcut always activated": _with(
            shortcut=lambda self, _, a: self.downsample(a) if self.changes else a),
        "a BN in the shortcut": _with(projection=lambda self, i, o, s: nn.Sequential(
            nn.Conv2d(i, o, 1, s, bias=False), nn.BatchNorm2d(o))),
        "a 1x1 in every block": _plus(downsample=lambda i, o, s: nn.Conv2d(i, o, 1, s, bias=False)),
        "a bias in the 1x1": _with(projection=lambda self, i, o, s: nn.Conv2d(i, o, 1, s)),
        "a 3x3 in the shortcut": _with(
            projection=lambda self, i, o, s: nn.Conv2d(i, o, 3, s, 1, bias=False)),
        "biases": _plus(conv2=lambda i, o, s: nn.Conv2d(o, o, 3, padding=1)),
        "a ReLU after the sum": _with(join=lambda self, b, s: F.relu(b + s)),
        "no shortcut": _with(join=lambda self, b, s: b),
        "a detached shortcut": _with(join=lambda self, b, s: b + s.detach()),
        "a detached branch": _with(join=lambda self, b, s: b.detach() + s),
        "half of each": _with(join=lambda self, b, s: (b + s) / 2),
        "bn1 as wide as the output": _plus(bn1=lambda i, o, s: nn.BatchNorm2d(o)),
        "the stride in both": _plus(conv2=_in_conv2),
        "no padding": _plus(conv2=lambda i, o, s: nn.Conv2d(o, o, 3, bias=False)),
        "the input overwritten": _with(join=lambda self, b, s: s.add_(b)),
        "frozen": _plus(conv2=lambda i, o, s: _in_conv2(i, o, 1).requires_grad_(False)),
        "no statistics": _plus(bn2=lambda i, o, s: nn.BatchNorm2d(o, momentum=0.0)),
        "no layers": lambda *case: nn.Identity(),
        "no module": lambda *case: F.relu,
    },
}
