# SPDX-License-Identifier: GPL-2.0-or-later
"""HZ, jiffies and the time of the crash."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.core.memo import per_dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump, Struct


@per_dump
def hz(dump: Dump) -> int:
    """CONFIG_HZ.

    ``clocksource_jiffies`` has the length of a tick as a constant: ``.mult = TICK_NSEC << JIFFIES_SHIFT`` with ``.shift =
    JIFFIES_SHIFT``. Unlike ``tick_nsec`` it does not follow NTP. Where the dump lacks it, 250 is a guess: the default of x86, and
    what Debian, Ubuntu before 24.10 and SLES use.
    """
    try:
        clock: Struct = dump.object("struct clocksource", dump.symbol("clocksource_jiffies", "").address)
        return round(1_000_000_000 / int(clock.mult >> clock.shift))
    except (Error, ZeroDivisionError):
        return 250


def jiffies(dump: Dump) -> int:
    """``get_jiffies_64()``. :raises FaultError:"""
    return dump.read_unsigned(dump.symbol("jiffies_64", "").address)


def jiffies_since_boot(dump: Dump) -> int:
    """:func:`jiffies` ``- INITIAL_JIFFIES``: the counter starts five minutes before its lower 32 bits overflow."""
    return jiffies(dump) - (-300 * hz(dump) & 0xFFFFFFFF)


def timekeeper(dump: Dump) -> Struct:
    """The system's ``struct timekeeper``: ``tk_core.timekeeper``, aligned behind the sequence counter: in an anonymous struct, then in ``struct tk_data`` (since v6.13).

    22c62b9a84b8 ("timekeeping: Introduce auxiliary timekeepers") (in v6.17) made it the first of the array ``timekeeper_data``.
    Nothing is asked for that older kernels lack but a symbol of the kernel proper: to learn that a type is missing, all types would
    have to be read, and the modules' too.
    """
    try:
        address = dump.symbol("timekeeper_data", "").address
    except NotFoundError:
        address = dump.symbol("tk_core", "").address
    # struct { seqcount_raw_spinlock_t seq; struct timekeeper timekeeper; }: the counter is rounded up to 8 bytes.
    return dump.object("struct timekeeper", address + (_sequence_size(dump) + 7 & ~7))  # type: ignore[no-any-return]


def _sequence_size(dump: Dump) -> int:
    for name in ("seqcount_raw_spinlock_t", "seqcount_t"):
        try:
            return dump.type(name).size
        except Error:
            continue
    return 4


def now(dump: Dump) -> int:
    """Seconds since 1970 when the kernel stopped."""
    try:
        return int(timekeeper(dump).xtime_sec)
    except NotFoundError as error:
        return (_by_jiffies(dump) + _ahead(dump, "HRTIMER_BASE_REALTIME", error)) // 1_000_000_000


def _by_jiffies(dump: Dump) -> int:
    """Nanoseconds since boot, to a tick."""
    return jiffies_since_boot(dump) * (1_000_000_000 // hz(dump))


def _ahead(dump: Dump, clock: str, missing: NotFoundError) -> int:
    """Nanoseconds that a clock is ahead of the monotonic one, as the first CPU's timers were last told (``timekeeper.offs_real``, ``.offs_boot``).

    For kernels without CONFIG_KALLSYMS_ALL: their per-CPU variables are found, the timekeeper is not. :raises NotFoundError: *missing*
    """
    from pykd.kernel import cpus

    try:
        bases = dump.object("struct hrtimer_cpu_base", cpus.address_on(dump.symbol("hrtimer_bases", "").address, 0, dump))
        return int(bases.clock_base[dump.enumerator(clock)].offset)
    except NotFoundError:
        raise missing from None


def tk_monotonic(dump: Dump) -> int:
    """Nanoseconds of the monotonic clock when the timekeeper was last brought up to date. :raises FaultError:"""
    try:
        base: Struct = timekeeper(dump).tkr_mono
    except NotFoundError:
        return _by_jiffies(dump)
    return int(base.base) + (int(base.xtime_nsec) >> int(base.shift))


def jiffies_update(dump: Dump) -> int | None:
    """Nanoseconds of the monotonic clock when jiffies were last counted up (``last_jiffies_update``, static); None: the dump lacks it."""
    try:
        return dump.read_signed(dump.symbol("last_jiffies_update", "").address, 8)
    except Error:
        return None


def ktime(dump: Dump) -> int:
    """Nanoseconds of the monotonic clock (CLOCK_MONOTONIC, ktime_get()): the latest that the dump knows. :raises FaultError:"""
    return max(tk_monotonic(dump), jiffies_update(dump) or 0)


def boot_time(dump: Dump) -> int:
    """When the system was booted: nanoseconds since 1970, as getboottime64() has it; time spent suspended counts as up. :raises FaultError:"""
    try:
        keeper: Struct = timekeeper(dump)
    except NotFoundError as error:
        return _ahead(dump, "HRTIMER_BASE_REALTIME", error) - _ahead(dump, "HRTIMER_BASE_BOOTTIME", error)
    return int(keeper.offs_real) - int(keeper.offs_boot)
