# SPDX-License-Identifier: GPL-2.0-or-later
"""Timers: those of the wheels, which count jiffies, and those of high resolution, in nanoseconds."""

from __future__ import annotations

from _pykd import Error, MemberError
from pykd.core.members import offset_of
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.kernel import cpus, timekeeping
from pykd.kernel.lists import rbtree
from pykd.kernel.lists.linked import hash_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_TIMERS = 100_000
"""In one slot of a wheel"""
CLOCKS = ("ktime_get", "ktime_get_real", "ktime_get_boottime", "ktime_get_clocktai")


class Wheel(NamedTuple):
    """One ``struct timer_base``."""

    name: str
    """The index of ``timer_bases`` that it has, as the kernel calls it"""
    address: int


@per_dump
def wheel_names(dump: Dump) -> tuple[str, ...]:
    """Names of the wheels of a CPU, in the order in which ``timer_bases`` has them: without CONFIG_NO_HZ_COMMON the first alone is used.

    The third came with 57e95a5c4117 ("timers: Introduce function to check timer base is_idle flag") (in v6.9), together with the
    hierarchy of CPUs by which timers migrate.
    """
    return ("BASE_LOCAL", "BASE_GLOBAL", "BASE_DEF") if dump.address_of("tmigr_cpu", "", default=0) else ("BASE_STD", "BASE_DEF")


def wheels(dump: Dump, cpu: int) -> list[Wheel]:
    """The wheels of a CPU. :raises NotFoundError: the kernel has them elsewhere."""
    first = cpus.address_on(dump.symbol("timer_bases", "").address, cpu, dump)
    size = dump.type("struct timer_base").size
    return [Wheel(name, first + number * size) for number, name in enumerate(wheel_names(dump))]


def timers_of(dump: Dump, wheel: int) -> Iterator[Any]:
    """Each ``struct timer_list`` of the ``struct timer_base`` at *wheel*, slot by slot, and the errors of slots that cannot be read or
    followed: ``expires`` (``unsigned long``, jiffies), ``function``. A timer fires no earlier than that; slots far ahead are coarse.

    500462a9de65 ("timers: Switch to a non-cascading wheel") (in v4.8) made it one array, ``vectors``.

    :raises MemberError: an older kernel.
    """
    vectors = dump.type("struct timer_base").member("vectors")
    if vectors is None:
        raise MemberError("struct timer_base of this kernel has no vectors")
    return hash_for_each_entry(dump, wheel + vectors.offset, vectors.type.size // 8, "struct timer_list", "entry", limit=MAX_TIMERS, what="a slot of timers")


def high_resolution_base(dump: Dump, cpu: int) -> Any:
    """The ``struct hrtimer_cpu_base`` of a CPU: ``clock_base[]`` are its clocks, those of interrupts and then those of softirqs."""
    return dump.object("struct hrtimer_cpu_base", cpus.address_on(dump.symbol("hrtimer_bases", "").address, cpu, dump))


def clock_name(dump: Dump, number: int, clock: Any) -> str | None:
    """The function that reads the clock of a ``struct hrtimer_clock_base``, the *number*-th of a CPU; None: it has no name.

    009eb5da29a9 ("hrtimer: Remove hrtimer_clock_base:: Get_time") (in v6.18) left only the number. :raises FaultError:
    """
    if not clock.hasField("get_time"):
        return CLOCKS[number % len(CLOCKS)]
    symbol = dump.symbol_at(int(clock.get_time))
    return symbol.name if symbol else None


def clock_now(dump: Dump, clock: Any) -> int:
    """What a ``struct hrtimer_clock_base`` showed when the kernel stopped: ns, as exact as a jiffy. :raises FaultError:"""
    return timekeeping.jiffies_since_boot(dump) * (1_000_000_000 // timekeeping.hz(dump)) + int(clock.offset)


def high_resolution_timers(dump: Dump, clock: Any) -> Iterator[Any]:
    """Each ``struct hrtimer`` of a ``struct hrtimer_clock_base``, the next to expire first: ``_softexpires`` and ``node.expires`` (ns by its
    clock, from when on and when at last it may fire), ``function``.

    :raises Error: parts of the tree cannot be read; after what was found.
    """
    timer: Any = dump.struct_class("struct hrtimer")
    back = offset_of(timer, "node")
    problems: list[Error] = []
    for node, _ in rbtree.nodes(dump, int(clock) + clock.fieldOffset("active"), problems.append):
        yield timer(node - back)
    if problems:
        raise problems[0]
