"""Check of chapter 14's count: parameters of a CIFAR network."""

from collections.abc import Callable

from resnet_lab.exercises.checking import call_text, exercise
from resnet_lab.exercises.integers import returned_integer
from resnet_lab.models import cost, spec

NS = (3, 1, 2, 5, 18, 200)


@exercise(
    "Stage 1 is written out. In stages 2 and 3 one block is unlike the others: which?",
    "The first block of a stage reads the channels of the stage before it.",
    "So stage 2 is one block from 16 to 32 channels and n - 1 blocks from 32 to 32.",
    right="One formula for every n, up to ResNet-1202.",
)
def check_parameters(answer: Callable[[int], int]) -> str | None:
    """A function of ``n``: parameters of the network with n blocks in each stage, option A."""
    for n in NS:
        count = returned_integer("a count", answer, n)
        network = spec("resnet20", depths=(n, n, n))
        true = cost(network, 32).params
        if count != true:
            return (f"`{call_text(answer, n)}` returned {count:,}. The layers of "
                    f"ResNet-{network.depth} hold {'fewer' if count > true else 'more'}.")
    return None
