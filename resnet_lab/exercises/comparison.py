"""A module of the learner's against a reference that must compute the same."""

from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from resnet_lab.exercises.checking import AnswerError, error_text, kind_of
from resnet_lab.exercises.modules import frozen_fault

Entries = dict[str, Tensor]

LARGEST_EPS = 1e-3
"""Keras's default, a hundred times torch's."""


def comparison_fault(
    part: nn.Module, reference: nn.Module, inputs: Sequence[Tensor], like: str
) -> str | None:
    """Where a part computes something else than a reference with the same weights.

    Both are copied, and their weights and running statistics are drawn anew, so that no scale
    is 1 and no mean is 0. Then they run in training and in evaluation, in double precision. What
    comes out must agree, and the gradients at the input and at every parameter, and the running
    statistics after the batch. The momentum of a normalization and a small eps are free (see
    :func:`leveled`).

    Args:
        part: the learner's module. Its layers may have other names than those of the reference,
            and stand in another order (see :func:`partners`).
        reference: what the part must compute.
        inputs: maps ``N, C, H, W``; choose even and odd sizes, and rows unlike columns.
        like: the reference in words, ``"a v2 block"``.

    Returns:
        What differs, or ``None``.

    Raises:
        AnswerError: the part has other weights than the reference, or stops.
    """
    if fault := frozen_fault(part):
        return fault
    part, reference = leveled(part), leveled(reference)
    names = partners(part, reference, like)
    _draw(part, reference, names)
    for training in (True, False):
        for images in inputs:
            pair = [deepcopy(module).train(training) for module in (part, reference)]
            if fault := _run_fault(pair[0], pair[1], images.detach().double(), names, like):
                return f"In {'training' if training else 'evaluation'}, {fault}"
    return None


def leveled(part: nn.Module) -> nn.Module:
    """A copy in double precision, whose normalizations have torch's momentum and eps.

    No check asks about a momentum, or about an eps of at most :data:`LARGEST_EPS`. Two settings
    are faults and stay: a momentum of 0, with which running statistics never change, and a larger
    eps.
    """
    part = deepcopy(part).double()
    for norm in part.modules():
        if isinstance(norm, nn.BatchNorm2d):
            if norm.momentum != 0:
                norm.momentum = 0.1
            if 0 <= norm.eps <= LARGEST_EPS:
                norm.eps = 1e-5
    return part


def partners(part: nn.Module, reference: nn.Module, like: str) -> dict[str, str]:
    """For each parameter and running statistic of the reference, the part's name for it.

    The same name counts first; then the same last word of the name and the same shape; then the
    same shape and the same values, as of a scale that starts at 1; then the same shape. Where
    several are left of one kind, their order decides.

    Raises:
        AnswerError: one has no partner, or the part has a parameter too many.
    """
    theirs, ours = _entries(part), _entries(reference)
    shapes = {name: entry.shape for name, entry in theirs.items()}
    found = {name: name for name, entry in ours.items() if shapes.get(name) == entry.shape}
    for kind in (_last_word, _value, _shape):
        left = defaultdict(list)
        for name, entry in theirs.items():
            if name not in found.values():
                left[kind(name, entry)].append(name)
        for name, entry in ours.items():
            candidates = left[kind(name, entry)]
            if name not in found and candidates:
                found[name] = candidates.pop(0)
    for name, _ in part.named_parameters():
        if name not in found.values():
            shape = tuple(theirs[name].shape)
            raise AnswerError(f"There is a parameter `{name}` of shape {shape}; {like} has none.")
    for name, entry in ours.items():
        if name not in found:
            word, shape = name.rpartition(".")[2], tuple(entry.shape)
            raise AnswerError(f"A `{word}` of shape {shape} is missing; {like} has one.")
    return found


def _entries(module: nn.Module) -> Entries:
    """Parameters and running statistics by name."""
    buffers = {
        name: buffer for name, buffer in module.named_buffers()
        if name.rpartition(".")[2].startswith("running_")
    }
    return {**dict(module.named_parameters()), **buffers}


def _last_word(name: str, entry: Tensor) -> tuple[object, ...]:
    return (*_shape(name, entry), name.rpartition(".")[2])


def _value(name: str, entry: Tensor) -> tuple[object, ...]:
    return (*_shape(name, entry), tuple(entry.detach().flatten().tolist()))


def _shape(name: str, entry: Tensor) -> tuple[object, ...]:
    return isinstance(entry, nn.Parameter), tuple(entry.shape)


@torch.no_grad()
def _draw(part: nn.Module, reference: nn.Module, names: dict[str, str]) -> None:
    """The same random weights for both; what has one number a channel is from 0.5 to 3.5.

    So what is normalized goes well beyond 6, and a ReLU6 for a ReLU shows.
    """
    generator = torch.Generator().manual_seed(0)
    theirs = _entries(part)
    for name, entry in _entries(reference).items():
        noise = torch.rand(entry.shape, generator=generator, dtype=entry.dtype)
        fan_in = max(1, entry[0].numel()) if entry.dim() > 1 else 1
        values = 3 * noise + 0.5 if entry.dim() <= 1 else (noise - 0.5) * (12 / fan_in) ** 0.5
        entry.copy_(values)
        theirs[names[name]].copy_(values)


def _run_fault(
    part: nn.Module, reference: nn.Module, images: Tensor, names: dict[str, str], like: str
) -> str | None:
    """Outputs, gradients and running statistics of one batch."""
    shape = tuple(images.shape)
    given = images.clone().requires_grad_()
    try:
        found = part(given.clone())
    except Exception as error:
        raise AnswerError(f"A map of shape {shape} stops it. {error_text(error)}") from error
    expected_input = images.clone().requires_grad_()
    expected = reference(expected_input)
    if not isinstance(found, Tensor) or found.shape != expected.shape:
        return (f"a map of shape {shape} comes out as {kind_of(found)}; {like} puts out "
                f"{tuple(expected.shape)}.")
    if not _same(found, expected):
        difference = (found - expected).abs().max().item()
        return (f"what becomes of a map of shape {shape} differs by up to {difference:.2g} from "
                f"what {like} with the same weights puts out.")
    return (
        _gradient_fault((part, given, found), (reference, expected_input, expected), names, like)
        or _statistics_fault(part, reference, names, like)
    )


Run = tuple[nn.Module, Tensor, Tensor]


def _gradient_fault(theirs: Run, ours: Run, names: dict[str, str], like: str) -> str | None:
    """Gradients of a randomly weighted sum of the output."""
    (part, given, found), (reference, images, expected) = theirs, ours
    if not found.requires_grad:
        return "no gradient reaches the input: the output is cut off from all before it."
    learned = [name for name, _ in reference.named_parameters()]
    labels = ["the input", *(f"`{names[name]}`" for name in learned)]
    weights = torch.randn(
        expected.shape, generator=torch.Generator().manual_seed(1), dtype=expected.dtype
    )
    pairs = zip(
        _gradients((found * weights).sum(), given, [part.get_parameter(names[n]) for n in learned]),
        _gradients((expected * weights).sum(), images, list(reference.parameters())),
        strict=True,
    )
    for label, (gradient, wanted) in zip(labels, pairs, strict=True):
        if not _same(gradient, wanted):
            lost = "" if gradient.any() else " It is zero everywhere."
            return (f"the values are right, but the gradient at {label} is not that of {like}."
                    f"{lost}")
    return None


def _gradients(total: Tensor, given: Tensor, parameters: list[nn.Parameter]) -> list[Tensor]:
    """At the input and at each parameter; zeros where none arrives."""
    targets = [given, *parameters]
    gradients = torch.autograd.grad(total, targets, allow_unused=True)
    return [
        torch.zeros_like(target) if gradient is None else gradient
        for target, gradient in zip(targets, gradients, strict=True)
    ]


def _statistics_fault(
    part: nn.Module, reference: nn.Module, names: dict[str, str], like: str
) -> str | None:
    theirs = _entries(part)
    for name, entry in _entries(reference).items():
        if not _same(theirs[names[name]], entry):
            return f"after the batch, `{names[name]}` is not that of {like}."
    return None


def _same(found: Tensor, expected: Tensor) -> bool:
    """Whether two agree but for rounding; false of nan."""
    return bool((found - expected).norm() <= 1e-6 * expected.norm() + 1e-8)
