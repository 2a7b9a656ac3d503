# SPDX-License-Identifier: GPL-2.0-or-later
"""Time limits of the parts of a report: of the CPU's time, so that a machine with much else to do gives the same report, and of the clock on the wall."""

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
    """A time that all parts share: so many seconds of the clock on the wall, and never more."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds of the clock on the wall."""
        return self._end - time.monotonic()

    @contextmanager
    def part(self, share: float = 1.0) -> Iterator[None]:
        """Do something in a *share* of the time that is left as CPU time. On a machine that lets us wait it may take longer by the clock on the
        wall, by half of what would be left then. By alarms, which only the main thread can have.

        :raises OutOfTimeError: in the middle of what is done.
        """
        left = self.left
        if left <= 0:
            raise OutOfTimeError("the time was up")
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        limits: dict[int, tuple[int, float]] = {
            signal.SIGPROF: (signal.ITIMER_PROF, left * share), signal.SIGALRM: (signal.ITIMER_REAL, left * (1 + share) / 2),
        }  # fmt: skip

        def ring(number: int, frame: FrameType | None) -> None:
            what = " of the CPU's time" if number == signal.SIGPROF else ""
            raise OutOfTimeError(f"it took more than {limits[number][1]:.1f} s{what}")

        before = {number: signal.signal(number, ring) for number in limits}
        for timer, seconds in limits.values():
            signal.setitimer(timer, seconds)
        try:
            yield
        finally:
            for timer, _ in limits.values():
                signal.setitimer(timer, 0)
            for number, handler in before.items():
                signal.signal(number, handler)
