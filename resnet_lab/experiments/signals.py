"""Signals that end a run, heeded where its checkpoint can be written."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread


@contextmanager
def on_signals(action: Callable[[int], None], *signals: int) -> Iterator[None]:
    """Do something when a signal comes, in place of what Python does.

    Args:
        action: given the number of the signal.
        signals: numbers of those that are handled.
    """
    before = {number: signal.signal(number, lambda came, _: action(came)) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def held_back(action: Callable[[], None] | None = None) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM interrupt not here, but at the end of the block.

    Held back are those that call Python. One that is ignored, or that ends the process at once,
    stays as it is. Signals come to the main thread: in another one nothing changes.

    Args:
        action: called when a signal comes, so that the end is near.
    """
    came = list[int]()

    def note(number: int) -> None:
        came.append(number)
        if action is not None:
            action()

    numbers = (signal.SIGINT, signal.SIGTERM) if current_thread() is main_thread() else ()
    with on_signals(note, *(number for number in numbers if callable(signal.getsignal(number)))):
        yield
    for number in came:
        signal.raise_signal(number)
