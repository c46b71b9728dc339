"""Hook tools on networks that ``torch.compile`` has already made code of, and on foreign ones."""

import shutil
import subprocess
import sys

import pytest
import torch
import torchvision
from torch import nn

import resnet_lab
from resnet_lab import identify, load_weights, trace_shapes
from resnet_lab.hooks import gradient_flow, lesioned, removable_blocks
from resnet_lab.hooks.networks import our_resnet, uncompiled
from resnet_lab.models import ResNet, ResNetSpec
from resnet_lab.widgets.labs.stages import stage_maps
from tests.hooks.hook_count import hook_count

pytestmark = pytest.mark.usefixtures("one_thread")

IMAGES = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(4)
CUT = ["layer1.1", "layer2.0"]


@pytest.fixture(autouse=True)
def afresh():
    """Nothing that another test compiled."""
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def network(shortcut: str = "B") -> ResNet:
    torch.manual_seed(0)
    spec = ResNetSpec(
        "small", "basic", (2, 2), stem="3x3", shortcut=shortcut, widths=(4, 8), stem_width=4,
        num_classes=5,
    )  # fmt: skip
    return ResNet(spec).eval()


def compiled(way: str, backend: str = "eager", shortcut: str = "B"):
    """A network, and what is called in its place; it has run without gradients."""
    model = network(shortcut)
    calls = model
    if way == "wrapper":
        calls = torch.compile(model, backend=backend)
    elif way == "function":
        calls = torch.compile(lambda x: model(x), backend=backend)
    else:
        part = {"in place": "", "a stage": "layer1", "a block": "layer2.0"}[way]
        model.get_submodule(part).compile(backend=backend)
    run(calls)
    return model, calls


def run(calls) -> torch.Tensor:
    with torch.no_grad():
        return calls(IMAGES)


def without(cut) -> torch.Tensor:
    """What a network that is not compiled computes without some blocks."""
    model = network()
    with lesioned(model, cut):
        return run(model)


WAYS = ["wrapper", "in place", "a stage", "a block", "function"]


def check_lesion(way: str, backend: str) -> None:
    model, calls = compiled(way, backend)
    whole = run(calls)
    with lesioned(model, CUT):
        torch.testing.assert_close(run(calls), without(CUT))
        with lesioned(model, ["layer2.1"]):
            torch.testing.assert_close(run(calls), without([*CUT, "layer2.1"]))
        torch.testing.assert_close(run(calls), without(CUT))
    assert not torch.allclose(whole, without(CUT), atol=1e-2)
    assert torch.equal(run(calls), whole)
    assert hook_count(model) == hook_count(network())


@pytest.mark.parametrize("way", WAYS)
def test_a_lesion_reaches_a_network_that_was_compiled(way):
    check_lesion(way, "eager")


@pytest.mark.everything
@pytest.mark.skipif(shutil.which("c++") is None, reason="the usual backend needs a compiler")
@pytest.mark.parametrize("way", ["wrapper", "in place"])
def test_a_lesion_reaches_code_of_the_usual_backend(way):
    check_lesion(way, "inductor")


def test_a_lesion_takes_the_wrapper_too():
    model, calls = compiled("wrapper")
    assert removable_blocks(calls) == removable_blocks(model)
    with lesioned(calls, CUT):
        torch.testing.assert_close(run(calls), without(CUT))


def test_a_network_that_is_compiled_under_a_lesion_is_whole_afterwards():
    model = network()
    whole = run(model)
    with lesioned(model, CUT):
        calls = torch.compile(model, backend="eager")
        torch.testing.assert_close(run(calls), without(CUT))
    assert torch.equal(run(calls), whole)


def test_compiled_code_is_used_again_and_not_made_again():
    """It is costly: to look must not throw it away."""
    made = []

    def backend(graph, inputs):
        made.append(graph)
        return graph.forward

    model = network()
    calls = torch.compile(model, backend=backend)
    run(calls)
    before = len(made)
    with lesioned(model, CUT):
        run(calls)
    trace_shapes(calls, IMAGES)
    gradient_flow(calls, IMAGES, LABELS)
    run(calls)
    assert len(made) == before > 0


@pytest.mark.parametrize("way", WAYS)
def test_looks_see_every_layer_of_a_network_that_was_compiled(way):
    model, calls = compiled(way)
    before = run(calls)
    seen = calls if isinstance(calls, nn.Module) else model
    assert list(trace_shapes(seen, IMAGES)) == list(trace_shapes(network(), IMAGES))
    assert gradient_flow(seen, IMAGES, LABELS) == gradient_flow(network(), IMAGES, LABELS)
    maps, expected = stage_maps(IMAGES[:1], model), stage_maps(IMAGES[:1], network())
    assert maps.keys() == expected.keys()
    assert all(torch.equal(maps[name], expected[name]) for name in maps)
    found = identify(seen)
    assert (found.spec, found.undecided) == (identify(network()).spec, ())
    assert torch.equal(run(calls), before)


def test_a_part_in_the_wrapper_is_refused_by_its_name():
    model = network()
    model.layer2 = torch.compile(model.layer2, backend="eager")
    looks = (
        lambda: lesioned(model, CUT).__enter__(),
        lambda: removable_blocks(model),
        lambda: gradient_flow(model, IMAGES, LABELS),
    )
    for look in looks:
        with pytest.raises(ValueError, match=r"^model must have no part .* got one in 'layer2'; "):
            look()
    assert len(trace_shapes(model, IMAGES)) == len(trace_shapes(network(), IMAGES))
    model.layer2 = model.layer2._orig_mod
    model.layer2.compile(backend="eager")  # as the message says
    assert gradient_flow(model, IMAGES, LABELS) == gradient_flow(network(), IMAGES, LABELS)


ALONE = """
import sys
import torch
from resnet_lab import build
from resnet_lab.hooks import lesioned

model = build("resnet20").eval()
images = torch.randn(1, 3, 32, 32)
with torch.no_grad():
    whole = model(images)
    with lesioned(model, ["layer1.0", "layer3.0"]):
        model(images)
        assert "torch._dynamo" not in sys.modules
        calls = torch.compile(model, backend="eager")
        cut = calls(images)
    assert not torch.equal(cut, whole)
    assert torch.equal(calls(images), whole)
"""


def test_the_compiler_is_not_loaded_where_nothing_was_compiled():
    """What is compiled under a lesion is whole afterwards all the same."""
    result = subprocess.run(
        [sys.executable, "-c", ALONE], capture_output=True, text=True, check=False, timeout=300
    )
    assert result.returncode == 0, result.stderr[-2000:]


def test_what_was_set_for_the_compiler_is_set_again():
    calls = torch.compile(network(), backend="eager")
    with torch.compiler.set_stance("fail_on_recompile"):
        with pytest.raises(ValueError, match="^images must have"), uncompiled():
            calls(IMAGES[0])
        with pytest.raises(RuntimeError, match="fail_on_recompile"):
            run(calls)


def test_foreign_networks_are_named_and_the_message_says_what_to_do():
    model = torchvision.models.resnet18(num_classes=5).eval()
    images = torch.randn(2, 3, 32, 32)
    looks = (
        lambda: lesioned(model, ["layer1.0"]).__enter__(),
        lambda: removable_blocks(model),
        lambda: gradient_flow(model, images, LABELS[:2]),
        lambda: our_resnet(nn.DataParallel(model)),
    )
    kinds = ["torchvision.models.resnet.ResNet"] * 3 + [
        "torch.nn.parallel.data_parallel.DataParallel"
    ]
    for look, kind in zip(looks, kinds, strict=True):
        with pytest.raises(TypeError) as error:
            look()
        said = str(error.value)
        assert said.startswith(f"model must be a resnet_lab.models.ResNet, got a {kind}; ")
        advice = "load_weights(ResNet(identify(model).spec), model.state_dict())"
        assert advice in said
    names = {"load_weights": load_weights, "identify": identify, "ResNet": resnet_lab.ResNet}
    ours = eval(advice, {**names, "model": model}).eval()
    with torch.no_grad():
        assert torch.equal(ours(images), model(images))
        with lesioned(ours, ["layer1.0"]):
            assert not torch.equal(ours(images), model(images))
