"""Answers to "groups": in how many groups the 3x3 convolutions read."""

from typing import Any

from resnet_lab.exercises.mistake import Mistake

RIGHT: dict[str, dict[str, Any]] = {
    "check_groups": {
        "inputs over inputs": lambda state: state["layer1.0.conv1.weight"].shape[0]
        // state["layer1.0.conv2.weight"].shape[1],
        "outputs over inputs": lambda state: state["layer2.0.conv2.weight"].shape[0]
        // state["layer2.0.conv2.weight"].shape[1],
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_groups": {
        "inputs of a group": Mistake(
            lambda state: state["layer1.0.conv2.weight"].shape[1],
            "For resnet50 it returned 64"),
        "outputs": Mistake(
            lambda state: state["layer1.0.conv2.weight"].shape[0],
            "For resnet50 it returned 64"),
        "always one": Mistake(lambda state: 1, "For resnext50_32x4d it returned 1."),
        "in units of 64": Mistake(
            lambda state: state["layer1.0.conv2.weight"].shape[0] // 64,
            "For resnext50_32x4d it returned 2."),
        "over the stem": Mistake(
            lambda state: state["conv1.weight"].shape[0]
            // state["layer1.0.conv2.weight"].shape[1],
            "For resnext50_32x4d it returned 16."),
        "a float": Mistake(
            lambda state: state["layer1.0.conv2.weight"].shape[0]
            / state["layer1.0.conv2.weight"].shape[1],
            "The number of groups in resnet50 is an integer, got 1.0"),
    },
}
