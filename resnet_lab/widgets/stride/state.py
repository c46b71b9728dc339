"""What the stride calculator is set to."""

from typing import NamedTuple

from resnet_lab.arithmetic import conv_output_size, pool_output_size
from resnet_lab.checks import check_integer, check_switch

LIMITS = {
    "size": (1, 512), "kernel": (1, 16), "stride": (1, 16), "padding": (0, 8), "dilation": (1, 4),
}  # fmt: skip
"""Smallest and largest setting the figure draws."""


class State(NamedTuple):
    """The settings of one layer, and the output cell whose window is shown."""

    size: int
    kernel: int
    stride: int
    padding: int
    dilation: int
    ceil_mode: bool
    row: int
    column: int

    def check(self) -> int:
        """Return the output size.

        Raises:
            TypeError: a setting is not an integer (``ceil_mode``: not a bool).
            ValueError: a setting is out of range or impossible. The message begins with its name.
        """
        check_switch("ceil_mode", self.ceil_mode)
        outputs = self.outputs
        for name, (_, limit) in LIMITS.items():
            _at_most(name, getattr(self, name), limit)
        for name in ("row", "column"):
            check_integer(name, getattr(self, name), 0)
            _at_most(name, getattr(self, name), outputs - 1)
        return outputs

    @property
    def outputs(self) -> int:
        """Output positions along one axis: rounded up like a pooling layer, or down."""
        settings = (self.size, self.kernel, self.stride, self.padding, self.dilation)
        return pool_output_size(*settings, True) if self.ceil_mode else conv_output_size(*settings)


def _at_most(name: str, value: int, limit: int) -> None:
    if value > limit:
        raise ValueError(f"{name} must be at most {limit} in this figure, got {value}")
