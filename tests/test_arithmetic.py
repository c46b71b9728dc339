"""The arithmetic against the layers of torch, which we did not write."""

import ast
from pathlib import Path

import pytest
import torch
from hypothesis import assume, given, settings
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


@settings(max_examples=2000, deadline=None)
@given(sizes, kernels, strides, paddings, dilations)
def test_conv_output_size_is_torchs(size, kernel, stride, padding, dilation):
    layer = nn.Conv2d(1, 1, kernel, stride, padding, dilation)
    expected = torch_size(layer, size)
    assert our_size(conv_output_size, size, kernel, stride, padding, dilation) == expected


@settings(max_examples=2000, deadline=None)
@given(sizes, kernels, st.none() | strides, paddings, dilations, st.booleans())
def test_pool_output_size_is_max_pools(size, kernel, stride, padding, dilation, ceil_mode):
    layer = nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=ceil_mode)
    ours = our_size(pool_output_size, size, kernel, stride, padding, dilation, ceil_mode)
    assert ours == torch_size(layer, size)


@settings(max_examples=2000, deadline=None)
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


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 30), kernels, strides, paddings, dilations)
def test_positions_are_those_with_a_gradient(size, kernel, stride, padding, dilation):
    assume(our_size(conv_output_size, size, kernel, stride, padding, dilation) is not None)
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


@settings(max_examples=200, deadline=None)
@given(st.lists(windows, min_size=1, max_size=4), st.data())
def test_receptive_field_is_where_the_gradient_is(chain, data):
    size = 120
    x = torch.zeros(1, 1, size, requires_grad=True)
    y = x
    for kernel, stride, padding, dilation, _ in chain:
        weight = torch.ones(1, 1, kernel)
        y = nn.functional.conv1d(y, weight, None, stride, padding, dilation)
    assert y.shape[-1] == output_size(size, chain)
    index = data.draw(st.integers(0, y.shape[-1] - 1))
    (gradient,) = torch.autograd.grad(y[0, 0, index], x)
    seen = gradient.flatten().nonzero().flatten()

    field = receptive_field(chain)
    first = field.start + index * field.jump
    last = first + field.size - 1
    # Padding inside the chain is zero, so positions outside the input are never seen.
    if seen.numel():
        assert seen.min().item() >= max(0, first)
        assert seen.max().item() <= min(size - 1, last)
    if first >= 0 and last < size and all(w.padding == 0 for w in chain):
        assert (seen.min().item(), seen.max().item()) == (first, last)
    assert total_stride(chain) == field.jump


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


def test_same_padding_refuses_an_even_kernel():
    with pytest.raises(ValueError, match="kernel must span an odd number.*got kernel=4"):
        same_padding(4)


@pytest.mark.parametrize("name", ["size", "kernel", "stride", "padding", "dilation"])
@pytest.mark.parametrize("value", [2.0, "3", True, -1])
@pytest.mark.parametrize("function", [conv_output_size, pool_output_size, dropped_columns])
def test_bad_arguments_are_named(function, name, value):
    arguments = {"size": 9, "kernel": 3, "stride": 2, "padding": 1, "dilation": 1, name: value}
    with pytest.raises((TypeError, ValueError), match=f"^{name} must be .*got {value!r}"):
        function(**arguments)


@pytest.mark.parametrize("name", ["size", "kernel", "stride", "dilation"])
def test_zero_is_refused(name):
    with pytest.raises(ValueError, match=f"^{name} must be at least 1, got 0"):
        conv_output_size(**{"size": 9, "kernel": 3, name: 0})


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
