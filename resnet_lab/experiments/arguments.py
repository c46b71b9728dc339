"""The arguments of the command line, and its help."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import wrap
from typing import Any, NoReturn

from resnet_lab.data import DATA_SETS
from resnet_lab.experiments.catalogue import EXPERIMENTS
from resnet_lab.experiments.studies import STUDIES
from resnet_lab.training.execution import COMPILE_MODES
from resnet_lab.training.recipe import RECIPES

Command = Callable[[argparse.Namespace], tuple[int, dict[str, Any]]]

EXIT_CODES = """\
exit codes:
  0    finished
  2    wrong input: an unknown name, an impossible value
  3    the loss did not stay finite; the record says when
  4    another process of the group was lost; resume from the checkpoint
  5    data, a checkpoint or the disk failed
  130  stopped by Ctrl-C or SIGTERM; resume from the checkpoint

The last line of standard output is JSON for scripts; progress goes to standard error.
"""

TRAIN_EXAMPLES = """\
examples:
  python -m resnet_lab train resnet20 --data digits --recipe short
  python -m resnet_lab train resnet110 --data cifar10 --recipe cifar-110 --out runs/110 --resume
  python -m resnet_lab train resnet18 --data folder:pictures --recipe imagenet --set batch=32
  torchrun --nproc-per-node 2 -m resnet_lab train resnet56 --data cifar10 --out runs/56

"""

EXPERIMENT_EXAMPLES = """\
examples:
  python -m resnet_lab experiment degradation --threads 1
  python -m resnet_lab experiment degradation --size full --cuda-graph --at-a-time 10

experiments:
""" + "".join(f"  {entry.name:<14} {entry.question}\n" for entry in EXPERIMENTS.values()) + "\n"


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Leaves examples as they are, and names with hyphens in one piece."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(text, width, break_on_hyphens=False)


class Parser(argparse.ArgumentParser):
    """Shows its usage where arguments are wrong, and leaves it to the caller to end."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong as a ValueError."""
        self.print_usage(sys.stderr)
        raise ValueError(message)


def make_parser(run_train: Command, run_experiment: Command) -> argparse.ArgumentParser:
    """The arguments of both commands."""
    shape: dict[str, Any] = {"formatter_class": HelpFormatter}
    parser = Parser(prog="python -m resnet_lab", epilog=EXIT_CODES, **shape)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    train = commands.add_parser(
        "train", help="train one network", epilog=TRAIN_EXAMPLES + EXIT_CODES, **shape
    )
    train.set_defaults(command=run_train)
    train.add_argument("model", help="a name of resnet_lab.list_models(), such as resnet20")
    train.add_argument(
        "--data", default="digits",
        help=f"{', '.join(DATA_SETS)}, or folder:PATH with train/ and val/ (default: digits)",
    )  # fmt: skip
    train.add_argument(
        "--recipe", help=f"{', '.join(RECIPES)} (default: short for digits, imagenet for a folder, "
        "otherwise cifar)",
    )  # fmt: skip
    train.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE",
        help="change a field of the recipe, such as lr=0.05 or drops=[400,600]; repeatable",
    )  # fmt: skip
    train.add_argument("--seed", type=int, default=0, help="of weights, order and crops (0)")
    train.add_argument("--out", type=Path, help="folder for checkpoints, record.json, weights.pt")
    train.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    train.add_argument("--size", type=int, default=224, help="side of a folder's images (224)")
    train.add_argument("--workers", type=int, default=0, help="processes that read a folder (0)")
    _add_shared(train)

    several = commands.add_parser(
        "experiment", help="train the runs of an experiment",
        epilog=EXPERIMENT_EXAMPLES + EXIT_CODES, **shape,
    )  # fmt: skip
    several.set_defaults(command=run_experiment)
    several.add_argument("name", help="an experiment, see below")
    several.add_argument("--size", default="small", help="small, full or full-jpeg (small)")
    several.add_argument("--seeds", type=int, nargs="+", help="(default: those of the setting)")
    several.add_argument("--runs", nargs="+", metavar="RUN", help="some of its runs (default: all)")
    several.add_argument("--out", type=Path, default=Path("runs"), help="folder for records (runs)")
    several.add_argument("--keep-weights", action="store_true", help="keep the last weights")
    several.add_argument(
        "--studies", nargs="+", default=[], choices=STUDIES,
        help="measure more: gradient flow on the way, lesions of the trained network",
    )  # fmt: skip
    several.add_argument(
        "--at-a-time", type=int, default=1, metavar="RUNS",
        help="train so many side by side, as one small network leaves most of a GPU idle (1)",
    )  # fmt: skip
    _add_shared(several)
    return parser


def _add_shared(parser: argparse.ArgumentParser) -> None:
    """What both commands take."""
    parser.add_argument(
        "--checkpoint-every", type=int, metavar="STEPS", help="(default: at each point)"
    )
    group = parser.add_argument_group("execution", "what changes the speed and not the recipe")
    group.add_argument("--device", help="cpu, cuda, cuda:1 (default: a GPU if there is one)")
    group.add_argument("--channels-last", action="store_true", help="N, H, W, C in memory")
    group.add_argument("--compile", choices=COMPILE_MODES, help="mode of torch.compile")
    group.add_argument("--cuda-graph", action="store_true", help="record the step, replay it")
    group.add_argument("--bf16", action="store_true", help="compute in bfloat16 (autocast)")
    group.add_argument("--tf32", action="store_true", help="let a GPU round to TF32")
    group.add_argument("--threads", type=int, help="threads of torch on the CPU")
    group.add_argument("--quiet", action="store_true", help="no progress bars")
