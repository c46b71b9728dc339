"""The command line: ``python -m resnet_lab train ...`` and ``... experiment NAME``."""

import argparse
import ast
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any

import torch

from resnet_lab.data import ImageFolderData, load_data
from resnet_lab.experiments.arguments import make_parser
from resnet_lab.experiments.catalogue import experiment, setting_of
from resnet_lab.experiments.runner import train_runs
from resnet_lab.experiments.side_by_side import ask_for_queues
from resnet_lab.training.checkpoint import CheckpointError
from resnet_lab.training.execution import Execution
from resnet_lab.training.group import LostProcessError, joined_group
from resnet_lab.training.recipe import Recipe, recipe
from resnet_lab.training.record import RecordError, RunRecord
from resnet_lab.training.sources import Data
from resnet_lab.training.trainer import Trainer

FINISHED, WRONG_INPUT, DIVERGED, LOST, FAILED, STOPPED = 0, 2, 3, 4, 5, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    try:
        options = make_parser(run_train, run_experiment).parse_args(arguments)
        if options.threads is not None:
            set_threads(options.threads)
        code, summary = options.command(options)
    except LostProcessError as error:
        code, summary = LOST, {"error": str(error)}
    except (CheckpointError, RecordError, OSError, ImportError) as error:
        code, summary = FAILED, {"error": str(error)}
    except (ValueError, TypeError) as error:
        code, summary = WRONG_INPUT, {"error": str(error)}
    except KeyboardInterrupt:
        code, summary = STOPPED, {"error": "interrupted; the same command goes on"}
    if "error" in summary:
        print(f"error: {summary['error']}", file=sys.stderr)
    if summary:
        print(json.dumps({**summary, "exit": code}), flush=True)
    return code


def set_threads(threads: int) -> None:
    """Set how many threads torch uses on the CPU.

    Raises:
        ValueError: fewer than one.
    """
    if threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}")
    torch.set_num_threads(threads)


def run_train(options: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    """The command ``train``."""
    if options.resume and options.out is None:
        raise ValueError("--resume must come with --out, the folder of the checkpoints")
    with joined_group(_execution(options).torch_device) as group:
        data = _data(options)
        trainer = Trainer(
            options.model,
            data,
            _recipe(options, data),
            options.seed,
            _execution(options),
            folder=options.out,
            checkpoint_every=options.checkpoint_every,
            progress=not options.quiet,
        )
        with on_signals(trainer.stop, signal.SIGINT, signal.SIGTERM):
            record = trainer.run(resume=options.resume)
        summary = summarize(record, options.out and options.out / "record.json")
        return _code(record), summary if group.rank == 0 else {}


def run_experiment(options: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    """The command ``experiment``."""
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        raise ValueError(
            "experiment must run in one process, got torchrun; for several runs at a time set "
            "--at-a-time, or start it several times, with other --seeds or --runs"
        )
    if options.at_a_time > 1:
        ask_for_queues()
    setting = setting_of(options.name, options.size)
    runs = options.runs or experiment(options.name).runs
    for run in runs:
        if run not in experiment(options.name).runs:
            known = ", ".join(experiment(options.name).runs)
            raise ValueError(f"run must be one of {known}, got {run!r}")
    codes = []
    seeds = options.seeds or setting.seeds
    with on_signals(_interrupt, signal.SIGTERM):
        for record in train_runs(
            setting, runs, seeds, options.out, _execution(options), not options.quiet,
            options.keep_weights, options.checkpoint_every, options.at_a_time,
            options.studies,
        ):  # fmt: skip
            codes.append(_code(record))
            path = options.out / f"{record.name}.json"
            print(json.dumps(summarize(record, path)), file=sys.stderr, flush=True)
    summary = {"experiment": options.name, "records": len(codes), "out": str(options.out)}
    return max(codes), summary


def summarize(record: RunRecord, path: Path | None) -> dict[str, Any]:
    """What came out of a run, in a line."""
    points = len(record.curve)
    finals = {
        quantity: record.final(quantity)
        for quantity in ("train_loss", "train_error", "test_loss", "test_error")
        if points
    }
    last = {name: round(value, 4) if isfinite(value) else None for name, value in finals.items()}
    return {
        "name": record.name, "ended": record.ended, "steps": record.steps, **last,
        "seconds": round(record.seconds, 1), "record": None if path is None else str(path),
    }  # fmt: skip


@contextmanager
def on_signals(action: Callable[[], None], *signals: int) -> Iterator[None]:
    """Do something when a signal comes, in place of what Python does."""
    before = {number: signal.signal(number, lambda *_: action()) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt() -> None:
    raise KeyboardInterrupt


def _code(record: RunRecord) -> int:
    if record.finished:
        return FINISHED
    return DIVERGED if record.diverged else STOPPED


def _execution(options: argparse.Namespace) -> Execution:
    return Execution(
        options.device, options.channels_last, options.compile, options.cuda_graph, options.bf16,
        options.tf32,
    )  # fmt: skip


def _data(options: argparse.Namespace) -> Data:
    kind, _, path = options.data.partition(":")
    if kind == "folder" and path:
        return ImageFolderData(path, options.size, options.workers)
    return load_data(options.data, progress=not options.quiet)


def _recipe(options: argparse.Namespace, data: Data) -> Recipe:
    default = "short" if data.name == "digits" else "cifar"
    if isinstance(data, ImageFolderData):
        default = "imagenet"
    changes = {}
    for setting in options.set:
        name, equals, text = setting.partition("=")
        if not equals:
            raise ValueError(f"--set must be FIELD=VALUE, got {setting!r}")
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            value = text
        changes[name] = tuple(value) if isinstance(value, list) else value
    return recipe(options.recipe or default, **changes)
