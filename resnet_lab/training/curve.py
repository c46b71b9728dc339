"""The curve of a run: losses and errors, point by point."""

from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import Tensor

from resnet_lab.training.group import Group
from resnet_lab.training.step import StepResult


@dataclass
class Curve:
    """One list for each quantity, one entry for each point.

    Attributes:
        step: steps done.
        epoch: passes over the training images done.
        lr: learning rate of the last step.
        train_loss: mean cross-entropy, in nats, over the steps since the point before, in
            train mode, on cropped and mirrored images.
        train_error: wrong predictions of the same steps, in percent.
        test_loss: mean cross-entropy over the test images, in eval mode.
        test_error: wrong predictions on them, in percent.
        seconds: since the start of training, pauses between resumed parts left out.
    """

    step: list[int] = field(default_factory=list)
    epoch: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    train_error: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_error: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, **point: float) -> None:
        """Add a point: a value for each quantity."""
        for name, values in self.lists().items():
            values.append(point[name])

    def lists(self) -> dict[str, list[Any]]:
        """The lists by name; they are the curve's own."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    def __len__(self) -> int:
        return len(self.step)


class Tally:
    """Loss and wrong predictions summed on the device, without waiting for it."""

    def __init__(self, device: torch.device) -> None:
        self.sums = torch.zeros(3, dtype=torch.float64, device=device)

    def add(self, result: StepResult, images: int) -> None:
        """Add a batch of so many images."""
        self.sums[0] += result.loss.detach() * images
        self.sums[1] += result.wrong
        self.sums[2] += images

    def read(self, group: Group) -> tuple[float, float]:
        """Mean loss, and error in percent, over the whole group; waits for the device."""
        loss, wrong, images = group.sum(self.sums).tolist()
        return loss / images, 100 * wrong / images

    def state(self, group: Group) -> Tensor:
        """What a checkpoint has to keep: the sums over the whole group."""
        return group.sum(self.sums)

    def restore(self, sums: Tensor, group: Group) -> None:
        """Go on from what :meth:`state` returned; one process of the group counts it."""
        self.sums.copy_(sums if group.rank == 0 else torch.zeros_like(sums))

    def reset(self) -> None:
        """Begin anew."""
        self.sums.zero_()
