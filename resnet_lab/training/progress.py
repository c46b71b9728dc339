"""The progress bar of a run."""

from types import TracebackType

from tqdm import tqdm


class Progress:
    """Steps done and time left, with the training loss and error since the last point.

    Args:
        name: what the bar says in front.
        steps: steps done already.
        iterations: steps of the whole run.
        shown: False draws nothing.
    """

    def __init__(self, name: str, steps: int, iterations: int, shown: bool) -> None:
        self.bar = tqdm(
            total=iterations, initial=steps, desc=name, unit="step", disable=not shown, leave=False
        )

    def show(self, steps: int, loss: float, error: float) -> None:
        """Show where the run is: mean loss in nats, error in percent."""
        self.bar.set_postfix_str(f"loss {loss:.3f}, error {error:.1f} %", refresh=False)
        self.bar.update(steps - self.bar.n)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.close()
