"""The cost of a specification against the network that is built from it."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

import resnet_lab
from resnet_lab.arithmetic import receptive_field
from resnet_lab.models.shortcuts import SHORTCUTS
from resnet_lab.models.spec import VERSIONS
from resnet_lab.models.stems import STEMS

NAMES = [
    pytest.param(name, marks=pytest.mark.everything if "1202" in name or "1001" in name else [])
    for name in resnet_lab.list_models()
]


def random_spec(rng: random.Random) -> resnet_lab.ResNetSpec:
    """Any combination of fields that the specification accepts."""
    stages = rng.randint(1, 4)
    block = rng.choice(("basic", "bottleneck"))
    bottleneck = block == "bottleneck"
    version = rng.choice([name for name, entry in VERSIONS.items() if block in entry.strided])
    plain = () if bottleneck or VERSIONS[version].form == "v2" else ("none",)
    shortcut = rng.choice((*SHORTCUTS, *plain))
    widths = [rng.choice((8, 16, 24, 64)) for _ in range(stages)]
    pads = shortcut in ("A", "A-split")  # which can add channels and take none away
    return resnet_lab.ResNetSpec(
        "random",
        block,
        tuple(rng.randint(1, 3) for _ in range(stages)),
        version=version,
        stem=rng.choice(tuple(STEMS)),
        shortcut=shortcut,
        widths=tuple(sorted(widths) if pads else widths),
        stem_width=8 if pads else rng.choice((8, 16, 24)),
        in_channels=rng.randint(1, 4),
        num_classes=rng.randint(1, 12),
        groups=rng.choice((1, 2, 4)) if bottleneck else 1,
        width_per_group=rng.choice((8, 64, 128)) if bottleneck else 64,
        zero_init_residual=shortcut != "none" and rng.random() < 0.2,
    )


Case = tuple[resnet_lab.ResNetSpec, tuple[int, int]]


def random_cases(rng: random.Random, number: int) -> Iterator[Case]:
    for _ in range(number):
        yield random_spec(rng), (rng.randint(1, 80), rng.randint(1, 80))


def assert_equals_the_traced(spec: resnet_lab.ResNetSpec, size: tuple[int, int]) -> None:
    """Every row of the cost is the row of the trace; multiply-adds are torch's own."""
    with torch.device("meta"):
        model = resnet_lab.ResNet(spec).eval()
        images = torch.empty(1, spec.in_channels, *size)
    trace = resnet_lab.trace_shapes(model, images)
    found = resnet_lab.cost(spec, size)
    assert [(row.name, row.kind, (1, *row.output_shape), row.params) for row in found.rows] == [
        (row.name, row.kind, row.output_shape, row.params) for row in trace
    ]
    for row in found.rows:
        elements = 1
        for side in row.output_shape:
            elements *= side
        assert row.elements == elements
    with FlopCounterMode(display=False) as counter:
        model(images)
    assert counter.get_total_flops() == 2 * found.macs
    path = receptive_field(spec.path())
    assert (found.receptive_field, found.jump) == (path.size, path.jump)


@pytest.mark.parametrize("name", NAMES)
def test_every_catalogue_entry(name):
    spec = resnet_lab.spec(name)
    assert_equals_the_traced(spec, (33, 47) if spec.stem == "3x3" else (97, 225))


@pytest.mark.parametrize("part", range(10))
def test_random_specifications_and_sizes(part, drawn):
    """A hundred in all: each takes a quarter of a second, and ``make test-all`` draws others."""
    for spec, size in random_cases(drawn, 10):
        assert_equals_the_traced(spec, size)


def saved_for_backward(spec: resnet_lab.ResNetSpec, size: tuple[int, int]) -> int:
    """Bytes that autograd keeps beside parameters and buffers, each storage once."""
    model = resnet_lab.ResNet(spec).train()
    own = [*model.parameters(), *model.buffers()]
    known = {tensor.untyped_storage().data_ptr() for tensor in own}
    kept: list[torch.Tensor] = []  # holds them, so that no storage is used twice

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept.append(tensor)
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        model(torch.randn(1, spec.in_channels, *size))
    storages = {tensor.untyped_storage() for tensor in kept}
    sizes = {storage.data_ptr(): storage.nbytes() for storage in storages}
    return sum(number for place, number in sizes.items() if place not in known)


@pytest.mark.parametrize(
    "name",
    [
        "resnet18", "resnet50", "resnet50_v1", "resnet50d", "resnet50t", "resnext50_32x4d",
        "resnetv2_18d", "resnetv2_50", "resnet20", "plain20", "resnetv2_110", "resnetv2_164",
    ],
)  # fmt: skip
def test_saved_bytes_are_what_autograd_keeps(name):
    spec = resnet_lab.spec(name)
    size = (33, 32) if spec.stem == "3x3" else (97, 65)
    assert resnet_lab.cost(spec, size).saved_bytes == saved_for_backward(spec, size)


def test_saved_bytes_of_random_specifications(drawn):
    for spec, size in random_cases(drawn, 60):
        deepest = resnet_lab.cost(spec, size).parts[-2].output_shape
        if deepest[1] * deepest[2] > 1:  # else batch normalization refuses a batch of one
            assert resnet_lab.cost(spec, size).saved_bytes == saved_for_backward(spec, size), spec


def test_totals_are_sums_of_the_parts():
    whole = resnet_lab.cost("resnet50", 225)
    assert [part.name for part in whole.parts] == [
        "stem", "stage 1", "stage 2", "stage 3", "stage 4", "head"
    ]  # fmt: skip
    for total in ("params", "macs", "activations", "saved_bytes"):
        assert getattr(whole, total) == sum(getattr(part, total) for part in whole.parts)
    assert whole.output_shape == (1000,)
    assert whole.parts[4].output_shape == (2048, 8, 8)


def test_prints_as_text_and_html():
    found = resnet_lab.cost("resnet20", 32)
    assert "269,722 parameters, 40,551,040 MACs" in str(found)
    assert "layer1.0.conv1" in found._repr_html_()


def test_bad_input():
    with pytest.raises(ValueError, match="got 'resnet51'"):
        resnet_lab.cost("resnet51")
    with pytest.raises(TypeError, match="^network must be a ResNetSpec or a name of one, got 50"):
        resnet_lab.cost(50)
    with pytest.raises(TypeError, match="^input_size must be an integer .*, got 224.0"):
        resnet_lab.cost("resnet50", 224.0)
    with pytest.raises(TypeError, match="^input_size must be an integer, got True"):
        resnet_lab.cost("resnet50", True)
    with pytest.raises(ValueError, match="^input_size must be at least 1, got 0"):
        resnet_lab.cost("resnet50", 0)
    with pytest.raises(TypeError, match="^each of input_size must be an integer, got True"):
        resnet_lab.cost("resnet50", (224, True))
    with pytest.raises(TypeError, match="^input_size must be an integer or height and width"):
        resnet_lab.cost("resnet50", (1, 3, 224, 224))


def test_a_specification_changed_by_hand_costs_what_it_says():
    spec = replace(resnet_lab.spec("resnet50"), num_classes=10)
    assert resnet_lab.cost(spec).params == resnet_lab.cost("resnet50").params - 990 * 2049


def test_a_head_has_no_map_and_so_no_field():
    head = resnet_lab.cost("resnet50").parts[-1]
    assert (head.name, head.receptive_field, head.jump) == ("head", None, None)
