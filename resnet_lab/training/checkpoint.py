"""Checkpoints that are whole or not there.

A checkpoint's name carries its step and the start of its SHA-256, so that a file that was cut
short or altered is known as such; it gets that name only when all of it is on the disk. The
one before the newest is kept.
"""

import hashlib
import io
import os
import warnings
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import nn

from resnet_lab.checks import check_integer

KEPT = 2
PATTERN = "step-*.pt"
WEIGHTS, RECORD = "weights.pt", "record.json"
OTHER_CODE = (
    ": other code wrote its checkpoints. Go on with that code, or begin anew in another folder"
)


class CheckpointError(Exception):
    """No checkpoint of a folder can be used; the message says why of each."""


def save_checkpoint(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Write the state of a step and remove all but the :data:`KEPT` newest that are whole.

    Args:
        folder: where to write; it is made if it is not there.
        step: steps done.
        state: tensors, numbers, strings, and lists and dictionaries of them.

    Returns:
        The file.

    Raises:
        OSError: the file can't be written; what was there before is untouched.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getbuffer()
    path = folder / f"step-{step:08d}-{_digest(content)}.pt"
    for left in folder.glob(f".{PATTERN}.*.partial"):  # by a process that was killed
        left.unlink()
    write_whole(path, content)
    others = [other for other in _newest_first(folder) if other != path]
    kept = list(islice(filter(_is_whole, others), KEPT - 1))
    for other in others:
        if other not in kept:
            other.unlink()
    return path


def check_folder(folder: Path) -> None:
    """Try whether a run can keep its results in a folder, before there are any to lose.

    Raises:
        OSError: the folder can't be made, or nothing can be written there.
        ValueError: it holds results, and no checkpoints of the run that they belong to.
    """
    tried = folder / ".tried"
    write_whole(tried, b"")
    tried.unlink()
    if not any(folder.glob(PATTERN)):
        for name in (WEIGHTS, RECORD):
            if (folder / name).exists():
                raise ValueError(
                    f"folder must not hold the {name} of another run, got {folder}: move it away, "
                    "or choose another folder"
                )


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The newest state of a folder that is whole; None where there is no checkpoint.

    Only tensors and plain values are read (``weights_only``), so a file from elsewhere can't
    run code. A damaged file is passed over with a warning.

    Raises:
        CheckpointError: there are checkpoints, and none is whole.
    """
    reasons = []
    for path in _newest_first(folder):
        try:
            content = path.read_bytes()
            if _digest(content) != _promised(path):
                raise ValueError("it was cut short or altered: its SHA-256 is not the one it had")
            state: dict[str, Any] = torch.load(
                io.BytesIO(content), map_location="cpu", weights_only=True
            )
        except Exception as error:
            reasons.append(f"{path}: {error}")
            continue
        for reason in reasons:
            warnings.warn(f"checkpoint passed over: {reason}", stacklevel=2)
        return state
    if reasons:
        raise CheckpointError("no checkpoint can be used:\n" + "\n".join(reasons))
    return None


def checked_interval(every: int | None, default: int) -> int:
    """Steps between two checkpoints.

    Raises:
        TypeError, ValueError: it is neither None nor a positive integer.
    """
    if every is not None:
        check_integer("checkpoint_every", every, 1)
    return every or default


def check_identity(saved: dict[str, Any], wanted: dict[str, Any], folder: Path | None) -> None:
    """Refuse the checkpoints of another run.

    Raises:
        ValueError: something differs; the message says what.
    """
    for key in sorted(saved.keys() | wanted.keys()):
        before, now = saved.get(key), wanted.get(key)
        if before != now:
            if isinstance(before, dict) and isinstance(now, dict):
                return check_identity(before, now, folder)
            raise ValueError(
                f"{key} must be {before!r} to resume the run in {folder}, got {now!r}"
                + (OTHER_CODE if key == "code" else "")
            )


def save_weights(model: nn.Module, path: Path) -> None:
    """Write a state dict that ``torch.load(path, weights_only=True)`` reads."""
    buffer = io.BytesIO()
    torch.save(model.state_dict(), buffer)
    write_whole(path, buffer.getbuffer())


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file under its name only when all of it is on the disk; its folder is made.

    Raises:
        OSError: it can't be written; nothing is left under the name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    for left in path.parent.glob(f".{path.name}.*.partial"):  # by a process that was killed
        left.unlink()
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob(PATTERN), reverse=True)


def _is_whole(path: Path) -> bool:
    return _digest(path.read_bytes()) == _promised(path)


def _promised(path: Path) -> str:
    """What a checkpoint's name says of its digest."""
    return path.stem.rpartition("-")[2]


def _digest(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
