"""The arithmetic against the layers of torch, which we did not write."""

import ast
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from resnet_lab import arithmetic, checks
from resnet_lab.arithmetic import (
    Dropped,
    ReceptiveField,
    Window,
    conv_output_size,
    dropped_columns,
    output_size,
    pool_output_size,
    receptive_field,
    same_padding,
    total_stride,
    unread_positions,
    window_positions,
)

sizes = st.integers(1, 64)
kernels = st.integers(1, 9)
strides = st.integers(1, 7)
paddings = st.integers(0, 6)
dilations = st.integers(1, 4)


def torch_size(layer: nn.Module, size: int) -> int | None:
    """Output size by torch, or None where torch refuses."""
    try:
        height, width = layer(torch.zeros(1, 1, size, size)).shape[-2:]
    except RuntimeError:
        return None
    assert height == width
    return width


def our_size(function, *args) -> int | None:
    try:
        return function(*args)
    except ValueError:
        return None


@given(sizes, kernels, strides, paddings, dilations)
def test_conv_output_size_is_torchs(size, kernel, stride, padding, dilation):
    layer = nn.Conv2d(1, 1, kernel, stride, padding, dilation)
    expected = torch_size(layer, size)
    assert our_size(conv_output_size, size, kernel, stride, padding, dilation) == expected


@given(sizes, kernels, st.none() | strides, paddings, dilations, st.booleans())
def test_pool_output_size_is_max_pools(size, kernel, stride, padding, dilation, ceil_mode):
    layer = nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=ceil_mode)
    ours = our_size(pool_output_size, size, kernel, stride, padding, dilation, ceil_mode)
    assert ours == torch_size(layer, size)


@given(sizes, kernels, st.none() | strides, paddings, st.booleans())
def test_pool_output_size_is_average_pools(size, kernel, stride, padding, ceil_mode):
    layer = nn.AvgPool2d(kernel, stride, padding, ceil_mode=ceil_mode)
    expected = torch_size(layer, size)
    assert our_size(pool_output_size, size, kernel, stride, padding, 1, ceil_mode) == expected


def positions_read_by_torch(size, kernel, stride, padding, dilation):
    """For each output of a one-dimensional convolution, the positions with a gradient."""
    x = torch.zeros(1, 1, size, requires_grad=True)
    weight = torch.ones(1, 1, kernel)
    y = nn.functional.conv1d(x, weight, None, stride, padding, dilation)
    for value in y.flatten():
        (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
        yield gradient.flatten().nonzero().flatten().tolist()


@given(kernels, strides, paddings, dilations, st.integers(0, 30))
def test_positions_are_those_with_a_gradient(kernel, stride, padding, dilation, more):
    size = max(1, dilation * (kernel - 1) + 1 - 2 * padding) + more  # so that the kernel fits
    read: set[int] = set()
    outputs = list(positions_read_by_torch(size, kernel, stride, padding, dilation))
    for index, expected in enumerate(outputs):
        positions = window_positions(index, kernel, stride, padding, dilation)
        assert [p for p in positions if 0 <= p < size] == expected
        read.update(expected)
    unread = unread_positions(size, kernel, stride, padding, dilation)
    assert set(unread) == set(range(size)) - read

    last_read = window_positions(len(outputs) - 1, kernel, stride, padding, dilation)[-1]
    dropped = dropped_columns(size, kernel, stride, padding, dilation)
    assert dropped.input == max(0, size - 1 - last_read)
    assert sum(dropped) == size + padding - 1 - last_read


small = st.integers(1, 2)
windows = st.builds(Window, st.integers(1, 5), small, st.integers(0, 2), small, st.just(False))
chains = st.lists(windows, min_size=1, max_size=4)


def ways_back(chain: list[Window], sizes: list[int], index: int) -> list[int]:
    """Input positions that an output reaches through maps of these sizes, input first."""
    reached = {index}
    maps = list(zip(chain, sizes[:-1], strict=True))
    for (kernel, stride, padding, dilation, _), size in reversed(maps):
        ways = [window_positions(at, kernel, stride, padding, dilation) for at in reached]
        reached = {position for way in ways for position in way if 0 <= position < size}
    return sorted(reached)


@given(chains, st.integers(0, 9), st.data())
def test_receptive_field_is_where_the_gradient_is(chain, more, data):
    field = receptive_field(chain)
    inside = -(field.start // field.jump)  # the first output whose field begins in the input
    size = field.start + inside * field.jump + field.size + more
    x = torch.zeros(1, 1, size, requires_grad=True)
    maps = [x]
    for kernel, stride, padding, dilation, _ in chain:
        weight = torch.ones(1, 1, kernel)
        maps.append(nn.functional.conv1d(maps[-1], weight, None, stride, padding, dilation))
    sizes = [tensor.shape[-1] for tensor in maps]
    assert sizes[-1] == output_size(size, chain)
    assert total_stride(chain) == field.jump

    def seen(index: int) -> list[int]:
        (gradient,) = torch.autograd.grad(maps[-1][0, 0, index], x, retain_graph=True)
        return gradient.flatten().nonzero().flatten().tolist()

    # Where a field lies inside the input, so does every way back to it: no padding is read.
    first = field.start + inside * field.jump
    assert (seen(inside)[0], seen(inside)[-1]) == (first, first + field.size - 1)
    # Elsewhere padding cuts ways off, in the middle of the chain too.
    index = data.draw(st.integers(0, sizes[-1] - 1))
    assert seen(index) == ways_back(chain, sizes, index)
    first = field.start + index * field.jump
    assert all(first <= position < first + field.size for position in seen(index))


def as_torch_has_it(window: Window) -> nn.Module:
    """The layer of a window: one that rounds up is a pool, another one a convolution."""
    *settings, ceil_mode = window
    return nn.MaxPool1d(*settings, ceil_mode=True) if ceil_mode else nn.Conv1d(1, 1, *settings)


pools = st.builds(Window, st.integers(2, 5), small, st.integers(0, 1), small, st.just(True))


@given(st.lists(windows | pools, max_size=4), st.integers(1, 60))
def test_a_chain_of_layers_ends_as_torchs_does(chain, size):
    """Or both refuse it, because something does not fit."""
    try:
        expected = nn.Sequential(*map(as_torch_has_it, chain))(torch.zeros(1, 1, size)).shape[-1]
    except RuntimeError:
        expected = None
    assert our_size(output_size, size, chain) == expected


def test_numbers_of_the_stem():
    assert conv_output_size(224, 7, 2, 3) == 112
    assert pool_output_size(112, 3, 2, 1) == 56
    assert pool_output_size(112, 3, 2, 0) == 55
    assert pool_output_size(112, 3, 2, 0, ceil_mode=True) == 56
    assert dropped_columns(224, 7, 2, 3) == Dropped(padding=1, input=0)
    assert dropped_columns(112, 3, 2, 0) == Dropped(padding=0, input=1)
    assert len(unread_positions(56, 1, 2)) == 28
    assert receptive_field([Window(7, 2, 3), Window(3, 2, 1)]) == ReceptiveField(11, 4, -5)


@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_same_padding_keeps_the_size_as_torchs_same_does(kernel, dilation):
    ours = nn.Conv1d(1, 1, kernel, padding=same_padding(kernel, dilation), dilation=dilation)
    theirs = nn.Conv1d(1, 1, kernel, padding="same", dilation=dilation)
    x = torch.zeros(1, 1, 31)
    assert ours(x).shape == theirs(x).shape == x.shape


@given(kernels, dilations)
def test_same_padding_is_refused_where_torch_would_pad_one_side_more(kernel, dilation):
    in_all = dilation * (kernel - 1)  # what torch's own "same" adds
    if in_all % 2 == 0:
        assert 2 * same_padding(kernel, dilation) == in_all
    else:
        words = f"^kernel must span an odd number.*got kernel={kernel} with dilation={dilation},"
        with pytest.raises(ValueError, match=words):
            same_padding(kernel, dilation)


@pytest.mark.parametrize("name", ["size", "kernel", "stride", "padding", "dilation"])
@pytest.mark.parametrize("value", [2.0, "3", True, -1])
@pytest.mark.parametrize("function", [conv_output_size, pool_output_size, dropped_columns])
def test_bad_arguments_are_named(function, name, value):
    arguments = {"size": 9, "kernel": 3, "stride": 2, "padding": 1, "dilation": 1, name: value}
    with pytest.raises((TypeError, ValueError), match=f"^{name} must be .*got {value!r}"):
        function(**arguments)


@pytest.mark.parametrize("name", ["size", "kernel", "stride", "dilation"])
@pytest.mark.parametrize("function", [conv_output_size, pool_output_size, dropped_columns])
def test_zero_is_refused(function, name):
    with pytest.raises(ValueError, match=f"^{name} must be at least 1, got 0"):
        function(**{"size": 9, "kernel": 3, name: 0})


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_dilation_widens_a_pooling_window_however_it_rounds(ceil_mode):
    with pytest.raises(ValueError, match=r"^kernel must fit .*\(7 positions\).*which spans 9"):
        pool_output_size(5, 3, 1, padding=1, dilation=4, ceil_mode=ceil_mode)


def test_kernel_wider_than_the_padded_input():
    with pytest.raises(ValueError, match=r"^kernel must fit into the padded input \(4 positions\)"):
        conv_output_size(2, 5, padding=1)


def test_padding_over_half_a_pooling_kernel():
    with pytest.raises(ValueError, match="^padding must be at most half the kernel"):
        pool_output_size(9, 3, 2, padding=2)


def test_ceil_mode_is_a_bool():
    with pytest.raises(TypeError, match="^ceil_mode must be True or False, got 1"):
        pool_output_size(9, 3, ceil_mode=1)


@pytest.mark.parametrize(("module", "imports"), [
    (arithmetic, {"collections.abc", "typing", "resnet_lab.checks"}),
    (checks, {"collections.abc", "math"}),
])
def test_imports_no_torch(module, imports):
    tree = ast.parse(Path(module.__file__).read_text())
    imported = {
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported == imports
