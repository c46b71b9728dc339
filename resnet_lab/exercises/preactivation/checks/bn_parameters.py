"""Check of chapter 13's count: parameters of batch normalization in a v2 network."""

from collections.abc import Callable
from dataclasses import replace

from resnet_lab.exercises.checking import attempt, exercise
from resnet_lab.exercises.integers import integer
from resnet_lab.models import ResNetSpec, cost, spec

COUNTED = [
    spec("resnetv2_164"),
    spec("resnetv2_1001"),
    replace(spec("resnetv2_164"), name="one block a stage", depths=(1, 1, 1)),
    replace(spec("resnetv2_164"), name="unequal stages", depths=(1, 2, 3), stem_width=32),
    replace(spec("resnetv2_50"), name="ResNet-50, v2"),
]


@exercise(
    "List the layers of batch normalization: three in each block. Where else is one?",
    "Each has a scale and a shift for every channel of what it reads.",
    "In a v2 bottleneck bn1 reads the input of the block; bn2 and bn3 read what is inside.",
    "The stem has none in v2, and after the last sum stands `norm`.",
    right="Scale and shift of every channel that is normalized, the last activation included.",
)
def check_bn_parameters(answer: Callable[[ResNetSpec], int]) -> str | None:
    """A function of a v2 specification with bottlenecks: parameters of batch normalization."""
    for network in COUNTED:
        count = integer(attempt(answer, network), f"the count for {network.name}")
        rows = cost(network, input_size=32).rows
        true = sum(row.params for row in rows if row.kind == "BatchNorm2d")
        if count != true:
            blocks = len(network.blocks)
            return (f"For {network.name} ({blocks} blocks) it returned {count:,}. The layers of "
                    f"the network hold {'fewer' if count > true else 'more'}.")
    return None
