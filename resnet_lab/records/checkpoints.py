"""Small trained networks that come with the package, each with the record of its training.

``python -m resnet_lab.records.checkpoints RUNS`` packs them from the folder that
``python -m resnet_lab experiment degradation --keep-weights --out RUNS`` has filled.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from resnet_lab.checks import check_choice
from resnet_lab.data import load_data
from resnet_lab.experiments.catalogue import RUNS
from resnet_lab.experiments.runner import network_of
from resnet_lab.models import ResNet
from resnet_lab.records.run_records import FOLDER, checked_record
from resnet_lab.training import RunRecord

WEIGHTS = Path(__file__).with_name("weights")
SETTING, SEED = "digits-short", 0
PACKED = ("plain20", "resnet20", "plain56", "resnet56")
"""Runs whose weights are packed."""


def trained(name: str) -> tuple[ResNet, RunRecord]:
    """A network that was trained on the digits, in eval mode on the CPU, and its record.

    Weights of convolutions were stored in half precision; logits differ by some hundredths from
    those of the run.

    Args:
        name: one of :data:`PACKED`.

    Raises:
        ValueError: no weights are packed under this name.
        RecordError: the record is not what its name claims.

    Example:
        >>> model, record = trained("resnet20")
        >>> record.data["title"]
        'handwritten digits'
    """
    check_choice("name", name, PACKED)
    record = checked_record(FOLDER / SETTING / f"{name}-seed{SEED}.json")
    model = ResNet(network_of(RUNS[name], load_data(record.data["name"])))
    packed = torch.load(WEIGHTS / f"{name}.pt", weights_only=True)
    fresh = model.state_dict()
    model.load_state_dict({key: packed.get(key, fresh[key]).float() for key in fresh})
    return model.eval(), record


def pack(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Halve the weights of convolutions, and leave out what only counts batches."""
    return {
        key: value.half() if value.dim() == 4 else value
        for key, value in state.items()
        if not key.endswith("num_batches_tracked")
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: pack the networks of a folder of runs; returns its exit code."""
    parser = argparse.ArgumentParser(description="Pack the networks of a folder of runs.")
    parser.add_argument("runs", type=Path, metavar="RUNS", help="folder that the runs were kept in")
    runs = parser.parse_args(arguments).runs
    WEIGHTS.mkdir(exist_ok=True)
    for name in PACKED:
        weights = runs / SETTING / "work" / f"{name}-seed{SEED}" / "weights.pt"
        state = torch.load(weights, weights_only=True)
        torch.save(pack(state), WEIGHTS / f"{name}.pt")
        print(f"{name}: {(WEIGHTS / f'{name}.pt').stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
