# SPDX-License-Identifier: GPL-2.0-or-later
"""Clocks: what time is read from, what wakes CPUs, and the tree of clock signals."""

from __future__ import annotations

from _pykd import NotFoundError
from pykd.kernel import cpus
from pykd.kernel.lists.linked import hlist_for_each_entry, list_for_each_entry
from pykd.values.named import name_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_CLOCKS = 1 << 16
MAX_DEPTH = 32
_STATES = ("detached", "shutdown", "periodic", "oneshot", "oneshot stopped")
"""``enum clock_event_state``"""


def for_each_clocksource(dump: Dump) -> Iterator[Any]:
    """Each ``struct clocksource``, the best first. :raises FaultError, LimitError:"""
    head = dump.symbol("clocksource_list", "").address
    return list_for_each_entry(dump, head, "struct clocksource", "list", limit=MAX_CLOCKS, what="the list of clock sources")


def current_clocksource(dump: Dump) -> int:
    """Address of the ``struct clocksource`` that time is read from. :raises FaultError:"""
    return dump.read_unsigned(dump.symbol("curr_clocksource", "").address)


def for_each_clockevent(dump: Dump) -> Iterator[tuple[int | None, Any]]:
    """(CPU, ``struct clock_event_device``) of the device that ticks each CPU, and with None each that is not in use. :raises Error:"""
    seen = set()
    for cpu in cpus.possible(dump):
        address = dump.cpu_variable(cpu, "tick_cpu_device")
        tick: Any = dump.object("struct tick_device", address)
        if tick.evtdev:
            seen.add(int(tick.evtdev))
            yield cpu, tick.evtdev
    head = dump.symbol("clockevent_devices", "").address
    for device in list_for_each_entry(dump, head, "struct clock_event_device", "list", limit=MAX_CLOCKS, what="the list of clock event devices"):
        if int(device) not in seen:
            yield None, device


def event_state(device: Any) -> str:
    """What a ``struct clock_event_device`` does. :raises FaultError:"""
    return name_at(_STATES, int(device.state_use_accessors))


def for_each_clk(dump: Dump) -> Iterator[tuple[int, Any]]:
    """(depth, ``struct clk_core``) of each clock signal, followed by those below it; nothing where the kernel has no tree of them.

    :raises Error: the rest cannot be found.
    """
    try:
        heads = [dump.symbol(name, "").address for name in ("clk_root_list", "clk_orphan_list")]
        dump.type("struct clk_core")
    except NotFoundError:
        return
    seen: set[int] = set()
    stack = [(0, iter(list(_children(dump, head)))) for head in reversed(heads)]
    while stack:
        depth, clocks = stack[-1]
        clock = next(clocks, None)
        if clock is None:
            stack.pop()
        elif int(clock) not in seen and len(seen) < MAX_CLOCKS and depth < MAX_DEPTH:
            seen.add(int(clock))
            yield depth, clock
            stack.append((depth + 1, iter(list(_children(dump, int(clock) + clock.fieldOffset("children"))))))


def _children(dump: Dump, head: int) -> Iterator[Any]:
    return hlist_for_each_entry(dump, head, "struct clk_core", "child_node", limit=MAX_CLOCKS, what="a list of clocks")


