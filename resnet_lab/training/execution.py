"""How a recipe is carried out: choices that change the speed and not the recipe."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import KW_ONLY, asdict, dataclass
from functools import cached_property
from typing import Any

import torch

from resnet_lab.checks import check_switch

COMPILE_MODES = ("default", "reduce-overhead", "max-autotune")


@dataclass(frozen=True)
class Execution:
    """Device and shortcuts of a run; each is written into its record.

    Attributes:
        device: ``"cpu"``, ``"cuda"``, ``"cuda:1"``; None takes a GPU if there is one.
        channels_last: keep images and activations as N, H, W, C in memory.
        compile: mode of ``torch.compile``, one of :data:`COMPILE_MODES`; None does not compile.
        cuda_graph: record the training step once and replay it; wants a CUDA device.
        bf16: compute convolutions and products in bfloat16 (autocast); weights stay float32.
        tf32: on a GPU, let convolutions and products round their inputs to 10 bits of mantissa;
            torch does so in convolutions unless it is told not to, and here it is told.

    Raises:
        TypeError: a switch is not True or False.
        ValueError: the device or the mode is unknown, or a choice is impossible on the device.
    """

    device: str | None = None
    _: KW_ONLY
    channels_last: bool = False
    compile: str | None = None
    cuda_graph: bool = False
    bf16: bool = False
    tf32: bool = False

    def __post_init__(self) -> None:
        for name in ("channels_last", "cuda_graph", "bf16", "tf32"):
            check_switch(name, getattr(self, name))
        if self.compile is not None and self.compile not in COMPILE_MODES:
            modes = ", ".join(map(repr, COMPILE_MODES))
            raise ValueError(f"compile must be None or one of {modes}, got {self.compile!r}")
        if self.cuda_graph and self.compile is not None:
            raise ValueError(
                "cuda_graph must be False where compile is set: compile='reduce-overhead' "
                "records graphs of its own"
            )
        if (device := self.torch_device).type != "cuda" and self.cuda_graph:
            raise ValueError(
                f"cuda_graph must be False on {device.type}: only CUDA devices have it"
            )

    @cached_property
    def torch_device(self) -> torch.device:
        """The device that was asked for, or the best that there is.

        Of several GPUs, each process of ``torchrun`` takes its own.

        Raises:
            ValueError: torch knows no such device, or this machine has none.
        """
        best = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            device = torch.device(best if self.device is None else self.device)
            if device.type == "cuda" and device.index is None and "LOCAL_RANK" in os.environ:
                device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(
                f"device must be one that torch finds here, got {self.device!r} ({reason})"
            ) from error
        return device

    @property
    def look_every(self) -> int:
        """Steps between two looks at the loss; each makes a GPU wait, so there it is 50."""
        return 1 if self.torch_device.type == "cpu" else 50

    @property
    def memory_format(self) -> torch.memory_format:
        """How images and activations lie in memory."""
        return torch.channels_last if self.channels_last else torch.contiguous_format

    @contextmanager
    def active(self) -> Iterator[None]:
        """The device as the current one, TF32 as asked; what was set before comes back."""
        switches: tuple[Any, ...] = torch.backends.cudnn, torch.backends.cuda.matmul
        before = [switch.allow_tf32 for switch in switches]
        on_device = (
            torch.cuda.device(self.torch_device) if self.torch_device.type == "cuda"
            else nullcontext()
        )  # fmt: skip
        try:
            for switch in switches:
                switch.allow_tf32 = self.tf32
            with on_device:
                yield
        finally:
            for switch, value in zip(switches, before, strict=True):
                switch.allow_tf32 = value

    def autocast(self) -> AbstractContextManager[Any]:
        """The context in which the forward pass runs."""
        if not self.bf16:
            return nullcontext()
        return torch.autocast(self.torch_device.type, dtype=torch.bfloat16)

    def to_json(self) -> dict[str, Any]:
        """Its fields, with the device that was taken."""
        return {**asdict(self), "device": self.torch_device.type}
