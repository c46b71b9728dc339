"""Signals that are held back: heeded when what is under way is done, by whoever heeds them."""

import signal
import threading

import pytest
from commands import heeding_ctrl_c

from resnet_lab.experiments.signals import held_back, on_signals

BOTH = (signal.SIGINT, signal.SIGTERM)


def interrupt(number: int) -> None:
    raise KeyboardInterrupt(number)


@pytest.fixture(autouse=True)
def heeded():
    """Both signals interrupt, as in the command of an experiment."""
    with heeding_ctrl_c(), on_signals(interrupt, signal.SIGTERM):
        before = [signal.getsignal(number) for number in BOTH]
        yield
        assert [signal.getsignal(number) for number in BOTH] == before


@pytest.mark.parametrize("number", BOTH)
def test_a_signal_interrupts_when_the_block_has_ended(number):
    done = []
    with pytest.raises(KeyboardInterrupt), held_back(lambda: done.append("told")):  # noqa: PT012
        signal.raise_signal(number)
        signal.raise_signal(number)
        done.append("went on")
    assert done == ["told", "told", "went on"]


def test_an_error_of_the_block_is_the_one_that_is_raised():
    with pytest.raises(OSError, match="disk full"), held_back():  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        raise OSError("disk full")


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_signals_that_do_not_call_python_stay_as_they_are(handler):
    before = [signal.signal(number, handler) for number in BOTH]
    try:
        with held_back():
            assert [signal.getsignal(number) for number in BOTH] == [handler, handler]
    finally:
        for number, one in zip(BOTH, before, strict=True):
            signal.signal(number, one)


def test_another_thread_than_the_main_one_holds_nothing_back():
    seen = []

    def look() -> None:
        with held_back():
            seen.extend(signal.getsignal(number) for number in BOTH)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(number) for number in BOTH]
