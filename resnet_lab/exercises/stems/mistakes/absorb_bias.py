"""Answers to "absorb bias"."""

from typing import Any

from torch import nn

from resnet_lab.exercises.mistake import Mistake

RIGHT: dict[str, dict[str, Any]] = {
    "check_absorb_bias": {
        "subtracted": lambda bias, mean: mean - bias,
        "in another order": lambda bias, mean: -bias + mean,
        "a parameter": lambda bias, mean: nn.Parameter(mean - bias),
        "in double precision": lambda bias, mean: mean.double() - bias.double(),
    },
}

WRONG: dict[str, dict[str, Mistake]] = {
    "check_absorb_bias": {
        "added": Mistake(lambda bias, mean: mean + bias, "differ from before by up to 4.05"),
        "the bias alone": Mistake(lambda bias, mean: bias, "differ from before by up to 4.67"),
        "left as it is": Mistake(lambda bias, mean: mean, "differ from before by up to 2.03"),
        "one number": Mistake(lambda bias, mean: (mean - bias).mean(), "got Tensor of shape ()"),
        "a list": Mistake(lambda bias, mean: (mean - bias).tolist(), "16 channels, got list of 16"),
        "an array": Mistake(
            lambda bias, mean: (mean - bias).numpy(), "16 channels, got ndarray of shape (16,)"
        ),
    },
}
