"""``kill -9`` at random moments of a run; resumed, it ends as if nothing had happened."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
import torch
from commands import PATIENCE, call, command, started
from tiny_runs import same_weights

from resnet_lab.training import read_record

MOST = 8
"""Steps between two kills, at most."""

LATE = 3
"""Steps that a run may take after it was to be killed; there it waits for a kill that is late."""

pytestmark = pytest.mark.usefixtures("one_thread")


def run(folder: Path, steps: int) -> list[object]:
    """A small run that writes a checkpoint after every step."""
    return [
        "train", "resnet20", "--data", "digits", "--seed", 3, "--device", "cpu", "--threads", 1,
        "--set", f"iterations={steps}", "--set", "evaluate_every=7", "--set", "crop_padding=1",
        "--set", "batch=32", "--checkpoint-every", 1, "--out", folder, "--quiet",
    ]  # fmt: skip


def names(folder: Path) -> set[str]:
    return set(os.listdir(folder)) if folder.exists() else set()


def last_step(folder: Path) -> int:
    """The step of the newest checkpoint."""
    return max((int(name[5:13]) for name in names(folder) if name.startswith("step-")), default=0)


def kill_at(folder: Path, steps: int, chance: random.Random) -> bool:
    """Begin or resume the run and kill it after some more steps; whether it was still at work.

    Half of the kills come at a random moment of a step; the others when a file that is being
    written is seen, at a random moment of the writing. Whoever looks too late, on a busy machine,
    finds the run waiting.
    """
    wanted = last_step(folder) + chance.randint(1, MOST)
    in_writing = chance.random() < 0.5
    delay = chance.uniform(0, 0.003 if in_writing else 0.02)
    deadline = time.monotonic() + PATIENCE
    waits = f"if trainer.steps == {wanted + LATE}: threading.Event().wait()"
    with started(command(*run(folder, steps), "--resume", at_each_step=waits)) as process:
        while process.poll() is None and time.monotonic() < deadline:
            written = any(name.endswith(".partial") for name in names(folder))
            late = last_step(folder) >= wanted + LATE
            if late or (last_step(folder) >= wanted and (written or not in_writing)):
                break
            time.sleep(0.0002)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        return process.wait(PATIENCE) == -signal.SIGKILL


@pytest.mark.everything
def test_a_run_killed_at_twenty_moments_ends_the_same(tmp_path):
    kills, chance, folder = 20, random.Random(1), tmp_path / "killed"
    steps = kills * (MOST + LATE) + 1
    for number in range(kills):
        assert kill_at(folder, steps, chance), f"kill {number} came after the end"
        assert not (folder / "record.json").exists()
    code, summary, _ = call(*run(folder, steps), "--resume")
    assert (code, summary["ended"], summary["steps"]) == (0, "finished", steps)

    straight = tmp_path / "straight"
    assert call(*run(straight, steps))[0] == 0
    ours, theirs = (
        torch.load(path / "weights.pt", weights_only=True) for path in (folder, straight)
    )
    assert same_weights(ours, theirs)
    ours, theirs = (read_record(path / "record.json") for path in (folder, straight))
    assert {**ours.curve.lists(), "seconds": 0} == {**theirs.curve.lists(), "seconds": 0}
    assert ours.first_losses == theirs.first_losses
    assert ours.curve.seconds == sorted(ours.curve.seconds)
    assert not [name for name in names(folder) if name.endswith(".partial")]
    assert len([name for name in names(folder) if name.startswith("step-")]) == 2
