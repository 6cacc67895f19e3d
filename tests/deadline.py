"""A hang made into a failure."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class HangError(AssertionError):
    """Something has not come to an end in many times the time that it needs."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Fails what is inside when it has run for so long: no measure of speed, so give it far more than it needs.

    It interrupts Python's own code and regular expressions, in the main thread of a process.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise HangError(f"still not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
