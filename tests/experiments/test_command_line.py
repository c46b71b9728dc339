"""``python -m resnet_lab``: help, exit codes, and the line of JSON that scripts read."""

import os
import signal
from types import SimpleNamespace

import pytest
import torch
from commands import PATIENCE, call, command, heeding_ctrl_c, started, strict
from tiny_runs import same_weights, tiny_trainer

from resnet_lab.data import DATA_SETS
from resnet_lab.experiments import arguments, cli
from resnet_lab.experiments.catalogue import EXPERIMENTS
from resnet_lab.training import RECIPES, Trainer, read_record

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = ("--device", "cpu", "--threads", 1, "--quiet")
SHORT = ("train", "resnet20", "--set", "iterations=3", "--set", "batch=16", *CPU)


def help_of(capsys, *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        cli.main([*words, "--help"])
    assert end.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_help_says_what_there_is(capsys):
    text = help_of(capsys)
    for word in ("train", "experiment", "exit codes:", "130", "JSON"):
        assert word in text
    text = help_of(capsys, "train")
    for word in (*DATA_SETS, *RECIPES, "folder:PATH", "FIELD=VALUE", "torchrun", "exit codes:"):
        assert word in text
    text = help_of(capsys, "experiment")
    for experiment in EXPERIMENTS.values():
        assert f"{experiment.name} {experiment.question}" in text
    assert "exit codes:" in text


def test_every_option_is_explained_and_every_example_can_be_parsed():
    parser = arguments.make_parser(cli.run_train, cli.run_experiment)
    commands = parser._subparsers._group_actions[0].choices
    assert set(commands) == {"train", "experiment"}
    for entry in commands.values():
        assert all(action.help for action in entry._actions)
    examples = (arguments.TRAIN_EXAMPLES + arguments.EXPERIMENT_EXAMPLES).splitlines()
    lines = [line.split(" -m resnet_lab ")[1] for line in examples if " -m resnet_lab " in line]
    assert len(lines) == 6
    for line in lines:
        parser.parse_args(line.split())


def test_the_exit_codes_in_the_help_are_those_of_the_program():
    listed = [int(line.split()[0]) for line in arguments.EXIT_CODES.splitlines()[1:7]]
    assert listed == [0, 2, 3, 4, 5, 130]
    ours = cli.FINISHED, cli.WRONG_INPUT, cli.DIVERGED, cli.LOST, cli.FAILED, cli.STOPPED
    assert listed == [*ours]


def test_a_finished_run_says_so_in_one_line(tmp_path):
    code, summary, _ = call(*SHORT, "--out", tmp_path)
    record = read_record(tmp_path / "record.json")
    assert (code, summary["exit"], summary["ended"], summary["steps"]) == (0, 0, "finished", 3)
    assert summary["record"] == str(tmp_path / "record.json")
    for quantity in ("train_loss", "train_error", "test_loss", "test_error"):
        assert summary[quantity] == pytest.approx(record.final(quantity), abs=1e-4)


def test_arguments_reach_the_run(tmp_path):
    code, summary, _ = call(
        "train", "resnet20", "--data", "digits", "--recipe", "cifar", "--seed", 4,
        "--set", "batch=16", "--set", "iterations=3", "--set", "drops=[1,2]", "--set", "lr=0.05",
        "--set", "name=mine", "--set", "evaluate_every=None", "--set", "flip=False",
        "--set", "normalization=channel mean and deviation", "--channels-last", "--bf16",
        "--tf32",
        "--out", tmp_path, "--checkpoint-every", 2, *CPU,
    )  # fmt: skip
    record = read_record(tmp_path / "record.json")
    assert (code, summary["name"], record.seed) == (0, "resnet20-seed4", 4)
    expected = RECIPES["cifar"].changed(
        name="mine", batch=16, iterations=3, drops=(1, 2), lr=0.05, flip=False,
        normalization="channel mean and deviation",
    )  # fmt: skip
    assert record.recipe == expected
    assert record.execution == {
        "device": "cpu", "channels_last": True, "compile": None, "cuda_graph": False,
        "bf16": True, "tf32": True,
    }  # fmt: skip
    assert record.machine["threads"] == 1
    steps = sorted(path.name[:13] for path in tmp_path.glob("step-*"))
    assert steps == ["step-00000002", "step-00000003"]


@pytest.mark.parametrize(
    ("data", "wanted"), [("digits", "short"), ("cifar10-part", "cifar"), ("cifar10", "cifar")]
)
def test_a_data_set_brings_its_recipe_unless_one_is_asked_for(data, wanted):
    images, parser = SimpleNamespace(name=data), arguments.make_parser(None, None)
    assert cli._recipe(parser.parse_args(["train", "resnet20"]), images) == RECIPES[wanted]
    asked = parser.parse_args(["train", "resnet20", "--recipe", "cifar-110"])
    assert cli._recipe(asked, images) == RECIPES["cifar-110"]


def test_without_out_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, summary, _ = call(*SHORT)
    assert (code, summary["record"], os.listdir(tmp_path)) == (0, None, [])


def test_an_experiment_is_refused_under_torchrun(tmp_path, monkeypatch):
    """Every process would train the same runs, into the same files."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    code, summary, _ = call("experiment", "shortcuts", "--out", tmp_path, "--quiet")
    assert code == 2
    assert summary["error"].startswith("experiment must run in one process, got torchrun")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("train", "resnet21"), 2, "resnet21"),
        (("train", "resnet20", "--data", "imagenet"), 2, "name must be one of 'digits', "),
        (("train", "resnet20", "--data", "folder:"), 2, "name must be one of"),
        (("train", "resnet20", "--data", "folder:/nowhere"), 5, "must be a folder that exists"),
        (("train", "resnet20", "--recipe", "long"), 2, "recipe must be one of cifar, "),
        (("train", "resnet20", "--set", "lr"), 2, "--set must be FIELD=VALUE, got 'lr'"),
        (("train", "resnet20", "--set", "lr=fast"), 2, "lr must be a number, got 'fast'"),
        (("train", "resnet20", "--set", "speed=1"), 2, "speed is no field of a Recipe"),
        (("train", "resnet20", "--set", "lr=1", "--set", "lr=2"), 2, "once, got 'lr' again"),
        (("train", "resnet20", "--seed", -1), 2, "seed must be at least 0, got -1"),
        (("train", "resnet20", "--device", "tpu"), 2, "device must be one that torch finds here"),
        (("train", "resnet20", "--device", "cuda:99"), 2, "device must be one that torch finds"),
        (("train", "resnet20", "--device", "cpu", "--cuda-graph"), 2, "cuda_graph must be False"),
        (("train", "resnet20", "--threads", 0), 2, "threads must be at least 1, got 0"),
        (("train", "resnet20", "--checkpoint-every", 0), 2, "checkpoint_every must be at least 1"),
        (("train", "resnet20", "--resume"), 2, "--resume must come with --out"),
        (("train", "resnet20", "--out", "/dev/null/x"), 5, "/dev/null/x"),
        (("experiment", "widths"), 2, "experiment must be one of 'degradation', "),
        (("experiment", "shortcuts", "--size", "huge"), 2, "size must be one of 'small', 'full'"),
        (("experiment", "shortcuts", "--runs", "x"), 2, "run must be one of 'resnet56', "),
        (("experiment", "shortcuts", "--seeds", -1), 2, "seed must be at least 0"),
        (("experiment", "shortcuts", "--seeds", 0, 0), 2, "seeds must differ from each other"),
        (("experiment", "detached", "--out", "/dev/null/x"), 5, "/dev/null/x"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(words, code, message, monkeypatch):
    monkeypatch.setitem(RECIPES, "short", RECIPES["short"].changed(iterations=1, batch=4))
    found, summary, shown = call(*words, "--quiet")
    assert (found, summary["exit"]) == (code, code)
    assert message in summary["error"]
    assert shown.startswith("error: ")
    assert message in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("test",), "invalid choice: 'test'"),
        (("train",), "the following arguments are required: model"),
        (("train", "resnet20", "--fast"), "unrecognized arguments: --fast"),
        (("train", "resnet20", "--seed", "x"), "argument --seed: invalid int value: 'x'"),
    ],
)
def test_what_cannot_be_parsed_ends_with_2(words, message):
    code, summary, shown = call(*words)
    assert (code, summary["exit"]) == (2, 2)
    assert message in summary["error"]
    assert shown.startswith("usage: python -m resnet_lab")
    assert f"error: {summary['error']}" in shown


def test_a_diverged_run_ends_with_3_and_keeps_its_record(tmp_path):
    words = ("train", "resnet20", "--set", "batch=16", "--set", "lr=1e9")
    code, summary, _ = call(*words, "--set", "evaluate_every=1", "--out", tmp_path, *CPU)
    record = read_record(tmp_path / "record.json")
    assert (code, summary["exit"], summary["ended"]) == (3, 3, record.ended)
    assert record.diverged
    assert set(summary) >= {"train_loss", "test_loss"}


def test_numbers_that_json_cannot_say_are_null(tmp_path):
    code, _, _ = call(*SHORT, "--out", tmp_path)
    record = read_record(tmp_path / "record.json")
    record.curve.test_loss[-1], record.curve.train_loss[-1] = float("nan"), float("inf")
    summary = cli.summarize(record, None)
    assert (code, summary["test_loss"], summary["train_loss"]) == (0, None, None)


def test_damaged_checkpoints_end_with_5(tmp_path):
    assert call(*SHORT, "--out", tmp_path)[0] == 0
    code, summary, _ = call(*SHORT, "--out", tmp_path)
    assert (code, summary["exit"]) == (2, 2)
    assert "folder must hold no checkpoints unless resume is True" in summary["error"]
    for path in tmp_path.glob("step-*.pt"):
        path.write_bytes(b"")
    code, summary, _ = call(*SHORT, "--out", tmp_path, "--resume")
    assert code == 5
    assert "no checkpoint can be used" in summary["error"]


def test_ctrl_c_ends_with_130_and_the_run_goes_on(tmp_path):
    words = (
        "train", "resnet20", "--set", "iterations=8", "--set", "batch=16",
        "--checkpoint-every", 1000, "--out", tmp_path, *CPU,
    )  # fmt: skip
    interrupted = "if trainer.steps == 3: signal.raise_signal(signal.SIGINT)"
    with started(command(*words, at_each_step=interrupted)) as process:
        out, _ = process.communicate(timeout=PATIENCE)
    summary = strict(out.splitlines()[-1])
    assert (process.returncode, summary["exit"]) == (130, 130)
    record = read_record(tmp_path / "record.json")
    assert summary["ended"] == record.ended == "stopped at step 4"
    (checkpoint,) = tmp_path.glob("step-*.pt")
    assert checkpoint.name.startswith("step-00000004")
    assert call(*words, "--resume")[0] == 0
    assert read_record(tmp_path / "record.json").finished
    call(*words[:-7], "--out", tmp_path / "straight", *CPU)
    ours, theirs = (
        torch.load(folder / "weights.pt", weights_only=True)
        for folder in (tmp_path, tmp_path / "straight")
    )
    assert same_weights(ours, theirs)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_experiment_can_be_interrupted_and_goes_on(tmp_path, number, monkeypatch):
    """The signal comes to this process, where the command handles it."""

    def interrupted(*arguments, **options):
        signal.raise_signal(number)
        yield pytest.fail("the signal was not seen")

    monkeypatch.setattr(cli, "train_runs", interrupted)
    with heeding_ctrl_c():
        before = signal.getsignal(number)
        code, summary, shown = call("experiment", "shortcuts", "--out", tmp_path, "--quiet")
        assert signal.getsignal(number) is before
    assert (code, summary["exit"]) == (130, 130)
    assert "the same command goes on" in summary["error"]
    assert "error: interrupted" in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_of_an_experiment_that_is_interrupted_has_a_checkpoint(tmp_path, number, monkeypatch):
    """One run at a time, long before the first point."""
    advance = Trainer.advance

    def interrupted(trainer):
        if trainer.steps == 3:
            signal.raise_signal(number)
        advance(trainer)

    monkeypatch.setattr(Trainer, "advance", interrupted)
    words = ("experiment", "small-images", "--runs", "resnet20", "--seeds", 0, 1)
    with heeding_ctrl_c():
        assert call(*words, "--out", tmp_path, *CPU)[0] == 130
    checkpoints = [path.relative_to(tmp_path) for path in tmp_path.rglob("step-*.pt")]
    assert [str(path.parent) for path in checkpoints] == ["digits-short/work/resnet20-seed0"]
    assert checkpoints[0].name.startswith("step-00000004")


def test_sigterm_is_handled_until_all_runs_of_an_experiment_have_stopped(tmp_path, monkeypatch):
    """It comes while a record is printed; the runs stop when their generator is closed."""
    seen = []

    def records(*arguments, **options):
        try:
            yield tiny_trainer().record()
        finally:
            seen.append(signal.getsignal(signal.SIGTERM))

    monkeypatch.setattr(cli, "train_runs", records)
    monkeypatch.setattr(cli, "summarize", lambda *_: signal.raise_signal(signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)
    assert call("experiment", "shortcuts", "--out", tmp_path, "--quiet")[0] == 130
    assert len(seen) == 1
    assert before not in seen
