# SPDX-License-Identifier: GPL-2.0-or-later
"""Time limits of the parts of a report."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class OutOfTimeError(Exception):
    """The time of a part of the report was up."""


class Deadline:
    """A time that all parts share."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds"""
        return self._end - time.monotonic()

    @contextmanager
    def part(self, share: float = 1.0) -> Iterator[None]:
        """Do something within a *share* of the time that is left, by an alarm, which only the main thread can have.

        :raises OutOfTimeError: in the middle of what is done.
        """
        left = self.left * share
        if left <= 0:
            raise OutOfTimeError("the time was up")
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def ring(number: int, frame: FrameType | None) -> None:
            raise OutOfTimeError(f"it took more than {left:.1f} s")

        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, left)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
