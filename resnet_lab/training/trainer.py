"""The trainer: one loop, from the first weights to the last."""

import math
import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import nn

from resnet_lab.models import ResNetSpec
from resnet_lab.training.checkpoint import (
    RECORD,
    WEIGHTS,
    check_folder,
    check_identity,
    checked_interval,
    load_checkpoint,
    save_checkpoint,
    save_weights,
)  # fmt: skip
from resnet_lab.training.code import code_digest, commit
from resnet_lab.training.curve import Curve, Tally
from resnet_lab.training.execution import Execution
from resnet_lab.training.group import Group
from resnet_lab.training.machine import describe_machine
from resnet_lab.training.network import is_finite, make_network
from resnet_lab.training.progress import Progress
from resnet_lab.training.recipe import Recipe
from resnet_lab.training.record import FINISHED, FIRST_LOSSES, RUNNING, RunRecord
from resnet_lab.training.schedule import Schedule
from resnet_lab.training.sources import Data, batches_of
from resnet_lab.training.step import load_optimizer, make_optimizer, make_step, measure, set_lr


class Trainer:
    """Trains one network by a recipe.

    Args:
        model: a name of the catalogue, a :class:`ResNetSpec`, or a module.
        data: images in memory or in a folder; see :mod:`resnet_lab.data`.
        recipe: how to train.
        seed: of the first weights, the order of the images, crops and flips.
        execution: device and shortcuts.
        surgery: names of changes to the network; see :mod:`resnet_lab.training.network`.
        folder: where checkpoints, the record and the last weights go; None writes nothing.
        name: what the record is called; None takes the model and the seed.
        checkpoint_every: steps between two checkpoints; None writes one at each point.
        progress: show a progress bar.
        on_point: called with the trainer at each point of the curve; its time does not count.

    Raises:
        TypeError, ValueError: the network does not fit the data, or an argument is impossible.
    """

    def __init__(
        self, model: str | ResNetSpec | nn.Module, data: Data, recipe: Recipe, seed: int = 0,
        execution: Execution | None = None, *, surgery: Sequence[str] = (),
        folder: str | Path | None = None, name: str | None = None,
        checkpoint_every: int | None = None, progress: bool = True,
        on_point: Callable[["Trainer"], object] | None = None,
    ) -> None:  # fmt: skip
        self.recipe, self.execution = recipe, (execution := execution or Execution())
        self.device = execution.torch_device
        self.batches = batches_of(data, recipe, seed, self.device)
        network = make_network(model, data.shape, len(data.classes), seed, surgery)
        self.model = network.module.to(self.device).to(memory_format=execution.memory_format)
        self.group = Group(self.device)
        self.share = self.group.share(recipe.batch)
        self.optimizer = make_optimizer(self.model, recipe, execution)
        self.net = self.group.join(self.model)
        self.take_step = make_step(self.net, self.optimizer, recipe, execution)
        self.every = recipe.evaluate_every or math.ceil(self.batches.train_size / recipe.batch)
        self.checkpoint_every = checked_interval(checkpoint_every, self.every)
        self.folder = None if folder is None else Path(folder)
        self.on_point = on_point
        self.shown = progress and self.group.rank == 0
        self.identity: dict[str, Any] = {
            "name": name or f"{network.model}-seed{seed}",
            **network.identity,
            "recipe": recipe.to_json(), "data": self.batches.identity, "seed": seed,
            "execution": execution.to_json(), "processes": self.group.size, "code": code_digest(),
        }  # fmt: skip
        self.schedule, self.tally = Schedule(recipe, self.group), Tally(self.device)
        self.curve, self.first_losses, self.stopping = Curve(), list[float](), False
        self.steps, self.seconds, self.begun = 0, 0.0, time.perf_counter()
        self.lr, self.commit = self.schedule.lr(0), commit()

    def run(self, resume: bool = False) -> RunRecord:
        """Train to the end of the recipe, until :meth:`stop`, or until the loss is not finite.

        Args:
            resume: go on from the newest whole checkpoint of the folder, if there is one.
                On the CPU the result is the same, bit for bit, as without the pause.

        Raises:
            OSError: nothing can be written into the folder.
            ValueError: the folder holds checkpoints and ``resume`` is False, or what belongs to
                another run; or one of the first test images can't be read.
            CheckpointError: none of its checkpoints is whole.
            LostProcessError: another process of the group is gone.
        """
        self._begin(resume)
        name, last, ended = self.identity["name"], self.recipe.iterations, ""
        with self.execution.active(), Progress(name, self.steps, last, self.shown) as bar:
            while not ended and self.steps < last:
                with self.group.watched(self.steps, self.folder):
                    self.advance()
                    ended = self._after_step(bar)
        if not ended and not is_finite(self.model):  # no loss shows what the last step did
            ended = f"diverged: the weights were not finite after step {self.steps}"
        return self._end(ended or FINISHED)

    def stop(self) -> None:
        """End the run after the current step; it can be resumed."""
        self.stopping = True

    def evaluate(self) -> tuple[float, float]:
        """Mean loss in nats and error in percent on the test images, in eval mode."""
        self.group.agree(self.model)
        self.model.eval()
        tally = Tally(self.device)
        with torch.no_grad(), self.execution.active():
            for index, batch in enumerate(self.batches.test()):
                if index % self.group.size == self.group.rank:
                    images = batch.images.contiguous(memory_format=self.execution.memory_format)
                    with self.execution.autocast():
                        result = measure(self.model(images), batch.labels)
                    tally.add(result, len(batch.labels))
        self.model.train()
        return tally.read(self.group)

    def record(self, ended: str = RUNNING) -> RunRecord:
        """The record of the run so far; commit and digest are those of its beginning."""
        return RunRecord(
            **{**self.identity, "recipe": self.recipe},
            machine=describe_machine(self.device), commit=self.commit,
            first_losses=list(self.first_losses), steps=self.steps, ended=ended,
            seconds=self._elapsed(), curve=deepcopy(self.curve),
        )  # fmt: skip

    def advance(self) -> None:
        """Take one training step, as :meth:`run` does until the end."""
        batch = self.batches.train(self.steps, self.share)
        self.lr = self.schedule.lr(self.steps)
        set_lr(self.optimizer, self.lr)
        result = self.take_step(batch)
        self.tally.add(result, len(batch.labels))
        if len(self.first_losses) < FIRST_LOSSES:
            self.first_losses.append(float(result.loss))
        self.steps += 1
        self.schedule.see(self.steps, result, len(batch.labels))

    def _after_step(self, bar: Progress) -> str:
        """Look, test, save where it is time; returns why to end, or nothing."""
        looking, testing = map(self._is_time, (self.execution.look_every, self.every))
        saving = self._is_time(self.checkpoint_every)
        if (looking or testing or saving) and (ended := self._look(bar)):
            return ended
        if saving:
            self._save_checkpoint()  # before the test, which may fail
        if testing:
            self._add_point()
        stop = looking and self.group.any(self.stopping)
        if stop:
            self._save_checkpoint()
        early = stop and self.steps < self.recipe.iterations
        return f"stopped at step {self.steps}" if early else ""

    def _look(self, bar: Progress) -> str:
        """Show how it goes; returns why to end, or nothing."""
        loss, error = self.tally.read(self.group)
        bar.show(self.steps, loss, error)
        if not math.isfinite(loss):
            return f"diverged: the training loss was {loss} by step {self.steps}"
        return ""

    def _is_time(self, every: int) -> bool:
        return self.steps % every == 0 or self.steps == self.recipe.iterations

    def _add_point(self) -> None:
        train_loss, train_error = self.tally.read(self.group)
        test_loss, test_error = self.evaluate()
        epoch = self.steps * self.recipe.batch / self.batches.train_size
        self.curve.add(
            step=self.steps, epoch=epoch, lr=self.lr, seconds=self._elapsed(),
            train_loss=train_loss, train_error=train_error,
            test_loss=test_loss, test_error=test_error,
        )  # fmt: skip
        self.tally.reset()
        if self.on_point:
            before = time.perf_counter()
            self.on_point(self)
            self.begun += time.perf_counter() - before  # what it did is no training

    def _elapsed(self) -> float:
        return time.perf_counter() - self.begun

    def _begin(self, resume: bool) -> None:
        if self.folder is not None and self.group.rank == 0:
            check_folder(self.folder)
        next(self.batches.test())  # images that can't be read are found before the first step
        state = None if self.folder is None else load_checkpoint(self.folder)
        if state is not None:
            if not resume:
                raise ValueError(
                    f"folder must hold no checkpoints unless resume is True, got {self.folder}"
                )
            self._restore(state)
        self.begun = time.perf_counter() - self.seconds
        self.model.train()
        if state is not None and self._is_time(self.every) and self.steps not in self.curve.step:
            self._add_point()  # the checkpoint was written before it

    def _save_checkpoint(self) -> None:
        if self.folder is None:
            return
        state = {
            "identity": self.identity, "commit": self.commit,
            "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
            "steps": self.steps, "lr": self.lr, "schedule": self.schedule.state(),
            "tally": self.tally.state(self.group), "curve": self.curve.lists(),
            "first_losses": self.first_losses, "seconds": self._elapsed(),
        }  # fmt: skip
        if self.group.rank == 0:
            save_checkpoint(self.folder, self.steps, state)

    def _restore(self, state: dict[str, Any]) -> None:
        check_identity(state["identity"], self.identity, self.folder)
        self.model.load_state_dict(state["model"])
        load_optimizer(self.optimizer, state["optimizer"])
        self.take_step = make_step(self.net, self.optimizer, self.recipe, self.execution)
        self.commit, self.steps, self.lr = state["commit"], state["steps"], state["lr"]
        self.schedule.restore(state["schedule"])
        self.tally.restore(state["tally"], self.group)
        self.curve, self.first_losses = Curve(**state["curve"]), state["first_losses"]
        self.seconds = state["seconds"]

    def _end(self, ended: str) -> RunRecord:
        record, self.stopping = self.record(ended), False
        self.seconds = record.seconds
        if self.folder is not None and self.group.rank == 0:
            save_weights(self.model, self.folder / WEIGHTS)
            record.save(self.folder / RECORD)
        return record
