"""Proofs of the answers to the questions of chapter 16."""

from collections.abc import Callable
from itertools import pairwise
from math import isclose

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from resnet_lab import build, cost, spec


def _normalized(kernel: Tensor, images: Tensor) -> Tensor:
    """What a normalization makes of a convolution's outputs."""
    return F.batch_norm(F.conv2d(images, kernel), None, None, training=True)


def _slope_of_a_loss() -> Callable[[Tensor], Tensor]:
    """The gradient of some loss at a kernel that a normalization follows."""
    images, target = torch.randn(4, 3, 8, 8).double(), torch.randn(4, 5, 6, 6).double()

    def slope(kernel: Tensor) -> Tensor:
        kernel = kernel.detach().requires_grad_()
        (target * _normalized(kernel, images)).mean().backward()
        assert kernel.grad is not None
        return kernel.grad

    return slope


def scaled_gradient() -> dict[str, bool]:
    slope, kernel = _slope_of_a_loss(), torch.randn(5, 3, 3, 3).double()
    ratio = float(slope(10 * kernel).norm() / slope(kernel).norm())
    return {
        "It is ten times": isclose(ratio, 10, rel_tol=0.01),
        "It stays the same": isclose(ratio, 1, rel_tol=0.01),
        "It is a tenth": isclose(ratio, 1 / 10, rel_tol=0.01),
    }


def after_the_drop() -> dict[str, bool]:
    def level(rate: float) -> float:
        """Of the noise, on the loss ``w ** 2 / 2`` whose gradient is off by one at random."""
        return rate / (2 - rate)

    old, new, rate = level(0.1), level(0.1 / 10), 0.1 / 10
    after_50_steps = new + (old - new) * (1 - rate) ** (2 * 50)
    return {
        "It stays where it is": after_50_steps >= old,
        "It soon falls": new < old / 5 and after_50_steps < old / 2,
    }


def momentum() -> dict[str, bool]:
    weight, path = nn.Parameter(torch.zeros(1)), [0.0]
    optimizer = torch.optim.SGD([weight], lr=0.01, momentum=0.9)
    for _ in range(200):
        weight.grad = torch.ones(1)
        optimizer.step()
        path.append(weight.item())
    steps = [(old - new) / 0.01 for old, new in pairwise(path)]
    assert round(steps[1], 2) == 1.9
    in_the_end = round(steps[-1], 2)
    return {
        "As long": in_the_end == 1,
        "1.9 times": in_the_end == 1.9,
        "10 times": in_the_end == 10,
    }


def best_of_five() -> dict[str, bool]:
    def gap(runs: int) -> float:
        draws = torch.randn(50_000, runs)
        return float((draws.mean(1) - draws.amin(1)).mean())

    assert 0.5 < gap(2) < 0.6
    assert gap(5) < gap(20)
    return {
        "Nowhere": gap(5) < 0.1,
        "About half": 0.1 < gap(5) < 0.9,
        "Slightly more": 1 < gap(5) < 1.3,
    }


def without_decay() -> dict[str, bool]:
    slope, images = _slope_of_a_loss(), torch.randn(4, 3, 8, 8).double()
    kernel = torch.randn(5, 3, 3, 3).double()
    path = [kernel]
    for _ in range(20):
        path.append(path[-1] - 10 * slope(path[-1]))
    grow = all(new.norm() > old.norm() for old, new in pairwise(path))
    turned_less = bool(slope(2 * kernel).norm() < slope(kernel).norm())
    same_outputs = torch.allclose(
        _normalized(2 * kernel, images), _normalized(kernel, images), atol=1e-3
    )
    return {
        "They grow, and the outputs": grow and not same_outputs,
        "They grow, and each step": grow and turned_less,
        "Nothing": not grow,
    }


def another_network() -> dict[str, bool]:
    wide = spec("resnet18", stem="3x3", num_classes=10)
    return {
        "It is a network for ImageNet": cost(wide, 32).params > 40 * cost("resnet20", 32).params,
        "18 layers are too few": wide.depth < spec("resnet20").depth / 2,
    }


def padding_first() -> dict[str, bool]:
    image, mean, black, gray = torch.full((2, 2), 0.5), 0.5, 0.0, 0.0
    padding = (F.pad(image, (1, 1, 1, 1)) - mean)[0, 0].item()
    other_order = F.pad(image - mean, (1, 1, 1, 1))[0, 0].item()
    assert other_order == gray
    return {
        "Zero, a medium gray": padding == gray,
        "Minus 0.5": padding == -0.5 == black - mean,
        "Zero, as dark": padding == 0,
    }


@torch.no_grad()
def window_moves() -> dict[str, bool]:
    model, maps = build("resnet20").eval(), list[Tensor]()
    layer3 = model.get_submodule("layer3")
    layer3.register_forward_hook(lambda module, inputs, output: maps.append(output))
    picture = torch.randn(1, 3, 192, 196)
    model(picture[..., :-4])
    model(picture[..., 4:])
    still, moved = (map_[..., 16:32, 16:32] for map_ in maps)  # no border reaches these
    by = {columns: torch.allclose(maps[0][..., 16:32, 16 + columns:32 + columns], moved, atol=1e-4)
          for columns in (0, 1, 4)}
    assert maps[0].shape[-1] == 192 // 2 // 2 == 192 // 4
    assert not torch.allclose(still, moved, atol=1e-4)
    return {"By one column": by[1], "By 4 columns": by[4], "Not at all": by[0]}


def close_runs() -> dict[str, bool]:
    one, other = torch.tensor([8.1, 8.6, 8.9]), torch.tensor([8.0, 8.4, 8.5])
    apart = one.mean() - other.mean()
    deviation = torch.minimum(one.std(), other.std())
    return {
        "The second recipe is better, its mean": bool(apart > deviation),
        "The second recipe is better, the best": bool(other.max() < one.min()),
        "Too little": bool(0 < apart < deviation and other.max() > one.min() > other.min()),
    }
