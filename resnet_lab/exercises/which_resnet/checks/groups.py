"""Check of "groups": in how many groups the 3x3 convolutions read."""

from collections.abc import Callable

from resnet_lab.exercises.checking import attempt, exercise
from resnet_lab.exercises.integers import integer
from resnet_lab.exercises.which_resnet.states import State, state_of
from resnet_lab.models import spec

GROUPED: dict[str, tuple[str, dict[str, int]]] = {
    "resnet50": ("resnet50", {}),
    "resnext50_32x4d": ("resnext50_32x4d", {}),
    "wide_resnet50_2": ("wide_resnet50_2", {}),
    "a ResNet-50 of 8 groups of 16": ("resnet50", {"groups": 8, "width_per_group": 16}),
    "resnext101_64x4d": ("resnext101_64x4d", {}),
}


@exercise(
    "A grouped convolution reads only its own group. Which number of the shape says how many "
    "channels that are?",
    "The shape is outputs x inputs of one group x rows x columns. The inputs of all groups are the "
    "outputs of the convolution before it.",
    "Divide the first number of conv1's shape by the second number of conv2's.",
    right="The inputs there are, over the inputs that one kernel reads.",
)
def check_groups(answer: Callable[[State], int]) -> str | None:
    """A function of a state dict: groups of the 3x3 convolutions of its bottlenecks."""
    for label, (name, changes) in GROUPED.items():
        returned = attempt(answer, state_of(name, **changes))
        groups = integer(returned, f"the number of groups in {label}")
        if groups != spec(name, **changes).groups:
            return (f"For {label} it returned {groups}. Its 3x3 convolutions have another "
                    "number of groups.")
    return None
