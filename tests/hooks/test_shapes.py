"""The shape trace against torchinfo, and that it leaves a model as it was."""

import copy
import warnings

import pytest
import torch
import torchinfo
import torchvision
from torch import nn

import resnet_lab
from resnet_lab import trace_shapes
from resnet_lab.tables import html_table, text_table
from tests.hooks.hook_count import hook_count

MODELS = {
    "ours": lambda: resnet_lab.build("resnet50"),
    "torchvision": torchvision.models.resnet18,
    "densenet": torchvision.models.densenet121,
    "efficientnet": torchvision.models.efficientnet_b0,
}


@pytest.mark.parametrize("name", MODELS)
def test_agrees_with_torchinfo(name):
    model = MODELS[name]().eval()
    rows = trace_shapes(model, (2, 3, 224, 224)).rows
    summary = torchinfo.summary(model, (2, 3, 224, 224), verbose=0, cache_forward_pass=False)
    leaves = [layer for layer in summary.summary_list if layer.is_leaf_layer]
    ours = [(row.kind, row.output_shape) for row in rows]
    theirs = [(leaf.class_name, tuple(leaf.output_size)) for leaf in leaves]
    assert ours == theirs


def test_counts_every_parameter_once():
    model = resnet_lab.build("resnet50")
    trace = trace_shapes(model)
    assert trace.params == sum(p.numel() for p in model.parameters())
    assert trace[0].params == model.conv1.weight.numel()


def test_residual_sums_are_rows():
    trace = trace_shapes(resnet_lab.build("resnet18"))
    sums = [row for row in trace if row.kind == "Add"]
    assert [row.name for row in sums][:2] == ["layer1.0.add", "layer1.1.add"]
    assert all(row.input_shape == (row.output_shape, row.output_shape) for row in sums)


@pytest.mark.parametrize("size", [224, 225, 97])
def test_shapes_are_those_of_a_real_forward(size):
    """Each stage's output as the model computes it, stage by stage and without hooks."""
    model = resnet_lab.build("resnet50").eval()
    rows = {row.name: row for row in trace_shapes(model, (1, 3, size, size))}
    with torch.no_grad():
        x = model.maxpool(model.relu(model.bn1(model.conv1(torch.zeros(1, 3, size, size)))))
        assert rows["maxpool"].output_shape == tuple(x.shape)
        for name in model.stage_names:
            x = getattr(model, name)(x)
            last = [row for row in rows.values() if row.name.startswith(name)][-1]
            assert last.output_shape == tuple(x.shape)


@pytest.mark.parametrize("fused", [True, False])
def test_fused_attention_is_traced_too(fused):
    """It is switched off meanwhile and is then as it was, also where a forward pass fails."""
    layer = nn.TransformerEncoderLayer(8, 2, batch_first=True)
    model = nn.TransformerEncoder(layer, 2).eval()
    before = torch.backends.mha.get_fastpath_enabled()
    try:
        torch.backends.mha.set_fastpath_enabled(fused)
        kinds = [row.kind for row in trace_shapes(model, (1, 4, 8))]
        assert torch.backends.mha.get_fastpath_enabled() == fused
        with pytest.raises(AssertionError, match="dimension of 8"):
            trace_shapes(model, (1, 4, 9))
        assert torch.backends.mha.get_fastpath_enabled() == fused
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
    assert kinds.count("MultiheadAttention") == 2
    assert kinds.count("Linear") == 4


def test_meta_device_and_pending_backward():
    with torch.device("meta"):
        model = resnet_lab.build("resnet18")
    assert len(trace_shapes(model)) == len(trace_shapes(resnet_lab.build("resnet18")))
    model = resnet_lab.build("resnet18").eval()
    loss = model(torch.randn(1, 3, 64, 64)).sum()
    trace_shapes(model, (1, 3, 64, 64))
    loss.backward()


def test_several_inputs_and_layers_of_one_axis():
    trace = trace_shapes(nn.Bilinear(2, 3, 4), (torch.zeros(5, 2), torch.zeros(5, 3)))
    assert trace[0].input_shape == ((5, 2), (5, 3))
    assert trace_shapes(nn.MaxPool1d(2), (1, 3, 8))[0].kernel == (2,)
    assert trace_shapes(nn.AvgPool3d(2), (1, 3, 8, 8, 8))[0].kernel == (2, 2, 2)


def test_a_slice_is_a_trace():
    trace = trace_shapes(resnet_lab.build("resnet18"), (1, 3, 64, 64))
    assert len(trace[:4]) == 4
    assert "maxpool" in str(trace[:4])


def test_what_hooks_cannot_see_is_refused():
    with pytest.raises(ValueError, match="model must have run once: '1'"):
        trace_shapes(nn.Sequential(nn.ReLU(), nn.LazyLinear(3)), (1, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some releases of torch call tracing deprecated
        scripted = torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2))
    with pytest.raises(ValueError, match="must not be scripted"):
        trace_shapes(scripted, (1, 2))


class Counter(nn.Module):
    """A model that changes its own buffers, in place and by assignment, in any mode."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("calls", torch.zeros(1))
        self.register_buffer("last", torch.zeros(1))
        self.register_buffer("nothing", None)
        self.inner = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm2d(3))

    def forward(self, x):
        self.calls += 1
        self.last = x.mean().reshape(1) + 1
        self.nothing = self.last
        self.register_buffer("new", torch.ones(1))
        return self.inner(x) * self.scale + torch.rand_like(x)


@pytest.mark.parametrize("make", [Counter, MODELS["ours"], MODELS["torchvision"]])
def test_leaves_the_model_as_it_was(make):
    model = make().train()
    next(model.children()).eval()  # a mixture of modes is kept, too
    model.register_forward_hook(lambda *args: None)
    modes = [module.training for module in model.modules()]
    before = copy.deepcopy(model.state_dict())
    buffers = dict(model.named_buffers())
    random_state = torch.random.get_rng_state()
    hooks = hook_count(model)

    trace_shapes(model, torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)))

    assert hook_count(model) == hooks >= 1
    assert [module.training for module in model.modules()] == modes
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert all(buffer is buffers[name] for name, buffer in model.named_buffers())
    assert torch.equal(torch.random.get_rng_state(), random_state)
    assert all(p.grad is None for p in model.parameters())


def test_a_failing_forward_names_the_layer_and_leaves_no_hook():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Linear(5, 5)).train()
    with pytest.raises(RuntimeError) as caught:
        trace_shapes(model, (1, 3, 9, 9))
    assert caught.value.__notes__ == ["The trace stopped after '0' (Conv2d), output 1x8x7x7."]
    assert hook_count(model) == 0
    assert model.training


@pytest.mark.parametrize("place", range(4))
def test_a_failure_names_the_last_layer_that_ran(place):
    layers = [nn.ReLU() for _ in range(4)]
    layers[place] = nn.Linear(5, 4)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied") as caught:
        trace_shapes(nn.Sequential(*layers), (1, 4))
    before = f"The trace stopped after '{place - 1}' (ReLU), output 1x4."
    assert getattr(caught.value, "__notes__", []) == ([before] if place else [])


def test_modules_elsewhere_are_not_recorded():
    helper = nn.Linear(4, 4)

    class Outside(nn.Module):
        def forward(self, x):
            return [helper][0](x)

    assert [row.kind for row in trace_shapes(Outside(), (1, 4))] == ["Outside"]


def test_a_module_called_twice_has_two_rows():
    relu = nn.ReLU()
    shared = nn.Linear(4, 4)
    trace = trace_shapes(nn.Sequential(shared, relu, shared, relu), (1, 4))
    assert [row.kind for row in trace] == ["Linear", "ReLU", "Linear", "ReLU"]
    assert [row.params for row in trace] == [20, 0, 0, 0]


def test_several_inputs_and_outputs():
    trace = trace_shapes(nn.LSTM(5, 7, num_layers=2, batch_first=True), (2, 3, 5))
    assert trace[0].output_shape == ((2, 3, 7), (2, 2, 7), (2, 2, 7))
    assert "2x3x7 + 2x2x7" in str(trace)


def test_a_transformer_is_traced_too():
    trace = trace_shapes(torchvision.models.vit_b_32(), (1, 3, 224, 224))
    attention = [row for row in trace if row.kind == "MultiheadAttention"]
    assert len(attention) == 12
    assert attention[0].input_shape == ((1, 50, 768),) * 3


def test_own_parameters_come_in_call_order():
    trace = trace_shapes(Counter(), (1, 3, 8, 8))
    assert [(row.name, row.params) for row in trace] == [("", 1), ("inner.0", 0), ("inner.1", 6)]
    assert "(the model)" in str(trace)


def test_input_takes_the_models_type():
    model = resnet_lab.build("resnet18").double()
    assert trace_shapes(model, (1, 3, 64, 64)).params == 11_689_512


def test_input_takes_the_type_of_the_first_floating_point_parameter():
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.count = nn.Parameter(torch.zeros(2, dtype=torch.int64), requires_grad=False)
            self.layer = nn.Linear(4, 3).double()

        def forward(self, x):
            return self.layer(x)

    assert [row.name for row in trace_shapes(Counting(), (1, 4))] == ["", "layer"]


def test_inputs_by_keyword_are_seen_too():
    class Asking(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Bilinear(2, 3, 4)

        def forward(self, x):
            return self.layer(x, input2=torch.zeros(5, 3))

    assert trace_shapes(Asking(), (5, 2))[0].input_shape == ((5, 2), (5, 3))


def test_kernel_stride_padding():
    rows = trace_shapes(
        nn.Sequential(nn.Conv2d(3, 4, (3, 1), stride=2, padding=(1, 0)), nn.MaxPool2d(2)),
        (1, 3, 16, 16),
    ).rows
    assert (rows[0].kernel, rows[0].stride, rows[0].padding) == ((3, 1), (2, 2), (1, 0))
    assert (rows[1].kernel, rows[1].stride, rows[1].padding) == ((2, 2), (2, 2), (0, 0))
    assert rows[0].cells()[4:7] == ("3x1", "2", "1x0")
    assert trace_shapes(nn.Conv2d(3, 3, 3, padding="same"), (1, 3, 8, 8))[0].padding == "same"


def test_compiled_model_is_unwrapped():
    model = resnet_lab.build("resnet18")
    wrapper = torch.compile(model)
    assert len(trace_shapes(wrapper, (1, 3, 64, 64))) == len(trace_shapes(model, (1, 3, 64, 64)))


@pytest.mark.parametrize(
    ("size", "error", "message"),
    [
        ("224", TypeError, "input_size must be a shape"),
        (b"224", TypeError, "input_size must be a shape"),
        (224, TypeError, "input_size must be a shape"),
        ((1, 3, 224.0, 224), TypeError, "each of input_size must be an integer, got 224.0"),
        ((True, 3, 224, 224), TypeError, "each of input_size must be an integer, got True"),
        ((1, 3, 0, 224), ValueError, "each of input_size must be at least 1, got 0"),
    ],
)
def test_bad_input_size(size, error, message):
    with pytest.raises(error, match=message):
        trace_shapes(resnet_lab.build("resnet18"), size)


def test_bad_model():
    with pytest.raises(TypeError, match="model must be a torch.nn.Module, got str"):
        trace_shapes("resnet18")


def test_table_lines_up_and_escapes():
    text = text_table(["name", "parameters"], [["a", "1,000"], ["long<b>", "20"]], "caption")
    lines = text.splitlines()
    assert lines[0] == "caption"
    assert lines[4] == "a             1,000"
    assert lines[5] == "long<b>          20"
    markup = html_table(["<i>", "name"], [["", "long<b>"]], "a & b")
    assert "&lt;i&gt;" in markup
    assert "long&lt;b&gt;" in markup
    assert "<caption>a &amp; b</caption>" in markup


def test_trace_as_html_has_every_row():
    trace = trace_shapes(resnet_lab.build("resnet18"), (1, 3, 64, 64))
    assert trace._repr_html_().count("<tr>") == len(trace) + 1
