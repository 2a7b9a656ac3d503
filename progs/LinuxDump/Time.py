# SPDX-License-Identifier: GPL-2.0-or-later
"""Time as the kernel keeps it: jiffies, monotonic time, wall-clock time."""

from __future__ import annotations

import crash
import pykd
from pykdump.API import *

__all__ = ["get_ktime_j", "get_uptime_fromcrash", "j_delay", "sched_clock", "seconds_since_boot"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NSEC_PER_SEC = 1_000_000_000


class timespec(tuple):
    """(seconds, nanoseconds), also as ``tv_sec`` and ``tv_nsec``."""

    tv_sec = property(lambda self: self[0])
    tv_nsec = property(lambda self: self[1])


def set_normalized_timespec(sec: int, nsec: int) -> timespec:
    """The same time with 0 <= tv_nsec < 1 s."""
    return timespec((sec + nsec // _NSEC_PER_SEC, nsec % _NSEC_PER_SEC))


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


def timekeeper() -> StructResult:
    """The system's ``struct timekeeper``.

    :raises TypeError: the kernel's cannot be found.
    """
    dump = pykd.current()
    offset = 0
    # An array of them, one for each clock: 22c62b9a84b8 ("timekeeping: Introduce auxiliary timekeepers") (in v6.17); the first
    # is the system's. Before, tk_core held one and its sequence counter, in a struct without a name until 6.13.
    if address := dump.address_of("timekeeper_data", "", default=0):
        offset = dump.type("struct tk_data").offset_of("timekeeper")
    elif address := dump.address_of("tk_core", "", default=0):
        offset = 8  # a 4-byte counter, and struct timekeeper is aligned to 8
    else:
        address = dump.address_of("timekeeper", "", default=0)
    if not address:
        raise TypeError("There's no symbol <tk_core>")
    return readSU("struct timekeeper", address + offset)


def get_seconds() -> int:
    """Wall-clock time, seconds since 1970."""
    return timekeeper().xtime_sec


def getboottime() -> timespec:
    """When the system was booted, wall-clock."""
    tk = timekeeper()
    # offs_real - offs_boot is what the kernel's own getboottime64() computes; ktime_t is an s64 since 2456e8553544 (in v4.10)
    return set_normalized_timespec(0, int(tk.offs_real) - int(tk.offs_boot))


def seconds_since_boot() -> int:
    """Seconds since boot, the time spent suspended included."""
    return get_seconds() - getboottime().tv_sec


def get_uptime_fromcrash() -> float:
    """Seconds since boot as jiffies count them."""
    return crash.get_uptime() / HZ


def get_uptime_fromproc() -> float:
    """Uptime by ``/proc/uptime`` of the machine that pykd runs on; for the live kernel."""
    with open("/proc/uptime") as file:
        return float(file.read().split()[0])


def ktime_t(time: Any) -> int:
    """Nanoseconds of a ``ktime_t``, which was a union before Linux 4.10."""
    return time.tv64 if isinstance(time, StructResult) else int(time)


@memoize_cond(CU_LIVE)
def get_ktime_j() -> int | None:
    """Monotonic time of the last update of jiffies, in ns; None if the kernel's variable cannot be read."""
    dump = pykd.current()
    try:
        return dump.read_signed(dump.symbol("last_jiffies_update", "").address, 8)
    except crash.error:
        return None


def sched_clock_j() -> int | None:
    """Now in ns by the monotonic clock, to the precision of a jiffy."""
    return get_ktime_j()


sched_clock = sched_clock_j


def tkr_time() -> int:
    """Monotonic time of the last update of the timekeeper, in ns."""
    tkr = timekeeper().tkr_mono
    return int(tkr.base) + (tkr.xtime_nsec >> tkr.shift)


def get_ktime_t() -> int:
    """Monotonic time in ns: the latest that the dump knows."""
    return max(tkr_time(), get_ktime_j() or 0)
