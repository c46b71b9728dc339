"""Two processes under ``torchrun`` against one that takes the two halves one after another."""

import sys
from pathlib import Path
from subprocess import Popen
from threading import Timer
from typing import IO

import pytest
import torch
from commands import PATIENCE, call, command, started, strict
from plain_loop import plain_loop
from torch.nn import functional as F

import resnet_lab
from resnet_lab.data import load_data
from resnet_lab.training import RECIPES, RunRecord, read_record
from resnet_lab.training.batches import MemoryBatches
from resnet_lab.training.code import code_digest

pytestmark = pytest.mark.usefixtures("one_thread")

# The warm-up ends within the run; held-out images fill two batches, one for each process.
RECIPE = RECIPES["short"].changed(
    batch=32, iterations=24, drops=(20,), warmup_lr=0.01, warmup_window=6, warmup_error=88.0,
    held_out=1100, evaluate_every=6, crop_padding=1, flip=True,
)  # fmt: skip


def run(folder: Path, recipe=RECIPE, *words: object) -> list[str]:
    changed = {
        name: value for name, value in recipe.to_json().items()
        if value != RECIPES["short"].to_json()[name]
    }  # fmt: skip
    settings = [word for pair in changed.items() for word in ("--set", "{}={}".format(*pair))]
    return [
        "train", "resnet20", "--seed", "2", "--device", "cpu", "--quiet", *settings,
        "--out", str(folder), *map(str, words),
    ]  # fmt: skip


LAUNCH = [
    sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
]  # fmt: skip


def torchrun(*words: str, at_each_step: str = "", look_every: float = 0.1) -> list[str]:
    """Two processes, at which torchrun looks every so many seconds: then it ends both or none."""
    line = command(*words, at_each_step=at_each_step)
    return [*LAUNCH, "--monitor-interval", str(look_every), "--no-python", *line]


def one_process(recipe=RECIPE) -> tuple[torch.nn.Module, list[float], MemoryBatches]:
    """Network, losses and batches of a plain loop that accumulates over the two halves."""
    data = load_data("digits").split(recipe.held_out)
    source = MemoryBatches(data, recipe, 2, torch.device("cpu"), {})
    torch.manual_seed(2)
    model = resnet_lab.build("resnet20", in_channels=1)
    batches = [source.train(step) for step in range(recipe.iterations)]
    return model, plain_loop(model, batches, recipe, halves=2), source


def assert_agrees(folder: Path, recipe=RECIPE) -> RunRecord:
    """The run in the folder is that of one process: weights, statistics and curve."""
    model, losses, source = one_process(recipe)
    weights = torch.load(folder / "weights.pt", weights_only=True)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(weights[name], value, rtol=0, atol=1e-6, msg=name)
    curve = read_record(folder / "record.json").curve
    for point, step in enumerate(curve.step):
        begun = ([0, *curve.step])[point]
        mean = sum(losses[begun:step]) / (step - begun)
        assert curve.train_loss[point] == pytest.approx(mean, rel=1e-5)
    with torch.inference_mode():
        model.eval()
        total = sum(
            F.cross_entropy(model(images), labels, reduction="sum")
            for images, labels in source.test()
        )
    assert curve.test_loss[-1] == pytest.approx(float(total) / recipe.held_out, rel=1e-5)
    return read_record(folder / "record.json")


@pytest.mark.everything
def test_two_processes_agree_with_one_that_takes_both_halves(tmp_path):
    with started(torchrun(*run(tmp_path))) as group:
        out, err = group.communicate(timeout=PATIENCE)
    assert group.returncode == 0, err
    (line,) = out.splitlines()  # only rank 0 speaks
    assert strict(line)["ended"] == "finished"
    record = assert_agrees(tmp_path)
    assert (record.processes, record.finished) == (2, True)
    assert record.curve.lr == pytest.approx([0.01, 0.01, 0.1, 0.01])
    code, summary, _ = call(*run(tmp_path, RECIPE, "--resume"))
    assert code == 2
    assert summary["error"].startswith("processes must be 2 to resume")


DETACHED = """
import sys
import torch
from resnet_lab.models import spec
from resnet_lab.data import load_data
from resnet_lab.training import RECIPES, Execution, Trainer
from resnet_lab.training.group import joined_group

with joined_group(torch.device("cpu")):
    Trainer(
        spec("resnet20", shortcut="B", in_channels=1), load_data("digits"),
        RECIPES["short"].changed(batch=32, iterations=3, drops=()), execution=Execution("cpu"),
        surgery=["detach_shortcuts"], folder=sys.argv[1], progress=False,
    ).run()
"""


@pytest.mark.everything
def test_two_processes_train_a_network_whose_projections_get_no_gradient(tmp_path):
    """Experiments cut gradients off; a group must not wait for what never comes."""
    (tmp_path / "detached.py").write_text(DETACHED)
    with started([*LAUNCH, str(tmp_path / "detached.py"), str(tmp_path)]) as group:
        _, err = group.communicate(timeout=PATIENCE)
    assert group.returncode == 0, err
    record = read_record(tmp_path / "record.json")
    assert (record.finished, record.steps, record.surgery) == (True, 3, ["detach_shortcuts"])
    assert record.code == code_digest()


NEVER = 1000 * PATIENCE
"""Seconds until torchrun looks: it would end who is left, before that has said what happened."""


def line_of(stream: IO[str], start: str, group: Popen[str]) -> str:
    """The first line of the processes that begins so; torchrun ends them when patience is lost."""
    limit = Timer(PATIENCE, group.terminate)
    limit.start()
    try:
        return next((line for line in stream if line.startswith(start)), "")
    finally:
        limit.cancel()


@pytest.mark.everything
@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_process_ends_the_run_and_it_can_be_resumed(tmp_path, lost):
    """It is lost within a window of the warm-up and between two points."""
    words = run(tmp_path, RECIPE, "--checkpoint-every", 3, "--resume")
    dies = (
        f"if trainer.steps == 10 and trainer.group.rank == {lost}: "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    with started(torchrun(*words, at_each_step=dies, look_every=NEVER)) as group:
        start = "error: one of the 2 processes was lost after step 10; "
        message = line_of(group.stderr, start, group)
        summary = strict(line_of(group.stdout, "{", group))
    assert f"; resume from the checkpoints in {tmp_path} (seen by rank {1 - lost}: " in message
    assert summary["exit"] == 4
    assert not (tmp_path / "record.json").exists()
    with started(torchrun(*words)) as group:
        _, err = group.communicate(timeout=PATIENCE)
    assert group.returncode == 0, err
    record = assert_agrees(tmp_path)
    assert (record.finished, record.steps, record.processes) == (True, 24, 2)


STOPPED = """if trainer.steps == 10 and trainer.group.rank == 0:
        os.kill(os.getppid(), signal.SIGTERM)
        while not trainer.stopping:
            time.sleep(0.01)"""


@pytest.mark.everything
def test_a_group_that_is_told_to_stop_can_be_resumed(tmp_path):
    """The signal comes to torchrun, which hands it on; the run waits for that."""
    words = run(tmp_path, RECIPE, "--checkpoint-every", 3, "--resume")
    with started(torchrun(*words, at_each_step=STOPPED)) as group:
        group.communicate(timeout=PATIENCE)
    assert group.returncode not in (0, None)
    assert read_record(tmp_path / "record.json").ended == "stopped at step 11"
    with started(torchrun(*words)) as group:
        _, err = group.communicate(timeout=PATIENCE)
    assert group.returncode == 0, err
    assert assert_agrees(tmp_path).finished


@pytest.mark.everything
def test_a_batch_that_cannot_be_shared_evenly_is_refused(tmp_path):
    with started(torchrun(*run(tmp_path, RECIPE.changed(batch=33)))) as group:
        _, err = group.communicate(timeout=PATIENCE)
    assert group.returncode not in (0, None)
    assert "error: batch must be a multiple of the 2 processes, got 33" in err
