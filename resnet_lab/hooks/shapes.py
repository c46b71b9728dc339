"""The shape of every tensor on its way through a network, recorded by forward hooks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)

from resnet_lab.hooks.preserve import left_as_it_was
from resnet_lab.hooks.table import html_table, text_table

Shape = tuple[int, ...]

COLUMNS = ("name", "kind", "input", "output", "kernel", "stride", "padding", "parameters")


class ShapeRow(NamedTuple):
    """One call of one layer.

    Attributes:
        name: path of the module in the model, as in ``named_modules``.
        kind: class name of the module.
        input_shape: shape of its input; one shape a tensor where it takes several.
        output_shape: shape of its output, likewise.
        kernel: kernel along height and width, or None where the layer has none.
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
    model: nn.Module, input_size: Sequence[int] | Tensor = (1, 3, 224, 224)
) -> ShapeTrace:
    """Run one forward pass and record the shapes at every layer, in call order.

    A row stands for each call of a module without children, or with parameters of its own;
    a residual sum is seen where it is a module, as in ``resnet_lab.models`` (torchvision
    adds with an operator, which no hook sees). A module that is called twice has two rows.

    The model is left as it was: no hook stays, every module keeps its ``training`` flag,
    and buffers such as running statistics and the random state are as before.

    Args:
        model: any module that takes one tensor.
        input_size: shape of the input, or the input itself. For a shape, zeros are fed on
            the device and in the floating-point type of the model's first parameter.

    Returns:
        The rows, with ``len``, iteration and indexing; text in a terminal, HTML in a notebook.

    Raises:
        TypeError: ``model`` is no module, or ``input_size`` is neither a shape nor a tensor.
        ValueError: a dimension is less than one.
        Exception: whatever the forward pass raises, with a note of the layer it stopped in.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}")
    model = getattr(model, "_orig_mod", model)  # what torch.compile wraps
    batch = input_size if isinstance(input_size, Tensor) else _zeros(model, input_size)

    names = {
        module: name
        for name, module in model.named_modules()
        if module._parameters or not module._modules
    }
    rows: list[ShapeRow] = []
    running: list[tuple[nn.Module, int]] = []
    counted: set[int] = set()

    def enter(module: nn.Module, args: tuple) -> None:
        if module in names:
            running.append((module, len(rows)))

    def leave(module: nn.Module, args: tuple, kwargs: dict, output: Any) -> None:
        if module not in names:
            return
        place = running.pop()[1]
        params = 0
        for parameter in module._parameters.values():
            if parameter is not None and id(parameter) not in counted:
                counted.add(id(parameter))
                params += parameter.numel()
        inputs = _shapes((*args, kwargs) if kwargs else args)
        window = _window(vars(module))
        row = ShapeRow(
            names[module], type(module).__name__, inputs, _shapes(output), *window, params
        )
        rows.insert(place, row)

    # Hooks for all modules at once: two to set up, not two a layer.
    before = register_module_forward_pre_hook(enter)
    after = register_module_forward_hook(leave, with_kwargs=True)
    try:
        with left_as_it_was(model, batch.device):
            model(batch)
    except Exception as error:
        if running:
            module, _ = running[-1]
            error.add_note(f"The trace stopped in {names[module]!r} ({type(module).__name__}).")
        raise
    finally:
        before.remove()
        after.remove()
    return ShapeTrace(type(model).__name__, tuple(rows))


def _zeros(model: nn.Module, size: Sequence[int]) -> Tensor:
    if isinstance(size, str) or not isinstance(size, Sequence):
        raise TypeError(
            f"input_size must be a shape such as (1, 3, 224, 224) or a tensor, got {size!r}"
        )
    for entry in size:
        if isinstance(entry, bool) or not isinstance(entry, int):
            raise TypeError(f"input_size must hold integers, got {tuple(size)}")
        if entry < 1:
            raise ValueError(f"input_size must hold integers of at least 1, got {tuple(size)}")
    like = next((p for p in model.parameters() if p.is_floating_point()), torch.empty(0))
    return torch.zeros(tuple(size), dtype=like.dtype, device=like.device)


def _shapes(value: Any) -> Shape | tuple[Shape, ...]:
    """Shape of a tensor, or the shapes of all tensors in a nest of containers."""
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, Tensor):
        return tuple(value.shape)
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


def _window(settings: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Kernel, stride and padding of a layer, along height and width."""
    if "kernel_size" not in settings:
        return None, None, None
    return (
        _pair(settings["kernel_size"]),
        _pair(settings.get("stride")),
        _pair(settings.get("padding")),
    )


def _pair(value: Any) -> Any:
    """Torch allows one integer for both axes."""
    return (value, value) if isinstance(value, int) else value


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
