"""Answers to "pairs": which file of weights loads into which network."""

from typing import Any

from resnet_lab.exercises.mistake import Mistake
from resnet_lab.exercises.which_resnet.checks.pairs import PAIRS

_LOADS = {pair: pair in (PAIRS[0], PAIRS[5]) for pair in PAIRS}

RIGHT: dict[str, dict[str, Any]] = {
    "check_pairs": {"as torch": _LOADS},
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_pairs": {
        "all of them": Mistake(dict.fromkeys(PAIRS, True), "disagrees with 4 of your 6"),
        "none of them": Mistake(
            dict.fromkeys(PAIRS, False),
            "2 of your 6 answers. In one that you say does not load, every name and every shape"),
        "A forgotten": Mistake(
            {**_LOADS, PAIRS[5]: False},
            "1 of your 6 answers. In one that you say does not load, every name and every shape"),
        "no projection in ResNet-34": Mistake(
            {**_LOADS, PAIRS[4]: True},
            "1 of your 6 answers. In one that you say loads, the file's "
            "`layer2.0.downsample.0.weight` has no place"),
        "by the number of entries": Mistake(
            {**_LOADS, PAIRS[1]: True, PAIRS[3]: True},
            "2 of your 6 answers. In one that you say loads, `layer1.0.conv1.weight` is "
            "(64, 64, 1, 1) in the file and (128, 64, 1, 1) in the network"),
        "a pool without weights": Mistake(
            {**_LOADS, PAIRS[2]: True},
            "1 of your 6 answers. In one that you say loads, the file's "
            "`layer1.0.downsample.0.weight` has no place"),
        "words": Mistake(dict.fromkeys(PAIRS, "yes"), "the answer is 'yes'"),
        "one short": Mistake(
            {pair: _LOADS[pair] for pair in PAIRS[1:]}, "An answer for each of the 6 pairs"),
    },
}
