"""Shortcuts and where blocks start, against what they are defined to do."""

import pytest
import torch
from torch import nn

import resnet_lab
from resnet_lab.models.plan import BlockPlan
from resnet_lab.models.shortcuts import SHORTCUTS, PadChannels


def strided_blocks(model):
    return [block for block in model.blocks if type(block.downsample) is not nn.Identity]


@pytest.mark.parametrize(("option", "first"), [("A", 0), ("A-split", 8)])
def test_option_a_keeps_every_other_position_and_pads_with_zeros(option, first):
    block = strided_blocks(resnet_lab.build("resnet20", shortcut=option))[0]
    x = torch.randn(2, 16, 9, 7)
    y = block.downsample(x)
    assert y.shape == (2, 32, 5, 4)
    assert torch.equal(y[:, first : first + 16], x[:, :, ::2, ::2])
    assert y[:, :first].count_nonzero() + y[:, first + 16 :].count_nonzero() == 0


@pytest.mark.parametrize(("option", "before"), [("A", 0), ("A-split", 3)])
def test_an_odd_number_of_new_channels(option, before):
    """Of seven, the smaller half stands before the old ones."""
    plan = BlockPlan(2, 0, "basic", "v1", 4, 11, 11, (2, 1))
    shortcut, x = SHORTCUTS[option](plan), torch.randn(2, 4, 9, 7)
    expected = torch.zeros(2, 11, 5, 4)
    expected[:, before : before + 4] = x[:, :, ::2, ::2]
    assert torch.equal(shortcut(x), expected)
    assert (shortcut.before, shortcut.after) == (before, 7 - before)


def test_channels_that_do_not_add_up_are_refused():
    for before in (-1, 8):
        with pytest.raises(ValueError, match=f"^before must be from 0 to the 7 .* got {before}"):
            PadChannels(4, 11, 2, before)


def test_option_c_projects_in_every_block_and_b_only_where_the_shape_changes():
    assert len(strided_blocks(resnet_lab.build("resnet34", shortcut="C"))) == 16
    assert len(strided_blocks(resnet_lab.build("resnet34"))) == 3
    assert len(strided_blocks(resnet_lab.build("resnet50"))) == 4  # 64 to 256 channels, too


@pytest.mark.parametrize("name", ["resnetv2_20", "resnetv2_50"])
def test_every_projection_of_v2_reads_what_is_activated(name):
    """With option C each block has one, also where nothing changes shape (figure 4)."""
    model = resnet_lab.build(name, shortcut="C").eval()
    read, activated = [], []
    for block in model.blocks:
        block.relu1.register_forward_hook(lambda _, args, out: activated.append(out))
        block.downsample.register_forward_hook(lambda _, args, out: read.append(args[0]))
    model(torch.randn(2, 3, 32, 32))
    assert len(read) == len(model.blocks)
    assert all(map(torch.equal, read, activated))


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (1, 1), (1, 6)])
def test_option_d_averages_what_is_there(size):
    pool = strided_blocks(resnet_lab.build("resnet18d"))[0].downsample[0]
    x = torch.randn(1, 2, *size)
    y = pool(x)
    height, width = ((side + 1) // 2 for side in size)
    assert y.shape == (1, 2, height, width)
    assert torch.allclose(y[..., -1, -1], x[..., 2 * height - 2 :, 2 * width - 2 :].mean((2, 3)))


def outputs_of(model, images):
    """What comes in and goes out at every block."""
    seen = []
    for block in model.blocks:
        block.register_forward_hook(lambda _, args, out: seen.append((args[0], out)))
    model(images)
    return seen


@pytest.mark.parametrize("name", ["resnet20", "resnetv2_20", "resnet50", "resnetv2_50"])
def test_zero_init_starts_every_block_as_its_shortcut(name):
    torch.manual_seed(0)
    model = resnet_lab.build(name, zero_init_residual=True).eval()
    blocks = model.blocks
    for block, (x, y) in zip(blocks, outputs_of(model, torch.randn(2, 3, 32, 32)), strict=True):
        if type(block.downsample) is not nn.Identity:
            continue
        if model.spec.preactivated:
            first = block is blocks[0]
            assert torch.equal(y, torch.relu(block.bn1(x)) if first else x)
        else:
            assert torch.equal(y, torch.relu(x))


@pytest.mark.parametrize("name", ["resnet20", "resnet50", "resnetv2_20", "resnetv2_50"])
def test_zero_init_can_be_left_behind(name):
    """Something of every branch moves at the first step: no gradient is stuck at zero."""
    torch.manual_seed(0)
    model = resnet_lab.build(name, zero_init_residual=True).train()
    model(torch.randn(4, 3, 32, 32)).sum().backward()
    for block in model.blocks:
        assert block.get_parameter(f"{block.branch_end}.weight").grad.abs().max() > 0


def test_plain_networks_have_no_shortcut():
    model = resnet_lab.build("plain20")
    assert not [name for name, _ in model.named_modules() if "downsample" in name or "add" in name]
    plain, residual = (resnet_lab.build(name).state_dict() for name in ("plain20", "resnet20"))
    assert list(plain) == list(residual)


@pytest.mark.parametrize(("name", "shared"), [("resnetv2_18", False), ("resnetv2_20", True)])
def test_where_the_first_shortcut_of_v2_starts(name, shared):
    """timm's starts at the raw input; the paper's, after the first activation (appendix)."""
    model = resnet_lab.build(name)
    block = model.blocks[0]
    seen = []
    block.downsample.register_forward_hook(lambda _, args, out: seen.append(args[0]))
    x = torch.randn(2, block.conv1.in_channels, 8, 8)
    block(x)
    assert torch.equal(seen[0], torch.relu(block.bn1(x)) if shared else x)
    assert type(block.downsample) is nn.Identity
