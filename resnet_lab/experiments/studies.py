"""What a run is examined for besides its curve: gradient flow on the way, lesions at the end."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from resnet_lab.hooks import gradient_flow, lesioned, removable_blocks
from resnet_lab.hooks.networks import our_resnet
from resnet_lab.models import ResNet
from resnet_lab.training.batches import Batch, MemoryBatches
from resnet_lab.training.checkpoint import PATTERN
from resnet_lab.training.code import digest_of, read_sources
from resnet_lab.training.machine import describe_machine
from resnet_lab.training.record import RunRecord, rounded, write_json
from resnet_lab.training.trainer import Trainer

STUDYING = (
    "hooks/gradients.py", "hooks/lesions.py", "hooks/networks.py", "experiments/studies.py",
)  # fmt: skip
"""Files that decide what the studies of a run find."""

LOADED = read_sources(STUDYING)
"""These files as they were when this process loaded them."""

DRAWS = 5
"""Random sets of blocks that are cut out, of each size."""

MOST_CUT = 20
"""Blocks in the largest of these sets."""


class Study:
    """Something measured along a run and kept as JSON.

    Args:
        path: the file. What a run that was interrupted has written there is kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.result: dict[str, Any] = {}

    def begin(self, trainer: Trainer) -> None:
        """Go on with what the file holds, or write a new one.

        Args:
            trainer: of a :class:`ResNet` on images in memory; its steps have not begun.

        Raises:
            TypeError: the trainer has another network, or streams its images.
            ValueError: the file is of another run or was made by other code, or the run has begun
                without it.
        """
        studied_network(trainer)
        studied_batches(trainer)
        self.result = head_of(trainer.identity)
        if self.path.exists():
            self.result = kept_study(self.path, trainer.identity)
        elif trainer.folder is not None and any(trainer.folder.glob(PATTERN)):
            raise ValueError(
                f"{trainer.folder} must hold no checkpoints: its run has begun without {self.path}"
            )
        else:
            self.see_first(trainer)
            self.write(trainer)

    def see_first(self, trainer: Trainer) -> None:
        """Take note of the network before its first step."""

    def see(self, trainer: Trainer) -> None:
        """Take note of a point of the run's curve; the network is that of the point."""
        raise NotImplementedError

    def write(self, trainer: Trainer) -> None:
        """Write the result so far, with the commit and the machine of the run."""
        machine = describe_machine(trainer.device)
        self.result.update(steps=trainer.steps, commit=trainer.commit, machine=machine)
        write_json(self.path, self.result)


def studied_network(trainer: Trainer) -> ResNet:
    """The network that is studied.

    Raises:
        TypeError: it is no :class:`ResNet`.
    """
    return our_resnet(trainer.model)


def studied_batches(trainer: Trainer) -> MemoryBatches:
    """The images that it is studied on.

    Raises:
        TypeError: they are not in memory.
    """
    if not isinstance(trainer.batches, MemoryBatches):
        raise TypeError("data must be in memory, got a folder of images")
    return trainer.batches


class FlowStudy(Study):
    """Signal and gradient of every block, before the first step and at points ever further apart.

    Measured are the first, second, fourth, eighth ... point of the curve and the last, always
    on the same images: the first of the training set, as many as a batch has, neither cropped nor
    mirrored; and in float32, without autocast. See :func:`resnet_lab.hooks.gradient_flow`.
    """

    def see_first(self, trainer: Trainer) -> None:
        """Measure the network before its first step."""
        self.result.update(images=len(first_batch(trainer).labels), points=[])
        self._measure(trainer, 0)

    def see(self, trainer: Trainer) -> None:
        """Measure if it is time."""
        points = len(trainer.curve)
        if points & (points - 1) == 0 or trainer.steps == trainer.recipe.iterations:
            self._measure(trainer, trainer.curve.epoch[-1])
            self.write(trainer)

    def _measure(self, trainer: Trainer, epoch: float) -> None:
        with trainer.execution.active():
            rows = gradient_flow(studied_network(trainer), *first_batch(trainer))
        earlier = [point for point in self.result["points"] if point["step"] < trainer.steps]
        blocks = [
            {key: rounded(value, 4) if isinstance(value, float) else value
             for key, value in asdict(row).items()}
            for row in rows
        ]  # fmt: skip
        point = {"step": trainer.steps, "epoch": rounded(epoch), "blocks": blocks}
        self.result["points"] = [*earlier, point]


def first_batch(trainer: Trainer) -> Batch:
    """The first training images, as many as a batch has, as they are."""
    batches, size = studied_batches(trainer), trainer.recipe.batch
    data = batches.data
    return Batch(batches.normalize(data.train_images[:size]), data.train_labels[:size])


class LesionStudy(Study):
    """Test error of the trained network without each block, and without random sets of blocks.

    See :func:`resnet_lab.hooks.lesioned`; in a plain network, blocks that change the shape stay.
    """

    def see(self, trainer: Trainer) -> None:
        """Measure after the last step."""
        if trainer.steps < trainer.recipe.iterations:
            return
        cuts = drawn_cuts(removable_blocks(studied_network(trainer)), trainer.identity["seed"])
        shown = tqdm(
            cuts, f"{trainer.identity['name']}: lesions", unit="cut", disable=not trainer.shown,
            leave=False,
        )  # fmt: skip
        self.result["cuts"] = [self._without(cut, trainer) for cut in shown]
        self.write(trainer)

    def _without(self, cut: list[str], trainer: Trainer) -> dict[str, Any]:
        with lesioned(studied_network(trainer), cut):
            loss, error = trainer.evaluate()
        return {"blocks": cut, "test_loss": rounded(loss), "test_error": rounded(error)}


def drawn_cuts(names: Sequence[str], seed: int) -> list[list[str]]:
    """No block, each block alone, and random sets of two, four, six ... blocks."""
    drawn = [
        np.random.default_rng([seed, size, draw]).choice(names, size, replace=False).tolist()
        for size in range(2, min(MOST_CUT, len(names)) + 1, 2)
        for draw in range(DRAWS)
    ]
    return [[], *([name] for name in names), *map(sorted, drawn)]


STUDIES: dict[str, type[Study]] = {"flow": FlowStudy, "lesions": LesionStudy}
"""Studies by name."""


def study_path(record: Path, study: str) -> Path:
    """Where a study is kept: in a folder beside the record, under the record's name."""
    return record.parent / study / record.name


def head_of(run: dict[str, Any]) -> dict[str, Any]:
    """What every study says first: of which run it is, by its identity, and by which code."""
    # Through JSON, as what is read back has been.
    return {"run": json.loads(json.dumps(run)), "code": digest_of(LOADED)}


def kept_study(path: Path, run: dict[str, Any]) -> dict[str, Any]:
    """What the file of a study holds.

    Raises:
        ValueError: it is of another run or was made by other code.
    """
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for key, value in head_of(run).items():
        if kept.get(key) != value:
            raise ValueError(
                f"{path} must be moved away to be made anew: its {key} is {kept.get(key)!r}, "
                f"not {value!r}"
            )
    return kept


def check_studied(record: RunRecord, path: Path) -> None:
    """Refuse a finished run whose study is not there, is not its own, or ends before the run.

    Raises:
        ValueError: the run has to be trained again for it.
    """
    if record.finished:
        study = kept_study(path, record.identity) if path.exists() else {}
        if study.get("steps") != record.steps:
            raise ValueError(
                f"the record of {record.name} must be moved away: it was trained without {path}"
            )


class Studies:
    """The studies of one run, each written along the way to a file of its own.

    :meth:`see` is the trainer's ``on_point``; :meth:`begin` comes before its first step.

    Args:
        names: of :data:`STUDIES`.
        record: path of the run's record; see :func:`study_path`.
    """

    def __init__(self, names: Sequence[str], record: Path) -> None:
        self.studies = [STUDIES[name](study_path(record, name)) for name in names]

    def begin(self, trainer: Trainer) -> None:
        """Let each study begin.

        Raises:
            TypeError, ValueError: as :meth:`Study.begin`.
        """
        for study in self.studies:
            study.begin(trainer)

    def see(self, trainer: Trainer) -> None:
        """Let each study take note of a point of the curve."""
        for study in self.studies:
            study.see(trainer)
