# SPDX-License-Identifier: GPL-2.0-or-later
"""``timer``: pending timers and high-resolution timers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Dump, Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import cpus, timekeeping
from pykd.kernel.lists import rbtree
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

MAX_TIMERS = 100000
"""In one slot of a wheel"""
BASES = {1: ("BASE_STD",), 2: ("BASE_STD", "BASE_DEF"), 3: ("BASE_LOCAL", "BASE_GLOBAL", "BASE_DEF")}
"""The third came with 57e95a5c4117 ("timers: Introduce function to check timer base is_idle flag") (in v6.9)."""
CLOCKS = ("ktime_get", "ktime_get_real", "ktime_get_boottime", "ktime_get_clocktai")
"""Since 009eb5da29a9 ("hrtimer: Remove hrtimer_clock_base:: Get_time") (in v6.18) the kernel has only their numbers."""


def _selected(session: Session, spec: str | None) -> list[int]:
    possible: list[int] = cpus.possible(session.dump)
    return [cpu for cpu in context.cpu_list(session, spec) if cpu in possible] if spec else possible


def _function(dump: Dump, address: int) -> str | None:
    symbol = dump.symbol_at(address)
    return symbol.name if symbol else None


def _wheel(dump: Dump, base: int, jiffies: int) -> Row:
    """The timers of a ``struct timer_base``, the next to expire first."""
    layout = dump.type("struct timer_base").member("vectors")
    timer: Any = dump.struct_class("struct timer_list")
    if layout is None:
        raise CommandError("struct timer_base of this kernel has no vectors")
    found: list[Row] = []
    row: Row = {"address": base, "timers": found}
    heads = memoryview(dump.read(base + layout.offset, layout.type.size)).cast("Q")
    for head in heads:
        if not head:
            continue
        addresses, why = dump.follow(head, stop=0, limit=MAX_TIMERS)
        if why is not None:
            row["error"] = fault(why, partial=True)
        for address in addresses:
            try:
                one = timer(address - timer.member_offset("entry"))
                function = int(one.function)
                entry: Row = {"expires": one.expires, "left": one.expires - jiffies, "timer": int(one), "function": function}
                found.append(entry | {"name": _function(dump, function)})
            except Error as error:
                row["error"] = fault(error, partial=True)
    found.sort(key=lambda entry: entry["expires"])
    return row


def _high_resolution(dump: Dump, cpu: int, address: int) -> Iterator[Row]:
    base: Any = dump.object("struct hrtimer_cpu_base", address)
    timer: Any = dump.struct_class("struct hrtimer")
    node_offset = timer.member_offset("node")
    now = timekeeping.jiffies_since_boot(dump) * (1_000_000_000 // timekeeping.hz(dump))
    for number, clock in enumerate(base.clock_base):
        found: list[Row] = []
        row: Row = {"cpu": cpu, "base": address, "clock": number, "address": int(clock), "timers": found}
        problems: list[Error] = []
        try:
            row["clock_name"] = _function(dump, int(clock.get_time)) if clock.hasField("get_time") else CLOCKS[number % 4]
            row["current"] = now + clock.offset
            root = int(clock) + clock.fieldOffset("active")
            for node, _ in rbtree.nodes(dump, root, problems.append):
                one = timer(node - node_offset)
                hard, soft = one.Eval("node.expires"), one._softexpires
                entry = {"soft": soft, "expires": hard, "left": hard - row["current"], "timer": int(one)}
                function = int(one.function)
                found.append(entry | {"function": function, "name": _function(dump, function)})
        except Error as error:
            problems.append(error)
        if problems:
            row["error"] = fault(problems[0], partial=True)
        yield row


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.r:
        bases = dump.symbol("hrtimer_bases").address
        for cpu in _selected(session, options.C):
            try:
                yield from _high_resolution(dump, cpu, cpus.address_on(bases, cpu, dump))
            except Error as error:
                yield {"cpu": cpu, "base": cpus.address_on(bases, cpu, dump), "error": fault(error)}
        return
    bases = dump.symbol("timer_bases").address
    size = dump.type("struct timer_base").size
    jiffies = dump.read_unsigned(dump.symbol("jiffies_64", "").address)
    names = BASES[3 if dump.type("struct timer_base").member("vectors") and _has_hierarchy(dump) else 2]
    for cpu in _selected(session, options.C):
        for number, name in enumerate(names):
            row: Row = {"cpu": cpu, "name": name, "jiffies": jiffies, "address": cpus.address_on(bases, cpu, dump) + number * size, "timers": []}
            try:
                row |= _wheel(dump, row["address"], jiffies)
            except Error as error:
                row["error"] = fault(error)
            yield row


def _has_hierarchy(dump: Dump) -> bool:
    """Whether timers migrate by a hierarchy of CPUs, and so have wheels for local and global ones (since v6.9)."""
    return dump.address_of("tmigr_cpu", "", default=0) != 0


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.r:
        yield from context.separated(_clocks(rows))
        return
    last = None
    for row in rows:
        if last is None:
            yield "JIFFIES   "
            yield str(row["jiffies"])
        if row["cpu"] != last:
            yield ""
            last = row["cpu"]
        yield f"TIMER_BASES[{row['cpu']}][{row['name']}]: {row['address']:x}"
        yield from _timers(row)


def _timers(row: Row) -> Iterator[str]:
    timers = row["timers"]
    if timers:
        width = max(10, *(len(str(timer["expires"])) for timer in timers))
        left = max(len(str(timer["left"])) + 1 for timer in timers)
        yield f"  {'EXPIRES':<{width}}  {'   TTE':<{left + 2}}{'TIMER_LIST':>16}     FUNCTION"
        for timer in timers:
            yield f"  {timer['expires']:>{width}}  {timer['left']:>{left}}  {timer['timer']:016x}  {_called(timer)}"
    elif "error" not in row:
        yield "  (none)"
    if "error" in row:
        yield f"  {mark(row)}"


def _called(timer: Row) -> str:
    return f"{timer['function']:016x}  <{timer['name']}>" if timer["name"] else f"{timer['function']:016x}"


def _center(text: object, width: int) -> str:
    """As str.center(), with the odd blank on the left."""
    text = str(text)
    left = max(width - len(text) + 1, 0) // 2
    return (" " * left + text).ljust(width)


def _clocks(rows: Iterable[Row]) -> Iterator[list[str]]:
    last = None
    for row in rows:
        lines = []
        if row["cpu"] != last:
            lines.append(f"CPU: {row['cpu']}  HRTIMER_CPU_BASE: {row['base']:x}")
            last = row["cpu"]
        if "clock" in row:
            lines.append(f"  CLOCK: {row['clock']}  HRTIMER_CLOCK_BASE: {row['address']:x}  [{row.get('clock_name')}]")
            lines += _clock(row)
        if "error" in row:
            lines.append(f"  {mark(row)}")
        yield lines


def _clock(row: Row) -> Iterator[str]:
    timers = row["timers"]
    if not timers:
        if "error" not in row:
            yield "  (empty)"
        return
    soft, hard, left = (
        max(least, *(len(str(timer[key])) for timer in timers)) for key, least in (("soft", 11), ("expires", 11), ("left", 3))
    )
    yield f"  {_center('CURRENT', soft)}"
    yield f"  {_center(row['current'], soft)}"
    yield f"  {_center('SOFTEXPIRES', soft)}  {_center('EXPIRES', hard)}  {_center('TTE', left)}      HRTIMER           FUNCTION    "
    for timer in timers:
        yield (
            f"  {_center(timer['soft'], soft)}  {_center(timer['expires'], hard)}  {timer['left']:>{left}}  {timer['timer']:016x}  {_called(timer)}"
        )


COMMAND = Command(
    name="timer",
    summary="timers",
    topic="kernel",
    options=(Option("-r", help="high-resolution timers (ns)"), Option("-C", "CPUS", help="these CPUs only")),
    description="TTE is the time to expiration, in jiffies or with -r in ns.",
    fields={"cpu": "", "jiffies": "now", "address": "of the base", "timers": "expires, left (until then), timer, function, name", "current": "ns"},
    rows=rows,
    text=text,
)
