"""A module against a reference with the same weights: what is seen, and what does not matter."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_lab.exercises.checking import AnswerError
from resnet_lab.exercises.comparison import comparison_fault, partners

INPUTS = [
    torch.randn(3, 4, *size, generator=torch.Generator().manual_seed(0))
    for size in ((8, 6), (7, 5))
]


def reference():
    return nn.Sequential(
        nn.Conv2d(4, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU(),
        nn.AvgPool2d(2, ceil_mode=True),
    )


class Part(nn.Module):
    """The reference with its layers declared in reverse, and a place for each fault."""

    def __init__(self, momentum=0.1, eps=1e-5):
        super().__init__()
        self.norm = nn.BatchNorm2d(6, momentum=momentum, eps=eps)
        self.weigh = nn.Conv2d(4, 6, 3, padding=1, bias=False)

    def forward(self, x):
        return self.pool(F.relu(self.normed(self.weigh(x))))

    def normed(self, x):
        return self.norm(x)

    def pool(self, x):
        return F.avg_pool2d(x, 2, ceil_mode=True)


def with_(**methods):
    return type("Changed", (Part,), methods)()


def fault(part):
    return comparison_fault(part, reference(), INPUTS, "the reference")


def test_other_names_and_another_order_do_not_matter():
    assert fault(Part()) is None
    assert fault(reference()) is None


@pytest.mark.parametrize("settings", [
    {"momentum": 0.2}, {"momentum": 1.0}, {"momentum": None}, {"eps": 1e-3}, {"eps": 1e-8},
])
def test_a_momentum_and_a_small_eps_are_free(settings):
    part = Part(**settings)
    assert fault(part) is None
    assert comparison_fault(reference(), part, INPUTS, "the part") is None
    assert {name: getattr(part.norm, name) for name in settings} == settings


def test_the_part_is_left_as_it_was():
    part = Part()
    before = {name: value.clone() for name, value in part.state_dict().items()}
    fault(part)
    assert all(torch.equal(before[name], value) for name, value in part.state_dict().items())
    assert part.training
    assert part.weigh.weight.dtype == torch.float32


def always_by_running(self, x):
    norm = self.norm
    return F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias)


def always_by_batch(self, x):
    norm = self.norm
    return F.batch_norm(x, None, None, norm.weight, norm.bias, training=True)


def forgets_statistics(self, x):
    return always_by_batch(self, x) if self.training else self.norm(x)


@pytest.mark.parametrize(("part", "reason"), [
    (with_(pool=lambda self, x: F.avg_pool2d(x, 2)),
     "(3, 4, 7, 5) comes out as Tensor of shape (3, 6, 3, 2);"),
    (with_(pool=lambda self, x: F.avg_pool2d(F.pad(x, (0, x.shape[3] % 2, 0, x.shape[2] % 2)), 2)),
     "(3, 4, 7, 5) differs by up to"),
    (with_(normed=always_by_running), "In training, what becomes of a map"),
    (with_(normed=always_by_batch), "In training, after the batch, `norm.running_mean`"),
    (with_(normed=lambda self, x: self.norm(x) if self.training else x), "In evaluation, what"),
    (with_(normed=forgets_statistics), "after the batch, `norm.running_mean` is not"),
    (with_(normed=lambda self, x: self.norm(x) * torch.nan), "In training, what becomes of a map"),
    (Part(momentum=0.0), "after the batch, `norm.running_mean` is not"),
    (Part(eps=0.1), "In training, what becomes of"),
    (Part(eps=2e-3), "In training, what becomes of"),
    (with_(forward=lambda self, x: Part.forward(self, x.detach())),
     "the gradient at the input is not that of the reference. It is zero everywhere"),
    (with_(forward=lambda self, x: Part.forward(self, x).detach()),
     "no gradient reaches the input"),
    (with_(normed=lambda self, x: self.norm(x) + self.norm.bias[:, None, None].detach() -
           self.norm.bias[:, None, None]), "the gradient at `norm.bias` is not that"),
    (with_(pool=lambda self, x: None), "comes out as NoneType;"),
    (Part().requires_grad_(False), "`norm.weight.requires_grad` is False"),
])
def test_what_differs_is_named(part, reason):
    assert reason in str(fault(part))


def test_rows_that_go_for_columns_are_seen():
    part = with_(pool=lambda self, x: F.avg_pool2d(x.flip(-1), 2, ceil_mode=True).flip(-1))
    assert comparison_fault(part, reference(), INPUTS[:1], "the reference") is None
    assert "(3, 4, 7, 5) differs" in str(fault(part))


@pytest.mark.parametrize(("part", "reason"), [
    (nn.Conv2d(4, 6, 3, padding=1, bias=False), "A `weight` of shape (6,) is missing; it has one"),
    (nn.Sequential(reference(), nn.PReLU()), "a parameter `1.weight` of shape (1,); it has none"),
    (nn.Sequential(nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6)), "a parameter `0.bias`"),
])
def test_weights_too_few_or_too_many_are_named(part, reason):
    with pytest.raises(AnswerError) as raised:
        partners(part, reference(), "it")
    assert reason in str(raised.value)


def test_a_part_that_stops_is_reported_with_the_size():
    with pytest.raises(AnswerError, match=r"^A map of shape \(3, 4, 7, 5\) stops it\. ValueError"):
        fault(with_(pool=lambda self, x: stop_at_odd(x)))


def stop_at_odd(x):
    if x.shape[-1] % 2:
        raise ValueError("odd")
    return F.avg_pool2d(x, 2)


def test_the_partner_of_the_same_name_comes_first():
    part, other = (nn.ModuleDict({name: nn.Linear(2, 2, bias=False) for name in names})
                   for names in ("ab", "ba"))
    assert partners(part, other, "it") == {"a.weight": "a.weight", "b.weight": "b.weight"}


def test_the_last_word_of_a_name_comes_before_the_shape():
    """Scale and shift have the same shape, and the part declares them the other way round."""
    part, other = nn.Module(), nn.BatchNorm1d(3)
    part.norm = nn.Module()
    for name in ("bias", "weight"):
        part.norm.register_parameter(name, nn.Parameter(torch.ones(3)))
    for name in ("running_var", "running_mean"):
        part.norm.register_buffer(name, torch.ones(3))
    assert partners(part, other, "it") == {
        name: f"norm.{name}" for name in ("weight", "bias", "running_mean", "running_var")
    }


def test_values_at_the_start_come_before_the_order_of_declaration():
    """A scale starts at 1 and a shift at 0, whatever they are called."""
    part, other = nn.Module(), nn.BatchNorm1d(3)
    part.beta, part.gamma = nn.Parameter(torch.zeros(3)), nn.Parameter(torch.ones(3))
    part.register_buffer("running_spread", torch.ones(3))
    part.register_buffer("running_middle", torch.zeros(3))
    assert partners(part, other, "it") == {
        "weight": "gamma", "bias": "beta",
        "running_mean": "running_middle", "running_var": "running_spread",
    }


def test_a_relu6_is_no_relu():
    part = with_(forward=lambda self, x: self.pool(F.relu6(self.normed(self.weigh(x)))))
    assert "In training, what becomes of a map" in str(fault(part))
