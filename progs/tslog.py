# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's log with the date of each message."""

from __future__ import annotations

import re
from datetime import datetime

from pykd.core.errors import CommandError
from pykd.core.rows import Row
from pykd.kernel import timekeeping
from pykd.session.parser import Parser
from pykd.session.program import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

__version__ = "1.0.1"

_STAMP = re.compile(r"\s*\[\s*(\d+)\.\d+\]")


def rows(session: Any, options: Any) -> Iterator[Row]:
    dump = session.dump
    text, said, works = session.capture_apart("log")
    if not works:
        raise CommandError(said.strip().removeprefix("log: "))
    lines = text.splitlines()
    stamps = [match and int(match[1]) for match in map(_STAMP.match, lines)]
    if not lines or stamps[-1] is None:
        raise CommandError("the log has no timestamps")
    # The log is stamped by the scheduler's clock, which NTP does not correct, so it drifts against the uptime. Scaled to
    # the uptime it is right at both ends.
    uptime = timekeeping.jiffies_since_boot(dump) / timekeeping.hz(dump)
    boot = timekeeping.now(dump) - int(uptime)
    ratio = uptime / stamps[-1] if stamps[-1] else 1.0
    for line, stamp in zip(lines, stamps, strict=True):
        yield {"uptime": stamp, "time": None if stamp is None else boot + int(stamp * ratio), "text": line}


def text(rows: Iterable[Row], options: Any, session: Any) -> Iterator[str]:
    found = list(rows)
    yield f"{found[-1]['uptime']}"
    for row in found:
        yield row["text"] if row["time"] is None else f"{datetime.fromtimestamp(row['time'])} {row['text']}"


COMMAND = Program(
    name="tslog",
    summary="the message buffer with dates",
    topic="kernel",
    parser=lambda: Parser("tslog"),
    description="The kernel's messages, each with the date and time at which it was written.",
    fields={
        "uptime": "its stamp, whole seconds; null: the line goes on with the message before it",
        "time": "when it was written, seconds since 1970",
        "text": "the line as `log` prints it",
    },
    examples=[("tslog | tail -20", "what came last, and when")],
    rows=rows,
    text=text,
)

if __name__ == "__main__":
    COMMAND.main()
