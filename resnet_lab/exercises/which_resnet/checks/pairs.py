"""Check of "pairs": which file of weights loads into which network."""

import numpy as np

from resnet_lab.exercises.checking import exercise, short
from resnet_lab.exercises.which_resnet.states import state_of
from resnet_lab.interop.weights import compare

PAIRS = (
    ("resnet50", "resnet50_v1"),
    ("resnet50", "resnext50_32x4d"),
    ("resnet50c", "resnet50d"),
    ("resnet50d", "resnet50t"),
    ("resnet34", "plain34"),
    ("plain56", "resnet56"),
)
"""Whose file, and into which network it is loaded."""


@exercise(
    "A file loads if all names and all shapes agree. What has no weights can't stop it.",
    "Strides, pools and zeros for new channels have no weights. A pool in front of a projection "
    "moves the projection's names.",
    "Option A pads with zeros, so with it a residual network has the weights of the plain one. "
    "ResNet-34 projects. In the stem of T the first convolution has fewer channels.",
    right="Where nothing with weights differs, nothing warns you.",
)
def check_pairs(answer: dict[tuple[str, str], bool]) -> str | None:
    """For each pair of networks, whether the file of one loads into the other, strictly."""
    if not isinstance(answer, dict) or set(answer) != set(PAIRS):
        return f"An answer for each of the {len(PAIRS)} pairs was asked for, as a dictionary."
    for pair, loads in answer.items():
        if not isinstance(loads, (bool, np.bool_)):
            return f"For {pair} the answer is {short(loads)}. Answer True or False."
    misfits = {pair: misfit(*pair) for pair in PAIRS}
    wrong = [pair for pair in PAIRS if bool(answer[pair]) != (misfits[pair] is None)]
    if not wrong:
        return None
    reason = misfits[wrong[0]]
    example = (f"that you say loads, {reason}" if reason
               else "that you say does not load, every name and every shape is the same")
    return f"Torch disagrees with {len(wrong)} of your {len(PAIRS)} answers. In one {example}."


def misfit(source: str, target: str) -> str | None:
    """Why the weights of one network do not load into another with ``strict=True``."""
    file, network = state_of(source), state_of(target)
    missing, unexpected, reshaped = compare(network, file)
    if unexpected:
        return f"the file's `{unexpected[0]}` has no place in the network"
    if reshaped:
        shapes = [tuple(state[reshaped[0]].shape) for state in (file, network)]
        return f"`{reshaped[0]}` is {shapes[0]} in the file and {shapes[1]} in the network"
    return f"`{missing[0]}` is missing from the file" if missing else None
