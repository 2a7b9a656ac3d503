# SPDX-License-Identifier: GPL-2.0-or-later
"""``timer``: pending timers and high-resolution timers."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import cpus, timekeeping, timers
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def _selected(session: Session, spec: str | None) -> list[int]:
    possible: list[int] = cpus.possible(session.dump)
    return [cpu for cpu in context.cpu_list(session, spec) if cpu in possible] if spec else possible


def _function(dump: Dump, address: int) -> Row:
    symbol = dump.symbol_at(address)
    return {"function": address, "name": symbol.name if symbol else None}


def _wheel(dump: Dump, base: int, jiffies: int) -> Row:
    """The timers of a wheel, the next to expire first."""
    found: list[Row] = []
    row: Row = {"timers": found}
    for one in caught(timers.timers_of(dump, base)):
        try:
            if isinstance(one, Error):
                raise one
            found.append({"expires": one.expires, "left": one.expires - jiffies, "timer": int(one)} | _function(dump, int(one.function)))
        except Error as error:
            row["error"] = fault(error, partial=True)
    found.sort(key=lambda entry: entry["expires"])
    return row


def _clock_row(dump: Dump, number: int, clock: Any) -> Row:
    """A clock with its timers."""
    found: list[Row] = []
    row: Row = {"clock": number, "address": int(clock), "timers": found}
    try:
        row["clock_name"] = timers.clock_name(dump, number, clock)
        row["current"] = timers.clock_now(dump, clock)
        for one in timers.high_resolution_timers(dump, clock):
            soft, hard = one._softexpires, one.Eval("node.expires")
            entry = {"soft": soft, "expires": hard, "left": hard - row["current"], "timer": int(one)}
            found.append(entry | _function(dump, int(one.function)))
    except Error as error:
        row["error"] = fault(error, partial=True)
    return row


def _high_resolution(dump: Dump, cpu: int) -> Iterator[Row]:
    row: Row = {"cpu": cpu}
    try:
        base = timers.high_resolution_base(dump, cpu)
        row["base"] = int(base)
        for number, clock in enumerate(base.clock_base):
            yield row | _clock_row(dump, number, clock)
    except Error as error:
        yield row | {"error": fault(error)}


def _wheels(dump: Dump, cpu: int, jiffies: int) -> Iterator[Row]:
    for wheel in timers.wheels(dump, cpu):
        row: Row = {"cpu": cpu, "name": wheel.name, "jiffies": jiffies, "address": wheel.address, "timers": []}
        try:
            row |= _wheel(dump, wheel.address, jiffies)
        except Error as error:
            row["error"] = fault(error)
        yield row


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    jiffies = 0 if options.r else timekeeping.jiffies(dump)
    for cpu in _selected(session, options.C):
        yield from _high_resolution(dump, cpu) if options.r else _wheels(dump, cpu, jiffies)


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
    found = row["timers"]
    if found:
        width = max(10, *(len(str(timer["expires"])) for timer in found))
        left = max(len(str(timer["left"])) + 1 for timer in found)
        yield f"  {'EXPIRES':<{width}}  {'   TTE':<{left + 2}}{'TIMER_LIST':>16}     FUNCTION"
        for timer in found:
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
            lines.append(f"CPU: {row['cpu']}" + (f"  HRTIMER_CPU_BASE: {row['base']:x}" if "base" in row else ""))
            last = row["cpu"]
        if "clock" in row:
            lines.append(f"  CLOCK: {row['clock']}  HRTIMER_CLOCK_BASE: {row['address']:x}  [{row.get('clock_name')}]")
            lines += _clock(row)
        if "error" in row:
            lines.append(f"  {mark(row)}")
        yield lines


def _clock(row: Row) -> Iterator[str]:
    found = row["timers"]
    if not found:
        if "error" not in row:
            yield "  (empty)"
        return
    soft, hard, left = (
        max(least, *(len(str(timer[key])) for timer in found)) for key, least in (("soft", 11), ("expires", 11), ("left", 3))
    )
    yield f"  {_center('CURRENT', soft)}"
    yield f"  {_center(row['current'], soft)}"
    yield f"  {_center('SOFTEXPIRES', soft)}  {_center('EXPIRES', hard)}  {_center('TTE', left)}      HRTIMER           FUNCTION    "
    for timer in found:
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
