"""What a run is examined for besides its curve: gradient flow on the way, lesions at the end."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from resnet_lab.hooks import gradient_flow, lesioned, removable_blocks
from resnet_lab.models import ResNet
from resnet_lab.training.batches import Batch, MemoryBatches
from resnet_lab.training.checkpoint import PATTERN
from resnet_lab.training.code import STUDYING, digest_of
from resnet_lab.training.record import RunRecord, rounded, write_json
from resnet_lab.training.trainer import Trainer

DRAWS = 5
"""Random sets of blocks that are cut out, of each size."""

MOST_CUT = 20
"""Blocks in the largest of these sets."""


class Study:
    """Something measured along a run and kept as JSON.

    Args:
        trainer: of a :class:`ResNet` on images in memory; its steps have not begun.
        path: the file. What a run that was interrupted has written there is kept.

    Raises:
        TypeError: the trainer has another network, or streams its images.
        ValueError: the file is of another run or was made by other code, or the run has begun
            without it.
    """

    def __init__(self, trainer: Trainer, path: Path) -> None:
        if not isinstance(trainer.model, ResNet):
            raise TypeError(f"model must be a ResNet, got {type(trainer.model).__name__}")
        if not isinstance(trainer.batches, MemoryBatches):
            raise TypeError("data must be in memory, got a folder of images")
        self.trainer, self.model, self.batches = trainer, trainer.model, trainer.batches
        self.path = path
        # Through JSON, as what is read back has been.
        run = json.loads(json.dumps(trainer.identity))
        self.result: dict[str, Any] = {"run": run, "code": digest_of(STUDYING)}
        if path.exists():
            before = json.loads(path.read_text(encoding="utf-8"))
            for key, wanted in self.result.items():
                if before.get(key) != wanted:
                    raise ValueError(
                        f"{path} must be moved away to be made anew: its {key} is "
                        f"{before.get(key)!r}, not {wanted!r}"
                    )
            self.result = before
        elif trainer.folder is not None and any(trainer.folder.glob(PATTERN)):
            raise ValueError(
                f"{trainer.folder} must hold no checkpoints: its run has begun without {path}"
            )
        else:
            self.begin()
            self.write(trainer.record("not begun"))

    def begin(self) -> None:
        """Put in place what a new file has."""

    def see(self, record: RunRecord) -> None:
        """Take note of a point of the run's curve; the network is that of the point."""
        raise NotImplementedError

    def write(self, record: RunRecord) -> None:
        """Write the result so far, with the commit and the machine of the run."""
        self.result.update(steps=record.steps, commit=record.commit, machine=record.machine)
        write_json(self.path, self.result)


class FlowStudy(Study):
    """Signal and gradient of every block, before the first step and at points ever further apart.

    Measured are the first, second, fourth, eighth ... point of the curve and the last, always
    on the same images: the first of the training set, as many as a batch has, neither cropped nor
    mirrored; and in float32, without autocast. See :func:`resnet_lab.hooks.gradient_flow`.
    """

    def begin(self) -> None:
        """Measure the network before its first step."""
        self.result.update(images=len(self._batch().labels), points=[])
        self._measure(0, 0)

    def see(self, record: RunRecord) -> None:
        """Measure if it is time."""
        points = len(record.curve)
        if points & (points - 1) == 0 or record.steps == record.recipe.iterations:
            self._measure(record.steps, record.curve.epoch[-1])
            self.write(record)

    def _batch(self) -> Batch:
        data, size = self.batches.data, self.trainer.recipe.batch
        return Batch(self.batches.normalize(data.train_images[:size]), data.train_labels[:size])

    def _measure(self, step: int, epoch: float) -> None:
        with self.trainer.execution.active():
            rows = gradient_flow(self.model, *self._batch())
        earlier = [point for point in self.result["points"] if point["step"] < step]
        blocks = [
            {key: rounded(value, 4) if isinstance(value, float) else value
             for key, value in asdict(row).items()}
            for row in rows
        ]  # fmt: skip
        point = {"step": step, "epoch": rounded(epoch), "blocks": blocks}
        self.result["points"] = [*earlier, point]


class LesionStudy(Study):
    """Test error of the trained network without each block, and without random sets of blocks.

    See :func:`resnet_lab.hooks.lesioned`; in a plain network, blocks that change the shape stay.
    """

    def see(self, record: RunRecord) -> None:
        """Measure behind the last step."""
        if record.steps < record.recipe.iterations:
            return
        names, seed = removable_blocks(self.model), record.seed
        drawn = [
            np.random.default_rng([seed, size, draw]).choice(names, size, replace=False).tolist()
            for size in range(2, min(MOST_CUT, len(names)) + 1, 2)
            for draw in range(DRAWS)
        ]
        cuts: list[list[str]] = [[], *([name] for name in names), *map(sorted, drawn)]
        shown = tqdm(
            cuts, f"{record.name}: lesions", unit="cut", disable=not self.trainer.shown, leave=False
        )
        self.result["cuts"] = [self._without(cut) for cut in shown]
        self.write(record)

    def _without(self, cut: list[str]) -> dict[str, Any]:
        with lesioned(self.model, cut):
            loss, error = self.trainer.evaluate()
        return {"blocks": cut, "test_loss": rounded(loss), "test_error": rounded(error)}


STUDIES: dict[str, type[Study]] = {"flow": FlowStudy, "lesions": LesionStudy}
"""Studies by name."""


def check_studied(record: RunRecord, path: Path) -> None:
    """Refuse a finished run whose study is not there, or ends before the run.

    Raises:
        ValueError: the run has to be trained again for it.
    """
    if record.finished:
        study = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if study.get("steps") != record.steps:
            raise ValueError(
                f"the record of {record.name} must be moved away: it was trained without {path}"
            )


def attach_studies(trainer: Trainer, names: Sequence[str], setting: Path, file: str) -> None:
    """Have a run studied: ``<setting>/<study>/<file>`` is written along the way.

    Raises:
        TypeError, ValueError: as :class:`Study`.
    """
    studies = [STUDIES[name](trainer, setting / name / file) for name in names]

    def on_point(record: RunRecord) -> None:
        for study in studies:
            study.see(record)

    trainer.on_point = on_point
