"""Convolution arithmetic on one spatial axis: integers only, no torch.

Every function speaks of one axis. A square input with a square kernel has the same
numbers on both. Positions count from 0 at the first column of the input, so the padding
before it has negative positions.

Sources: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning",
arXiv:1603.07285 (sizes); Araujo, Norris and Sim, "Computing receptive fields of
convolutional neural networks", Distill 2019 (receptive fields); the documentation of
``torch.nn.Conv2d`` and ``torch.nn.MaxPool2d`` (rounding).
"""

from collections.abc import Iterable
from typing import NamedTuple

from resnet_lab.checks import check_integer, check_switch


class Window(NamedTuple):
    """How a convolution or a pooling layer slides over one axis."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    ceil_mode: bool = False


class Dropped(NamedTuple):
    """Columns at the far end of the padded input that no window reaches."""

    padding: int
    input: int


class ReceptiveField(NamedTuple):
    """What one output position sees.

    Output ``i`` sees input positions ``start + i * jump`` to
    ``start + i * jump + size - 1``. Positions outside the input are padding.
    """

    size: int
    jump: int
    start: int


def conv_output_size(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """Number of output positions of a convolution, ``floor((I + 2P - K') / S) + 1``.

    Args:
        size: input positions ``I`` (pixels along one axis).
        kernel: taps of the kernel. With dilation it spans ``K' = dilation * (kernel - 1) + 1``.
        stride: step ``S`` between two windows.
        padding: columns ``P`` added at each end.
        dilation: step between two taps of the kernel.

    Raises:
        TypeError: an argument is not an integer.
        ValueError: an argument is out of range, or the kernel spans more than the padded input.
    """
    _check_window(size, kernel, stride, padding, dilation)
    padded, span = size + 2 * padding, kernel_span(kernel, dilation)
    if span > padded:
        raise ValueError(_too_wide(kernel, span, padded))
    return (padded - span) // stride + 1


def pool_output_size(
    size: int,
    kernel: int,
    stride: int | None = None,
    padding: int = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> int:
    """Number of output positions of a pooling layer, by torch's rule.

    Like :func:`conv_output_size`, but the stride defaults to the kernel, the padding is
    at most half the kernel, and ``ceil_mode`` rounds up: one more window is used when it
    hangs over the far end, unless it would start in the padding there.

    Raises:
        TypeError: an argument is not an integer (``ceil_mode``: not a bool).
        ValueError: an argument is out of range, or not even one window fits.
    """
    stride = kernel if stride is None else stride
    _check_window(size, kernel, stride, padding, dilation)
    check_switch("ceil_mode", ceil_mode)
    if padding > kernel // 2:
        raise ValueError(
            f"padding must be at most half the kernel of a pooling layer "
            f"({kernel // 2} for kernel={kernel}), got {padding}"
        )
    if not ceil_mode:
        return conv_output_size(size, kernel, stride, padding, dilation)
    padded, span = size + 2 * padding, kernel_span(kernel, dilation)
    outputs = -((span - padded) // stride) + 1
    if outputs < 1:
        raise ValueError(_too_wide(kernel, span, padded))
    last_start = (outputs - 1) * stride - padding
    return outputs - 1 if last_start >= size else outputs


def kernel_span(kernel: int, dilation: int = 1) -> int:
    """Positions from the first to the last tap of a kernel, both counted."""
    check_integer("kernel", kernel, least=1)
    check_integer("dilation", dilation, least=1)
    return dilation * (kernel - 1) + 1


def same_padding(kernel: int, dilation: int = 1) -> int:
    """Padding at each end that keeps the size of the input at stride 1.

    Raises:
        ValueError: the kernel spans an even number of positions; no symmetric padding does it.
    """
    span = kernel_span(kernel, dilation)
    if span % 2 == 0:
        raise ValueError(
            f"kernel must span an odd number of positions for symmetric padding, "
            f"got kernel={kernel} with dilation={dilation}, which spans {span}"
        )
    return span // 2


def window_positions(
    index: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> tuple[int, ...]:
    """Input positions that output ``index`` reads; negative ones are padding."""
    check_integer("index", index, least=0)
    _check_window(1, kernel, stride, padding, dilation)
    first = index * stride - padding
    return tuple(range(first, first + kernel_span(kernel, dilation), dilation))


def unread_positions(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> tuple[int, ...]:
    """Input positions that no window reads: gaps between windows, and what the floor drops."""
    outputs = conv_output_size(size, kernel, stride, padding, dilation)
    read: set[int] = set()
    for index in range(outputs):
        read.update(window_positions(index, kernel, stride, padding, dilation))
    return tuple(position for position in range(size) if position not in read)


def dropped_columns(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Dropped:
    """Columns after the last window, split into padding and input.

    The floor in :func:`conv_output_size` drops the remainder of the division by the
    stride. It falls first on the padding at the far end, then on the input.
    """
    outputs = conv_output_size(size, kernel, stride, padding, dilation)
    span = kernel_span(kernel, dilation)
    remainder = size + 2 * padding - span - (outputs - 1) * stride
    from_padding = min(remainder, padding)
    return Dropped(padding=from_padding, input=remainder - from_padding)


def output_size(size: int, windows: Iterable[Window]) -> int:
    """Number of output positions of a chain of layers, first layer first.

    A window with ``ceil_mode`` rounds up like a pooling layer; the others round down.
    """
    check_integer("size", size, least=1)
    for kernel, stride, padding, dilation, ceil_mode in (Window(*window) for window in windows):
        if ceil_mode:
            size = pool_output_size(size, kernel, stride, padding, dilation, ceil_mode)
        else:
            size = conv_output_size(size, kernel, stride, padding, dilation)
    return size


def total_stride(windows: Iterable[Window]) -> int:
    """Product of the strides of a chain of layers: input positions between two outputs."""
    return receptive_field(windows).jump


def receptive_field(windows: Iterable[Window]) -> ReceptiveField:
    """Receptive field of one output of a chain of layers, first layer first.

    Each layer widens the field by its span less one, in steps of the jump so far:
    ``size += (span - 1) * jump``, then ``jump *= stride``.

    Example:
        >>> receptive_field([Window(7, stride=2, padding=3), Window(3, stride=2, padding=1)])
        ReceptiveField(size=11, jump=4, start=-5)
    """
    size, jump, start = 1, 1, 0
    for kernel, stride, padding, dilation, _ in (Window(*window) for window in windows):
        _check_window(1, kernel, stride, padding, dilation)
        size += (kernel_span(kernel, dilation) - 1) * jump
        start -= padding * jump
        jump *= stride
    return ReceptiveField(size, jump, start)


def _check_window(size: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    check_integer("size", size, least=1)
    check_integer("kernel", kernel, least=1)
    check_integer("stride", stride, least=1)
    check_integer("padding", padding, least=0)
    check_integer("dilation", dilation, least=1)


def _too_wide(kernel: int, span: int, padded: int) -> str:
    return (
        f"kernel must fit into the padded input ({padded} positions), "
        f"got kernel={kernel}, which spans {span}"
    )
