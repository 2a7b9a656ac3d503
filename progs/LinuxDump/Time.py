# SPDX-License-Identifier: GPL-2.0-or-later
"""Time as the kernel keeps it: jiffies, monotonic time, wall-clock time."""

from __future__ import annotations

import crash
import pykd
from pykd import Struct
from pykd.kernel import timekeeping
from pykdump.highlevel import INT_MASK, INT_MAX
from pykdump.memocaches import CU_LIVE, memoize_cond
from pykdump.vmcorearch import HZ

__all__ = ["get_ktime_j", "get_uptime_fromcrash", "j_delay", "sched_clock", "seconds_since_boot"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NSEC_PER_SEC = 1_000_000_000


class timespec(tuple[int, int]):
    """(seconds, nanoseconds), also as ``tv_sec`` and ``tv_nsec``."""

    tv_sec = property(lambda self: self[0])
    tv_nsec = property(lambda self: self[1])


def set_normalized_timespec(sec: int, nsec: int) -> timespec:
    """The same time with 0 <= tv_nsec < 1 s."""
    return timespec((sec + nsec // NSEC_PER_SEC, nsec % NSEC_PER_SEC))


def j_delay(stamp: int, jiffies: int, maxhours: int = 24) -> str:
    """How long *stamp* was before *jiffies* (both 32 bits of jiffies count): ``1.25 s``, ``11 hours``, ``>24hours``, ``n/a``."""
    passed = (jiffies - stamp) & INT_MASK
    if passed > INT_MAX:
        return "     n/a"
    if passed > HZ * 3600 * maxhours:
        return f">{maxhours}hours"
    if passed > HZ * 3600 * 10:
        return f"{passed // HZ // 3600} hours"
    return f"{passed / HZ:3.2f} s"


def timekeeper() -> Struct:
    """The system's ``struct timekeeper``.

    :raises TypeError: the kernel's cannot be found.
    """
    try:
        return timekeeping.timekeeper(pykd.current())
    except pykd.NotFoundError:
        raise TypeError("There's no symbol <tk_core>") from None


def get_seconds() -> int:
    """Wall-clock time, seconds since 1970."""
    return timekeeping.now(pykd.current())


def getboottime() -> timespec:
    """When the system was booted, wall-clock."""
    return set_normalized_timespec(0, timekeeping.boot_time(pykd.current()))


def seconds_since_boot() -> int:
    """Seconds since boot, the time spent suspended included."""
    return int(get_seconds() - getboottime().tv_sec)


def get_uptime_fromcrash() -> float:
    """Seconds since boot as jiffies count them."""
    return float(crash.get_uptime() / HZ)


def get_uptime_fromproc() -> float:
    """Uptime by ``/proc/uptime`` of the machine that pykd runs on; for the live kernel."""
    with open("/proc/uptime") as file:
        return float(file.read().split()[0])


def ktime_t(time: Any) -> int:
    """Nanoseconds of a ``ktime_t``, which was a union before Linux 4.10."""
    return int(time.tv64 if isinstance(time, Struct) else time)


@memoize_cond(CU_LIVE)
def get_ktime_j() -> int | None:
    """Monotonic time of the last update of jiffies, in ns; None if the kernel's variable cannot be read."""
    return timekeeping.jiffies_update(pykd.current())


def sched_clock_j() -> int | None:
    """Now in ns by the monotonic clock, to the precision of a jiffy."""
    now: int | None = get_ktime_j()
    return now


sched_clock = sched_clock_j


def tkr_time() -> int:
    """Monotonic time of the last update of the timekeeper, in ns."""
    return timekeeping.tk_monotonic(pykd.current())


def get_ktime_t() -> int:
    """Monotonic time in ns: the latest that the dump knows."""
    return timekeeping.ktime(pykd.current())
