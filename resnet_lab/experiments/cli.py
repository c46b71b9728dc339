"""The command line: ``python -m resnet_lab train ...`` and ``... experiment NAME``."""

import argparse
import ast
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from math import isfinite
from pathlib import Path
from typing import Any

import torch

from resnet_lab.checks import check_choice, check_integer
from resnet_lab.data import ImageFolderData, load_data
from resnet_lab.experiments.arguments import make_parser
from resnet_lab.experiments.catalogue import experiment, setting_of
from resnet_lab.experiments.runner import train_runs
from resnet_lab.experiments.side_by_side import ask_for_queues
from resnet_lab.experiments.signals import on_signals
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
            check_integer("threads", options.threads, 1)
            torch.set_num_threads(options.threads)
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
        with on_signals(lambda _: trainer.stop(), signal.SIGINT, signal.SIGTERM):
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
    setting, known = setting_of(options.name, options.size), experiment(options.name).runs
    for run in options.runs or ():
        check_choice("run", run, known)
    records = train_runs(
        setting,
        options.runs or known,
        options.seeds or setting.seeds,
        options.out,
        _execution(options),
        progress=not options.quiet,
        keep_weights=options.keep_weights,
        checkpoint_every=options.checkpoint_every,
        at_a_time=options.at_a_time,
        studies=options.studies,
    )
    codes = []
    with on_signals(_interrupt, signal.SIGTERM), closing(records):
        for record in records:
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


def _interrupt(number: int) -> None:
    raise KeyboardInterrupt


def _code(record: RunRecord) -> int:
    if record.finished:
        return FINISHED
    return DIVERGED if record.diverged else STOPPED


def _execution(options: argparse.Namespace) -> Execution:
    return Execution(
        options.device,
        channels_last=options.channels_last,
        compile=options.compile,
        cuda_graph=options.cuda_graph,
        bf16=options.bf16,
        tf32=options.tf32,
    )


def _data(options: argparse.Namespace) -> Data:
    kind, _, path = options.data.partition(":")
    if kind == "folder" and path:
        return ImageFolderData(path, options.size, options.workers)
    return load_data(options.data, progress=not options.quiet)


def _recipe(options: argparse.Namespace, data: Data) -> Recipe:
    default = "short" if data.name == "digits" else "cifar"
    if isinstance(data, ImageFolderData):
        default = "imagenet"
    changes: dict[str, Any] = {}
    for name, value in map(_change, options.set):
        if name in changes:
            raise ValueError(f"--set must name each field once, got {name!r} again")
        changes[name] = value
    return recipe(options.recipe or default, **changes)


def _change(setting: str) -> tuple[str, Any]:
    """The field and the value of ``FIELD=VALUE``."""
    name, equals, text = setting.partition("=")
    if not equals:
        raise ValueError(f"--set must be FIELD=VALUE, got {setting!r}")
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        value = text
    return name, tuple(value) if isinstance(value, list) else value
