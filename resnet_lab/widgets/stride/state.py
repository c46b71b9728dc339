"""What the stride calculator is set to, and what follows from it on one axis."""

from typing import NamedTuple

from resnet_lab.arithmetic import (
    conv_output_size,
    kernel_span,
    pool_output_size,
    window_positions,
)

LIMITS = {
    "size": (1, 512), "kernel": (1, 16), "stride": (1, 16), "padding": (0, 8), "dilation": (1, 4),
}  # fmt: skip
"""Smallest and largest setting the figure draws."""


class FarEnd(NamedTuple):
    """Columns no window reaches, or how far the last window hangs over the padded input."""

    padding: int
    input: int
    overhang: int


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
        if not isinstance(self.ceil_mode, bool):
            raise TypeError(f"ceil_mode must be True or False, got {self.ceil_mode!r}")
        outputs = self.outputs
        for name, (_, limit) in LIMITS.items():
            _at_most(name, getattr(self, name), limit)
        for name in ("row", "column"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(
                    f"{name} must be an integer, got {value!r} ({type(value).__name__})"
                )
            if value < 0:
                raise ValueError(f"{name} must be at least 0, got {value}")
            _at_most(name, value, outputs - 1)
        return outputs

    @property
    def outputs(self) -> int:
        """Output positions along one axis: rounded up like a pooling layer, or down."""
        settings = (self.size, self.kernel, self.stride, self.padding, self.dilation)
        return pool_output_size(*settings, True) if self.ceil_mode else conv_output_size(*settings)

    @property
    def span(self) -> int:
        """Positions from the first to the last tap of the kernel, both counted."""
        return kernel_span(self.kernel, self.dilation)

    @property
    def far_end(self) -> FarEnd:
        """What happens behind the last window."""
        padded = self.size + 2 * self.padding
        rest = padded - self.span - (self.outputs - 1) * self.stride
        dropped = max(0, rest)
        from_padding = min(dropped, self.padding)
        return FarEnd(from_padding, dropped - from_padding, max(0, -rest))

    @property
    def unread(self) -> list[int]:
        """Positions of the padded input that no window reads, gaps between windows included."""
        read = {position for index in range(self.outputs) for position in self.window(index)}
        return [p for p in range(-self.padding, self.size + self.padding) if p not in read]

    def window(self, index: int) -> tuple[int, ...]:
        """Positions that output ``index`` reads; negative ones are padding."""
        return window_positions(index, self.kernel, self.stride, self.padding, self.dilation)


def _at_most(name: str, value: int, limit: int) -> None:
    if value > limit:
        raise ValueError(f"{name} must be at most {limit} in this figure, got {value}")
