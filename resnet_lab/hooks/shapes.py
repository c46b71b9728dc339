"""The shape of every tensor on its way through a network, recorded by forward hooks."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.lazy import LazyModuleMixin

from resnet_lab.checks import check_integers
from resnet_lab.hooks.preserve import left_as_it_was
from resnet_lab.tables import html_table, text_table

Shape = tuple[int, ...]

COLUMNS = ("name", "kind", "input", "output", "kernel", "stride", "padding", "parameters")


class ShapeRow(NamedTuple):
    """One call of one layer.

    Attributes:
        name: path of the module in the model, as in ``named_modules``.
        kind: class name of the module.
        input_shape: shape of its input; one shape a tensor where it takes several.
        output_shape: shape of its output, likewise.
        kernel: kernel along height and width (or the axes it has); None where there is none.
        stride: likewise.
        padding: likewise; ``"same"`` and ``"valid"`` as torch spells them.
        params: parameters of the layer itself; 0 when an earlier row has counted them.
    """

    name: str
    kind: str
    input_shape: Shape | tuple[Shape, ...]
    output_shape: Shape | tuple[Shape, ...]
    kernel: Shape | None
    stride: Shape | None
    padding: Shape | str | None
    params: int

    def cells(self) -> tuple[str, ...]:
        """The row as text, one entry for each of the table's columns."""
        return (
            self.name or "(the model)",
            self.kind,
            show_shape(self.input_shape),
            show_shape(self.output_shape),
            show_pair(self.kernel),
            show_pair(self.stride),
            show_pair(self.padding),
            f"{self.params:,}",
        )


@dataclass(frozen=True)
class ShapeTrace(Sequence[ShapeRow]):
    """The rows of a trace, in the order of the calls. Prints as a table."""

    model: str
    rows: tuple[ShapeRow, ...]

    @property
    def params(self) -> int:
        """Parameters of all layers that were called, each counted once."""
        return sum(row.params for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        """One row, or a trace of the rows of a slice."""
        if isinstance(index, slice):
            return ShapeTrace(self.model, self.rows[index])
        return self.rows[index]

    def __iter__(self) -> Iterator[ShapeRow]:
        return iter(self.rows)

    def __str__(self) -> str:
        return text_table(COLUMNS, [row.cells() for row in self.rows], self._caption())

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return html_table(COLUMNS, [row.cells() for row in self.rows], self._caption())

    def _caption(self) -> str:
        return f"{self.model}: {len(self.rows)} layer calls, {self.params:,} parameters"


def trace_shapes(
    model: nn.Module, input_size: Sequence[int] | Tensor | tuple[Tensor, ...] = (1, 3, 224, 224)
) -> ShapeTrace:
    """Run one forward pass and record the shapes at every layer, in call order.

    A row stands for each call of a module without children, or with parameters of its own;
    a residual sum is seen where it is a module, as in ``resnet_lab.models`` (torchvision
    adds with an operator, which no hook sees). A module that is called twice has two rows.

    The model is left as it was: no hook stays, every module keeps its ``training`` flag,
    and buffers such as running statistics and the random state are as before.

    Args:
        model: any module that takes tensors.
        input_size: shape of the input, the input itself, or a tuple of inputs. For a shape,
            zeros are fed on the device and in the type of the model's first parameter.

    Returns:
        The rows, with ``len``, iteration and indexing; text in a terminal, HTML in a notebook.

    Raises:
        TypeError: ``model`` is no module, or ``input_size`` is neither a shape nor a tensor.
        ValueError: a dimension is less than one, a lazy layer has not run yet, or a module
            is scripted, where hooks see nothing.
        Exception: whatever the forward pass raises, with a note of the last layer that ran.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}")
    model = getattr(model, "_orig_mod", model)  # what torch.compile wraps
    inputs = _inputs(model, input_size)
    recorder = _Recorder()
    with ExitStack() as hooks:
        for name, module in _layers(model):
            recorder.watch(name, module, hooks)
        try:
            with left_as_it_was(model, inputs[0].device):
                model(*inputs)
        except Exception as error:
            if recorder.rows:
                name, kind, _, output, *_ = recorder.rows[-1].cells()
                error.add_note(f"The trace stopped after {name!r} ({kind}), output {output}.")
            raise
    return ShapeTrace(type(model).__name__, tuple(recorder.rows))


def _inputs(model: nn.Module, size: Any) -> tuple[Tensor, ...]:
    if isinstance(size, Tensor):
        return (size,)
    if isinstance(size, str | bytes) or not isinstance(size, Sequence) or not size:
        raise TypeError(
            f"input_size must be a shape such as (1, 3, 224, 224) or tensors, got {size!r}"
        )
    if all(isinstance(entry, Tensor) for entry in size):
        return tuple(size)
    check_integers("input_size", tuple(size), least=1)
    like = next((p for p in model.parameters() if p.is_floating_point()), torch.empty(0))
    return (torch.zeros(tuple(size), dtype=like.dtype, device=like.device),)


def _layers(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The modules without children, or with parameters of their own."""
    for name, module in model.named_modules():
        if isinstance(module, LazyModuleMixin):  # it turns into its plain class at its first call
            raise ValueError(f"model must have run once: {name!r} is still a {module}")
        if isinstance(module, torch.jit.ScriptModule):
            raise ValueError(f"model must not be scripted: hooks do not see into {name!r}")
        if module._parameters or not module._modules:
            yield name, module


class _Recorder:
    """A row for each call of the modules that it watches.

    A module with children comes before them, though it ends after them, so its place among
    the rows is taken when it begins. Each module has hooks of its own: one for all modules
    would leave an entry in torch's global tables.
    """

    def __init__(self) -> None:
        self.rows: list[ShapeRow] = []
        self._places: list[int] = []
        self._counted: set[int] = set()

    def watch(self, name: str, module: nn.Module, hooks: ExitStack) -> None:
        """Put hooks on a module, to be removed with the others."""
        if module._modules:
            hooks.enter_context(module.register_forward_pre_hook(self._enter))
        leave = partial(self._leave, name)
        hooks.enter_context(module.register_forward_hook(leave, with_kwargs=True))

    def _enter(self, module: nn.Module, args: tuple) -> None:
        self._places.append(len(self.rows))

    def _leave(self, name: str, module: nn.Module, args: tuple, kwargs: dict, output: Any) -> None:
        place = self._places.pop() if module._modules else len(self.rows)
        kind = type(module).__name__
        seen = _shapes((*args, kwargs) if kwargs else args)
        window = _window(kind, vars(module))
        row = ShapeRow(name, kind, seen, _shapes(output), *window, self._count(module))
        self.rows.insert(place, row)

    def _count(self, module: nn.Module) -> int:
        """Parameters of the layer itself that no earlier row has counted."""
        own = {id(p): p.numel() for p in module._parameters.values() if p is not None}
        new = [number for key, number in own.items() if key not in self._counted]
        self._counted.update(own)
        return sum(new)


def _shapes(value: Any) -> Shape | tuple[Shape, ...]:
    """Shape of a tensor, or the shapes of all tensors in a nest of containers."""
    found = tuple(_tensor_shapes(value))
    return found[0] if len(found) == 1 else found


def _tensor_shapes(value: Any) -> Iterator[Shape]:
    if isinstance(value, Tensor):
        yield tuple(value.shape)
    elif isinstance(value, dict):
        yield from _tensor_shapes(tuple(value.values()))
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _tensor_shapes(entry)


def _window(kind: str, settings: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Kernel, stride and padding of a layer along each of its axes."""
    if "kernel_size" not in settings:
        return None, None, None
    axes = int(kind[-2]) if kind[-2:] in ("1d", "2d", "3d") else 1

    def along_axes(value: Any) -> Any:
        return (value,) * axes if isinstance(value, int) else value

    names = ("kernel_size", "stride", "padding")
    kernel, stride, padding = (along_axes(settings.get(name)) for name in names)
    return kernel, stride, padding


def show_shape(shape: Any) -> str:
    """``1x64x56x56``; several shapes are joined with a plus sign."""
    if shape and isinstance(shape[0], tuple):
        return " + ".join(show_shape(entry) for entry in shape)
    return "x".join(str(entry) for entry in shape)


def show_pair(value: Shape | str | None) -> str:
    """``3`` for (3, 3), ``3x1`` for (3, 1), nothing for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return str(value[0]) if len(set(value)) == 1 else "x".join(str(entry) for entry in value)
