"""The trainer against a plain loop of torch, to the last bit, and what it makes of its input."""

import pytest
import torch
from plain_loop import plain_loop
from tiny_runs import CPU, RECIPE, SPEC, same_weights, tiny_data, tiny_trainer
from torch import nn
from torch.nn import functional as F

import resnet_lab
from resnet_lab.training import RECIPES, Trainer
from resnet_lab.training.batches import MemoryBatches
from resnet_lab.training.network import make_network

pytestmark = pytest.mark.usefixtures("one_thread")

WARM = {"warmup_lr": 0.01, "warmup_window": 4}


def first_network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return resnet_lab.ResNet(SPEC)


def batches_of(recipe, seed: int) -> MemoryBatches:
    return MemoryBatches(tiny_data(), recipe, seed, torch.device("cpu"), {})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {**WARM, "warmup_error": 60.0},
        {**WARM, "warmup_error": 0.0},
        {"momentum": 0.0, "weight_decay": 0.01, "drop_divisor": 2.0, "drops": (1, 2, 20)},
        {"batch": 50, "crop_padding": 0, "flip": False, "normalization": "none"},
    ],
)
def test_thirty_steps_are_those_of_a_plain_loop(changes):
    recipe = RECIPE.changed(**changes)
    trainer = tiny_trainer(recipe=recipe, seed=3)
    model = first_network(seed=3)
    assert same_weights(trainer.model.state_dict(), model.state_dict())
    record = trainer.run()
    source = batches_of(recipe, seed=3)
    losses = plain_loop(model, [source.train(step) for step in range(30)], recipe)
    assert same_weights(trainer.model.state_dict(), model.state_dict())
    assert record.first_losses == losses[:5]
    means = [sum(losses[start : start + 10]) / 10 for start in (0, 10, 20)]
    assert record.curve.train_loss == pytest.approx(means)


@pytest.mark.parametrize("clip_norm", [0.3, 1e6])
def test_gradients_are_scaled_down_together_to_the_largest_norm(clip_norm):
    recipe = RECIPE.changed(clip_norm=clip_norm, iterations=5, drops=())
    trainer, model = tiny_trainer(recipe=recipe), first_network(seed=0)
    losses = trainer.run().first_losses
    source = batches_of(recipe, seed=0)
    batches = [source.train(step) for step in range(5)]
    assert losses == pytest.approx(plain_loop(model, batches, recipe), rel=1e-5)
    for name, weight in model.state_dict().items():
        torch.testing.assert_close(trainer.model.state_dict()[name], weight, msg=name)
    free = plain_loop(first_network(seed=0), batches, recipe.changed(clip_norm=None))
    assert (losses == pytest.approx(free, rel=1e-5)) == (clip_norm == 1e6)


def test_the_warm_up_ends_after_the_first_window_that_is_good_enough():
    def rates(**changes):
        recipe = RECIPE.changed(**WARM, evaluate_every=1, **changes)
        curve = tiny_trainer(recipe=recipe).run().curve
        return curve.lr, curve.train_error

    never, errors = rates(warmup_error=0.0)
    assert set(never) == {0.01}
    at_once, _ = rates(warmup_error=100.0)
    # An error of 100 % is not below 100 %; after four steps of three classes there is none.
    assert at_once == pytest.approx([0.01] * 4 + [0.1] * 8 + [0.01] * 12 + [0.001] * 6)
    # Fewer errors than in the second and third window, as many as in the fourth: of the fifth on.
    windows = [sum(errors[start : start + 4]) / 4 for start in range(0, 28, 4)]
    best = min(range(7), key=windows.__getitem__)
    later, _ = rates(warmup_error=windows[best] + 0.01)
    first = next(k for k, error in enumerate(windows) if error < windows[best] + 0.01)
    end = 4 * (first + 1)
    assert first > 0
    assert later[:end] == [0.01] * end
    assert later[end:] == pytest.approx([RECIPE.lr_at(step) for step in range(end, 30)])


def test_the_curve_says_what_another_evaluation_finds():
    trainer = tiny_trainer()
    curve = trainer.run().curve
    assert curve.step == [10, 20, 30]
    assert curve.epoch == pytest.approx([1.6, 3.2, 4.8])
    assert curve.lr == pytest.approx([0.1, 0.01, 0.001])
    assert curve.seconds == sorted(curve.seconds)
    data = tiny_data()
    mean = data.train_images.double().div(255).mean(0).float()
    with torch.inference_mode():
        logits = trainer.model.eval()(data.test_images / 255 - mean)
    assert curve.test_loss[-1] == pytest.approx(F.cross_entropy(logits, data.test_labels).item())
    wrong = (logits.argmax(1) != data.test_labels).sum().item()
    assert curve.test_error[-1] == pytest.approx(100 * wrong / 21)


def test_an_evaluation_keeps_nothing_for_a_backward_pass():
    trainer, seen = tiny_trainer(), []
    trainer.model.register_forward_hook(
        lambda model, _, output: seen.append((model.training, output.requires_grad))
    )
    trainer.evaluate()
    trainer.advance()
    assert seen == [(False, False), (True, True)]
    assert not trainer.tally.sums.requires_grad


class Part:
    """One of two processes, which keeps what it would add to the sums of both."""

    def __init__(self, rank: int) -> None:
        self.rank, self.size, self.sums, self.agreed = rank, 2, None, None

    def agree(self, model: nn.Module) -> None:
        self.agreed = model

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        self.sums = values
        return values


def test_of_several_processes_each_evaluates_other_batches():
    trainer = tiny_trainer()
    images = list(trainer.batches.test(4))  # six batches, the last of one image
    trainer.batches.test = lambda: iter(images)
    parts = [Part(0), Part(1)]
    alone = trainer.evaluate()
    for trainer.group in parts:
        trainer.evaluate()
    assert all(part.agreed is trainer.model for part in parts)
    assert [int(part.sums[2]) for part in parts] == [12, 9]
    loss, wrong, count = sum(part.sums for part in parts).tolist()
    assert (loss / count, 100 * wrong / count) == pytest.approx(alone)


def test_steps_that_were_set_by_hand_are_gone_on_from():
    """As where somebody has the weights of a run and nothing else."""
    trainer = tiny_trainer()
    trainer.steps = 10
    record = trainer.run()
    assert record.curve.step == [20, 30]


def test_evaluating_changes_nothing_that_is_trained():
    often = tiny_trainer(recipe=RECIPE.changed(evaluate_every=1))
    seldom = tiny_trainer(recipe=RECIPE.changed(evaluate_every=30))
    assert len(often.run().curve) == 30
    assert len(seldom.run().curve) == 1
    assert same_weights(often.model.state_dict(), seldom.model.state_dict())


def test_a_tiny_network_learns_what_there_is_to_learn():
    record = tiny_trainer(recipe=RECIPE.changed(iterations=60, drops=(40,))).run()
    assert record.curve.train_error[0] > 20
    assert record.final("test_error") < 10


def test_held_out_images_are_tested_and_not_trained():
    trainer = tiny_trainer(recipe=RECIPE.changed(held_out=20))
    assert (trainer.batches.train_size, trainer.identity["data"]["test"]) == (30, 20)
    data = tiny_data()
    tested = torch.cat([batch.labels for batch in trainer.batches.test()])
    assert torch.equal(tested, data.train_labels[-20:])
    assert trainer.identity["data"]["checksum"] == data.split(20).checksum


def test_weights_follow_from_the_seed_alone():
    torch.manual_seed(1)
    first = tiny_trainer(seed=7).model.state_dict()
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert same_weights(first, tiny_trainer(seed=7).model.state_dict())
    assert torch.equal(before, torch.get_rng_state())
    assert not same_weights(first, tiny_trainer(seed=8).model.state_dict())


def test_names_are_fitted_and_specifications_must_fit():
    network = make_network("resnet20", (1, 8, 8), 10, seed=0)
    assert network.module.spec == resnet_lab.spec("resnet20", in_channels=1, num_classes=10)
    assert network.changes == {"in_channels": 1}
    assert (network.model, network.drawn) == ("resnet20", "from the seed")
    for wanted, message in (
        (resnet_lab.spec("resnet20"), "^num_classes of resnet20 must be 3 .*, got 10"),
        (resnet_lab.build("resnet20", num_classes=3, in_channels=1), "^in_channels .* 3 .* got 1"),
    ):
        with pytest.raises(ValueError, match=message):
            tiny_trainer(model=wanted)


def test_a_network_in_eval_mode_is_trained_in_train_mode():
    """As one is that was looked at before."""
    trainers = [tiny_trainer(model=first_network(seed=0).train(mode)) for mode in (True, False)]
    for trainer in trainers:
        trainer.run()
    assert same_weights(*(trainer.model.state_dict() for trainer in trainers))


def test_the_curve_has_a_point_for_each_pass_unless_it_is_told():
    """50 images in batches of 8: a pass is over within the seventh step."""
    record = tiny_trainer(recipe=RECIPE.changed(evaluate_every=None)).run()
    assert record.curve.step == [7, 14, 21, 28, 30]


def test_a_module_is_trained_as_it_is():
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 9 * 8, 3))
    before = model[1].weight.clone()
    record = tiny_trainer(model=model).run()
    assert (record.model, record.drawn, record.changes) == ("Sequential", "given", {})
    assert not torch.equal(before, model[1].weight)
    again = tiny_trainer(model=first_network(seed=0))
    assert again.record("running").model == "tiny"
    assert again.record("running").drawn == "given"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"model": 20}, TypeError, "^model must be a name, a ResNetSpec or a module, got 20"),
        ({"model": "resnet21"}, ValueError, "resnet21"),
        ({"data": "digits"}, TypeError, "^data must be an ImageSet .* got 'digits'"),
        ({"recipe": "short"}, TypeError, r"^recipe must be a Recipe \(.*got 'short'"),
        ({"seed": -1}, ValueError, "^seed must be at least 0, got -1"),
        ({"seed": 1.5}, TypeError, "^seed must be an integer, got 1.5"),
        ({"surgery": ["cut"]}, ValueError, "^surgery must be names of detach_short.* got 'cut'"),
        ({"checkpoint_every": 0}, ValueError, "^checkpoint_every must be at least 1, got 0"),
        ({"recipe": RECIPE.changed(held_out=50)}, ValueError, "^held_out must be .* 49, got 50"),
    ],
)
def test_what_makes_no_sense_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        tiny_trainer(**options)


def test_surgery_needs_a_network_that_it_knows():
    with pytest.raises(ValueError, match="^surgery must be empty for a Linear"):
        tiny_trainer(model=nn.Linear(2, 2), surgery=["detach_shortcuts"])


def test_a_real_network_on_real_images_takes_the_same_steps():
    """ResNet-20 on the digits by the short recipe, as chapter 1 trains it."""
    from resnet_lab.data import load_data

    data, recipe = load_data("digits"), RECIPES["short"].changed(iterations=6, drops=(3,))
    trainer = Trainer("resnet20", data, recipe, 1, CPU, progress=False)
    trainer.run()
    torch.manual_seed(1)
    model = resnet_lab.build("resnet20", in_channels=1)
    source = MemoryBatches(data, recipe, 1, torch.device("cpu"), {})
    plain_loop(model, [source.train(step) for step in range(6)], recipe)
    assert same_weights(trainer.model.state_dict(), model.state_dict())
