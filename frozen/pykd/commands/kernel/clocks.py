# SPDX-License-Identifier: GPL-2.0-or-later
"""``clocks``: clock sources, clock events, the tree of clock signals."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import clocks
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

NEVER = (1 << 63) - 1


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    current = 0
    try:
        current = clocks.current_clocksource(dump)
    except Error as error:
        yield {"kind": "source", "error": fault(error)}
    for source in caught(clocks.for_each_clocksource(dump)):
        yield _row("source", source, lambda one: {"name": str(one.name), "rating": int(one.rating), "mask": int(one.mask), "current": int(one) == current})
    for found in caught(clocks.for_each_clockevent(dump)):
        cpu, device = (None, found) if isinstance(found, Error) else found
        yield _row("event", device, _event) | {"cpu": cpu}
    for found in caught(clocks.for_each_clk(dump)):
        depth, clock = (0, found) if isinstance(found, Error) else found
        yield _row("signal", clock, _signal) | {"depth": depth}


def _row(kind: str, found: Any, of: Callable[[Any], Row]) -> Row:
    row: Row = {"kind": kind}
    try:
        if isinstance(found, Error):
            raise found
        return row | {"address": int(found)} | of(found)
    except Error as error:
        return row | {"error": fault(error)}


def _event(device: Any) -> Row:
    following = int(device.next_event)
    return {
        "name": str(device.name), "rating": int(device.rating), "state": clocks.event_state(device), "next": None if following == NEVER else following, "irq": int(device.irq),
    }  # fmt: skip


def _signal(clock: Any) -> Row:
    return {"name": str(clock.name), "rate": int(clock.rate), "enabled": int(clock.enable_count), "prepared": int(clock.prepare_count)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    kind = ""
    titles = {"source": "CLOCK SOURCES (rating, name)", "event": "CLOCK EVENTS (CPU, rating, name)", "signal": "CLOCK SIGNALS (rate in Hz, enabled, prepared)"}
    for row in rows:
        if row["kind"] != kind:
            yield from ([""] if kind else [])
            kind = row["kind"]
            yield titles[kind]
        if "name" not in row:
            yield f"  (not known) {mark(row)}"
        elif kind == "source":
            yield f"{row['rating']:>5} {row['name']}{' (in use)' if row['current'] else ''}"
        elif kind == "event":
            following = "" if row["next"] is None else f", next at {row['next']} ns"
            yield f"{'-' if row['cpu'] is None else row['cpu']:>5} {row['rating']:>4} {row['name']}: {row['state']}{following}"
        else:
            yield f"{row['rate']:>12} {row['enabled']:>3} {row['prepared']:>3} {'  ' * row['depth']}{row['name']}"


COMMAND = Command(
    name="clocks",
    summary="clock sources, clock event devices, the tree of clock signals",
    topic="kernel",
    description="What time is read from, the best first; what ticks each CPU, and with - what could; and the clocks of drivers as clk_summary shows them, which\n"
    "many machines have not.",
    fields={
        "kind": "source, event, signal", "address": "struct clocksource, clock_event_device, clk_core", "name": "", "rating": "",
        "mask": "of a source", "current": "a source in use", "cpu": "that an event device ticks; null: none", "state": "of an event device",
        "next": "ns of the monotonic clock; null: none", "irq": "", "rate": "Hz", "enabled": "by how many", "prepared": "by how many", "depth": "in the tree",
    },
    examples=(("clocks", "all"),),
    rows=rows,
    text=text,
)  # fmt: skip
