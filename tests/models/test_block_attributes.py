"""What blocks say of themselves, held against what happens in their forward pass."""

import pytest
import torch
from torch import nn

from resnet_lab import ResNet, build, spec
from resnet_lab.models.blocks import ResidualBlock

NAMES = ["plain18", "resnet18", "resnet50", "resnetv2_18", "resnetv2_50", "resnetv2_164"]


def on_meta(name):
    with torch.device("meta"):
        return ResNet(spec(name)).eval(), torch.empty(1, 3, 64, 64)


@pytest.mark.parametrize("name", NAMES)
def test_blocks_are_built_from_their_plans(name):
    model, _ = on_meta(name)
    assert model.blocks == tuple(block for stage in model.stage_names
                                 for block in getattr(model, stage))
    for block, plan in zip(model.blocks, model.spec.blocks, strict=True):
        convs = [layer for layer in block.children() if isinstance(layer, nn.Conv2d)]
        assert tuple(conv.stride[0] for conv in convs) == plan.strides
        assert convs[0].in_channels == plan.in_channels
        assert convs[-1].out_channels == plan.out_channels


def test_blocks_have_names():
    model = build("resnet18")
    assert list(model.named_blocks().values()) == list(model.blocks)
    for name, block in model.named_blocks().items():
        assert model.get_submodule(name) is block


@pytest.mark.parametrize("name", NAMES)
def test_a_block_says_where_its_shortcut_leaves_and_its_branch_ends(name):
    model, images = on_meta(name)
    entered, left = {}, {}

    def keep(module, args, output):
        entered[module], left[module] = args, output

    for module in model.modules():
        module.register_forward_hook(keep)
    model(images)
    residual = [block for block in model.blocks if isinstance(block, ResidualBlock)]
    assert len(residual) == (0 if name.startswith("plain") else len(model.blocks))
    for block in residual:
        start = block.shortcut_after
        source = left[block.get_submodule(start)] if start else entered[block][0]
        assert entered[block.downsample][0] is source
        branch, shortcut = entered[block.add]
        assert branch is left[block.get_submodule(block.branch_end)]
        assert shortcut is left[block.downsample]
