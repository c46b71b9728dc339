"""What a network costs, from its specification alone: nothing is allocated and nothing runs.

Conventions: one image; MACs are the multiply-adds of convolutions and of the linear layer
(no bias, batch normalization, ReLU, pooling or sum), which are what the papers call FLOPs
and half of what torch's ``FlopCounterMode`` counts; activations are the elements that come
out of convolutions (arXiv:2003.13678, section 3.2); saved bytes are what autograd keeps in
``train()`` beside parameters and buffers, in float32.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from resnet_lab.checks import height_and_width
from resnet_lab.models.catalogue import spec as look_up
from resnet_lab.models.cost_rows import COLUMNS, CostRow, cost_rows
from resnet_lab.models.spec import ResNetSpec
from resnet_lab.tables import html_table, text_table


@dataclass(frozen=True)
class Cost:
    """The rows of a network or of a part of it, with their totals. Prints as a table."""

    name: str
    input_size: tuple[int, int]
    rows: tuple[CostRow, ...]

    @property
    def params(self) -> int:
        """Parameters; running statistics are none."""
        return sum(row.params for row in self.rows)

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and of the linear layer, for one image."""
        return sum(row.macs for row in self.rows)

    @property
    def activations(self) -> int:
        """Elements out of convolutions, for one image."""
        return sum(row.elements for row in self.rows if row.kind == "Conv2d")

    @property
    def saved_bytes(self) -> int:
        """Bytes that the backward pass needs, for one image in float32."""
        return sum(row.saved_bytes for row in self.rows)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the last output, for one image."""
        return self.rows[-1].output_shape

    @property
    def receptive_field(self) -> int | None:
        """Pixels a side that one position of the last map depends on; None without a map."""
        fields = (row.receptive_field for row in reversed(self.rows))
        return next((field for field in fields if field is not None), None)

    @property
    def jump(self) -> int | None:
        """Pixels between the fields of neighboring positions of the last map; None likewise."""
        return next((row.jump for row in reversed(self.rows) if row.jump is not None), None)

    @property
    def parts(self) -> tuple["Cost", ...]:
        """The stem, each stage and the head."""
        return tuple(
            Cost(part, self.input_size, tuple(rows))
            for part, rows in groupby(self.rows, key=lambda row: row.part)
        )

    def __str__(self) -> str:
        return text_table(COLUMNS, [row.cells() for row in self.rows], self._caption())

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return html_table(COLUMNS, [row.cells() for row in self.rows], self._caption())

    def _caption(self) -> str:
        height, width = self.input_size
        return (
            f"{self.name} at {height}x{width}: {self.params:,} parameters, {self.macs:,} MACs, "
            f"{self.activations:,} activations, {self.saved_bytes:,} bytes saved for backward"
        )


def cost(network: ResNetSpec | str, input_size: int | Sequence[int] = 224) -> Cost:
    """Shapes, parameters, multiply-adds, activations and receptive field, without building.

    Args:
        network: a specification, or a name of the catalogue.
        input_size: pixels a side, or height and width.

    Raises:
        TypeError: ``network`` is neither, or ``input_size`` holds no integers.
        ValueError: the name is unknown, or a size is less than one.

    Example:
        >>> cost("resnet50").macs
        4089184256
    """
    if isinstance(network, str):
        network = look_up(network)
    if not isinstance(network, ResNetSpec):
        raise TypeError(f"network must be a ResNetSpec or a name of one, got {network!r}")
    size = height_and_width("input_size", input_size)
    return Cost(network.name, size, tuple(cost_rows(network, size)))
