"""Check of "depth": what the name of a network counts."""

from collections.abc import Callable

from resnet_lab.exercises.checking import attempt, exercise
from resnet_lab.exercises.integers import integer
from resnet_lab.exercises.which_resnet.states import State, state_of
from resnet_lab.models import spec

DEPTHS = ("resnet18", "resnet34", "resnet50", "resnet50d", "resnet20", "plain20", "resnetv2_50")


@exercise(
    "Which convolutions does the name count? Compare with the layers of the paper's table.",
    "It counts those of the residual branches. Neither a projection in a shortcut nor a second "
    "convolution in a stem counts.",
    "Names in a branch begin with `layer` and do not contain `downsample`. The stem counts as one "
    "layer, the classifier as another.",
    right="The branches, one for the stem, one for the classifier.",
)
def check_depth(answer: Callable[[State], int]) -> str | None:
    """A function of a state dict: the depth that the network's name counts."""
    for name in DEPTHS:
        depth = integer(attempt(answer, state_of(name)), f"the depth of {name}")
        if depth != spec(name).depth:
            return f"For {name} it returned {depth}. Its name says another depth."
    return None
