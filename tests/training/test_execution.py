"""Ways to carry out a recipe: each trains alike, is recorded, or is refused in clear words."""

import copy
import shutil
from dataclasses import replace

import pytest
import torch
from tiny_runs import RECIPE, SPEC, tiny_trainer
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from resnet_lab.training import Execution, execution
from resnet_lab.training.step import load_optimizer, make_step, set_lr

pytestmark = pytest.mark.usefixtures("one_thread")

NEAR = {"channels_last": 1e-3, "bf16": 0.05, "compile": 1e-3}


def losses(**choices) -> tuple[list[float], dict]:
    """Train loss at each point; what the record says of the execution."""
    recipe = RECIPE.changed(evaluate_every=5, lr=0.02)
    record = tiny_trainer(recipe=recipe, execution=Execution("cpu", **choices)).run()
    assert record.finished
    return record.curve.train_loss + record.curve.test_loss, record.execution


@pytest.mark.parametrize("choice", [{"channels_last": True}, {"bf16": True}])
def test_other_ways_train_to_a_similar_loss_and_are_recorded(choice):
    plain, before = losses()
    found, recorded = losses(**choice)
    (name,) = choice
    assert found == pytest.approx(plain, rel=NEAR[name])
    assert found != plain
    assert {**before, **choice} == recorded
    assert plain[5] < plain[0]


def test_a_cuda_graph_is_refused_where_several_processes_train(monkeypatch):
    monkeypatch.setattr(Execution, "torch_device", torch.device("cuda"))
    joined = object.__new__(DistributedDataParallel)
    with pytest.raises(ValueError, match="^cuda_graph must be False where several processes"):
        make_step(joined, None, RECIPE, Execution(cuda_graph=True))


@pytest.mark.everything
@pytest.mark.skipif(shutil.which("c++") is None, reason="no c++: torch.compile can't be tried")
@pytest.mark.parametrize("choice", [{}, {"channels_last": True}])
def test_a_compiled_network_trains_to_a_similar_loss_and_is_recorded(choice):
    torch.compiler.reset()
    plain, before = losses()
    found, recorded = losses(compile="default", **choice)
    assert found == pytest.approx(plain, rel=NEAR["compile"])
    assert {**before, **choice, "compile": "default"} == recorded


@pytest.mark.everything
@pytest.mark.skipif(shutil.which("c++") is None, reason="no c++: torch.compile can't be tried")
def test_every_network_of_a_process_is_compiled(monkeypatch):
    """torch gives up on a function that it had to compile too often, with no more than a warning.

    It does so after eight times; here after one.
    """
    monkeypatch.setattr(torch._dynamo.config, "recompile_limit", 1)
    recipe, compiled = RECIPE.changed(iterations=1), torch._dynamo.utils.counters["stats"]
    torch.compiler.reset()
    before = compiled["unique_graphs"]
    for count, width in enumerate((4, 6), start=1):
        spec = replace(SPEC, widths=(width, 8, 16), stem_width=width)
        tiny_trainer(model=spec, recipe=recipe, execution=Execution("cpu", compile="default")).run()
        assert compiled["unique_graphs"] - before == count


def test_the_choices_reach_the_layers():
    seen = []
    trainer = tiny_trainer(execution=Execution("cpu", channels_last=True, bf16=True))
    conv = trainer.model.layer1[0].conv2
    conv.register_forward_hook(lambda _, args, output: seen.append((args[0], output)))
    trainer.recipe = RECIPE.changed(iterations=1)
    trainer.run()
    assert len(seen) == 2  # a step, then an evaluation
    for images, output in seen:
        assert images.is_contiguous(memory_format=torch.channels_last)
        assert not images.is_contiguous()
        assert output.dtype == torch.bfloat16
    assert conv.weight.is_contiguous(memory_format=torch.channels_last)
    assert all(value.dtype == torch.float32 for value in trainer.model.parameters())


@pytest.mark.parametrize("tf32", [False, True])
def test_tf32_is_as_asked_while_a_run_goes_on_and_then_as_before(tf32):
    switches = torch.backends.cudnn, torch.backends.cuda.matmul

    def found(*_) -> None:
        seen.append([switch.allow_tf32 for switch in switches])

    seen = []
    found()
    trainer = tiny_trainer(execution=Execution("cpu", tf32=tf32), on_point=found)
    assert trainer.run().execution["tf32"] is tf32
    found()
    assert seen == [seen[0], *[[tf32, tf32]] * 3, seen[0]]
    trainer.model.register_forward_hook(found)  # also where somebody only evaluates
    trainer.evaluate()
    found()
    assert seen[5:] == [[tf32, tf32], seen[0]]


def test_the_test_loss_is_not_rounded_to_bf16():
    trainer = tiny_trainer(execution=Execution("cpu", bf16=True))
    trainer.run()
    (batch,) = trainer.batches.test()
    trainer.model.eval()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        logits = trainer.model(batch.images)
    assert logits.dtype == torch.bfloat16
    expected = F.cross_entropy(logits.float(), batch.labels)
    assert trainer.evaluate()[0] == pytest.approx(float(expected), rel=1e-6)


def test_a_rate_inside_a_graph_stays_the_tensor_it_is():
    weight = torch.nn.Parameter(torch.ones(3))
    rate = torch.tensor(0.5)
    optimizer = torch.optim.SGD([weight], lr=rate, momentum=0.9)
    weight.grad = torch.ones(3)
    optimizer.step()
    set_lr(optimizer, 0.25)
    state = copy.deepcopy(optimizer.state_dict())
    set_lr(optimizer, 0.125)
    load_optimizer(optimizer, state)
    assert optimizer.param_groups[0]["lr"] is rate
    assert torch.equal(optimizer.state[weight]["momentum_buffer"], torch.ones(3))
    set_lr(optimizer, 1.0)
    assert rate == 1.0
    plain = torch.optim.SGD([weight], lr=0.5)
    load_optimizer(plain, torch.optim.SGD([weight], lr=0.25).state_dict())
    assert plain.param_groups[0]["lr"] == 0.25


def test_an_execution_says_what_it_is():
    best = "cuda" if torch.cuda.is_available() else "cpu"
    assert Execution().to_json() == {
        "device": best, "channels_last": False, "compile": None, "cuda_graph": False,
        "bf16": False, "tf32": False,
    }  # fmt: skip
    assert Execution("cpu").torch_device == torch.device("cpu")
    assert Execution("cpu").look_every == 1


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"device": "tpu"}, ValueError, "^device must be one that torch finds here, got 'tpu'"),
        ({"device": "cuda:99"}, ValueError, "^device must be .* got 'cuda:99'"),
        ({"device": ""}, ValueError, "^device must be one that torch finds here, got ''"),
        ({"cuda_graph": True}, ValueError, "^cuda_graph must be False on cpu: only CUDA devices"),
        ({"cuda_graph": True, "compile": "default"}, ValueError, "^cuda_graph .* compile is set"),
        ({"compile": "fast"}, ValueError, "^compile must be None or one of 'default', .* 'fast'"),
        ({"compile": True}, ValueError, "^compile must be None or one of .* got True"),
        ({"bf16": 1}, TypeError, "^bf16 must be True or False, got 1"),
        ({"channels_last": "yes"}, TypeError, "^channels_last must be True or False, got 'yes'"),
        ({"tf32": "no"}, TypeError, "^tf32 must be True or False, got 'no'"),
        ({"cuda_graph": None}, TypeError, "^cuda_graph must be True or False, got None"),
    ],
)
def test_what_cannot_be_is_refused(choices, error, message):
    with pytest.raises(error, match=message):
        Execution(**{"device": "cpu", **choices})


@pytest.mark.parametrize(
    ("device", "rank", "wanted"),
    [
        (None, None, "cuda"),
        (None, "0", "cuda:0"),
        (None, "3", "cuda:3"),
        ("cuda", "3", "cuda:3"),
        ("cuda:1", "3", "cuda:1"),
        ("cpu", "3", "cpu"),
    ],
)
def test_of_several_gpus_each_process_takes_its_own(monkeypatch, device, rank, wanted):
    """As torchrun tells it; a machine with four GPUs is pretended."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(execution.torch, "empty", lambda size, device: None)
    if rank is None:
        monkeypatch.delenv("LOCAL_RANK", raising=False)
    else:
        monkeypatch.setenv("LOCAL_RANK", rank)
    chosen = Execution(device)
    assert chosen.torch_device == torch.device(wanted)
    assert chosen.to_json()["device"] == wanted.partition(":")[0]
    assert chosen.look_every == (1 if wanted == "cpu" else 50)


on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU: CUDA graphs not tried")


@on_gpu
@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("stop", [10, 20])
def test_a_graphed_run_goes_on_over_a_drop_of_the_rate(tmp_path, stop, fresh):
    """Drops are at 12 and 24: the graph must read the rate, and the momentum, of the new state."""
    graphed = Execution("cuda", cuda_graph=True)
    straight = tiny_trainer(execution=graphed).run().curve
    trainer = tiny_trainer(
        tmp_path, execution=graphed, checkpoint_every=10,
        on_point=lambda trainer: trainer.steps == stop and trainer.stop(),
    )  # fmt: skip
    trainer.run()
    if fresh:
        trainer = tiny_trainer(tmp_path, execution=graphed, checkpoint_every=10)
    curve = trainer.run(resume=True).curve
    assert curve.lr == straight.lr
    assert curve.train_loss == pytest.approx(straight.train_loss, rel=1e-3)


@on_gpu
def test_a_graph_takes_each_step_once():
    trainer = tiny_trainer(execution=Execution("cuda", cuda_graph=True))
    trainer.run()
    norms = [m for m in trainer.model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert {int(norm.num_batches_tracked) for norm in norms} == {30}


@on_gpu
def test_a_graphed_run_that_diverges_keeps_no_ruins(tmp_path):
    recipe = RECIPE.changed(lr=1e9, evaluate_every=10)
    graphed = Execution("cuda", cuda_graph=True)
    record = tiny_trainer(tmp_path, recipe=recipe, execution=graphed).run()
    assert record.diverged
    assert len(record.curve) == 0
    assert not list(tmp_path.glob("step-*.pt"))


@on_gpu
@pytest.mark.parametrize("choice", [{}, {"cuda_graph": True}, {"channels_last": True}])
def test_a_gpu_trains_to_a_similar_loss(choice):
    recipe = RECIPE.changed(evaluate_every=5, lr=0.02, drops=(12,))
    here = tiny_trainer(recipe=recipe).run().curve
    there = tiny_trainer(recipe=recipe, execution=Execution("cuda", **choice)).run().curve
    assert there.train_loss == pytest.approx(here.train_loss, rel=0.02)
    assert there.lr == here.lr
