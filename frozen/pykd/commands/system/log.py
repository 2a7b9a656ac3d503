# SPDX-License-Identifier: GPL-2.0-or-later
"""``log``: the kernel's message buffer."""

from __future__ import annotations

import re

from _pykd import Dump, Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import audit, printk, timekeeping
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values import date

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_UNPRINTABLE = {c: "." for c in (*range(0x20), *range(0x7F, 0xA0)) if c not in b"\t\n"}
"""What a message has no business to tell a terminal."""
_RUST = re.compile(r"\b_{1,2}(?:R[A-Z]|ZN\d)[\w.$]*")
"""What may be the name of a symbol of Rust's"""


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.a:
        yield from ({"error": fault(one)} if isinstance(one, Error) else one._asdict() for one in audit.records(dump))
        return
    if options.s:
        yield from _unflushed(dump)
        return
    boot = None
    if options.T:
        boot = timekeeping.now(dump) - timekeeping.jiffies_since_boot(dump) // timekeeping.hz(dump)
    if options.c:
        options.width = _caller_width(session)
    for record in printk.records(dump):
        row: Row = {
            "sequence": record.sequence,
            "time": record.time,
            "level": record.level,
            "facility": record.facility,
            "caller": printk.caller_text(record.caller),
            "text": _RUST.sub(_in_rust, record.text) if options.R else record.text,
        }
        if options.d:
            row["dictionary"] = record.dictionary
        if boot is not None:
            row["date"] = boot + record.time // 1_000_000_000
        yield row


def _in_rust(match: re.Match[str]) -> str:
    from pykd.values import rustname

    return rustname.demangle(match[0]) or match[0]


def _unflushed(dump: Dump) -> Iterator[Row]:
    for one in printk.safe_buffers(dump):
        if isinstance(one, printk.SafeBuffer):
            yield {"buffer": one.name, "cpu": one.cpu, "address": one.address, "length": one.length, "lost": one.lost, "text": one.text}
        else:
            name, cpu, error = one
            yield {"buffer": name, "cpu": cpu, "error": fault(error)}


def _buffer_lines(rows: Iterable[Row]) -> Iterator[str]:
    last = None
    for row in rows:
        if row["buffer"] != last:
            last = row["buffer"]
            yield f"PRINTK_SAFE_SEQ_BUF: {last}"
        if "text" in row:
            yield f"CPU: {row['cpu']}  ADDR: {row['address']:x} LEN: {row['length']}  MESSAGE_LOST: {row['lost']}"
            yield from [f"  {line}" for line in row["text"].splitlines()] or ["  (empty)"]
        else:
            yield f"CPU: {row['cpu']}  {mark(row)}"
        yield ""


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.s:
        yield from _buffer_lines(rows)
        return
    empty = True
    for row in rows:
        empty = False
        if "error" in row:
            yield mark(row)
        elif options.a:
            yield f"type={row['type']} {row['text']}"
        else:
            # Lines after the first stand below its text.
            before = _prefix(row, options)
            margin = " " * len(before)
            if options.m:
                before += f"<{row['level']}>"
                margin += "   "
            first, *others = row["text"].translate(_UNPRINTABLE).split("\n")
            yield before + first
            for line in (*others, *row.get("dictionary", ())):
                yield margin + line
    if empty and options.a:
        raise CommandError("kernel audit log is empty")


def _caller_width(session: Session) -> int:
    """As wide as the largest PID may get; there is one for each PID namespace since v6.14."""
    address = session.dump.address_of("pid_max", "", default=0)
    largest = session.dump.read_unsigned(address, 4) if address else 1 << 22
    return 6 if largest < 100_000 else 7 if largest < 1_000_000 else 8


def _prefix(row: Row, options: Any) -> str:
    if options.t:
        return ""
    if options.T:
        before = date.text(row["date"], "[%a %b %e %H:%M:%S %Z %Y] ")
    else:
        seconds, rest = divmod(row["time"], 1_000_000_000)
        before = f"[{seconds:5d}.{rest // 1000:06d}] "
    if options.c and row["caller"] is not None:
        before += f"[{row['caller']:>{options.width}}] "
    return before


COMMAND = Command(
    name="log",
    summary="the kernel's message buffer",
    topic="system",
    options=(
        Option("-T", help="dates instead of seconds since boot"),
        Option("-t", help="no times"),
        Option("-m", help="the level of each message before its text"),
        Option("-d", help="what drivers added: SUBSYSTEM and DEVICE"),
        Option("-c", help="who logged it: T and a PID, or C and a CPU"),
        Option("-s", help="what is in printk's per-CPU buffers of safe context and was not moved to the log (before Linux 5.15)"),
        Option("-R", help="names of Rust symbols as they are in the source"),
        Option("-a", help="audit records that were not handed to user space yet"),
    ),
    description="Times are those of the kernel's local clock. Dates are computed from the time of the dump and the uptime.",
    fields={
        "sequence": "number of the message since boot",
        "time": "nanoseconds of the local clock",
        "date": "seconds since 1970 (-T)",
        "level": "0 (emergency) to 7 (debug)",
        "facility": "as in syslog(3), 0: the kernel",
        "caller": "T and a PID or C and a CPU; null where the kernel does not keep it",
        "dictionary": "KEY=VALUE texts (-d)",
        "text": "the message; may have several lines",
        "type": "of an audit record (-a)",
        "buffer": "per-CPU buffer (-s)",
        "cpu": "of the buffer (-s)",
        "address": "of the buffer (-s)",
        "length": "bytes (-s)",
        "lost": "messages that found no room (-s)",
    },
    examples=(("log -T | tail", "the last messages, with dates"), ("log -m", "with levels")),
    rows=rows,
    text=text,
)
