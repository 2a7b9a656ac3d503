# SPDX-License-Identifier: GPL-2.0-or-later
"""The end of the log, and what stands out before."""

from __future__ import annotations

import re

from pykd.report.blocks import Block, lines, picture
from pykd.report.facts import stamp
from pykd.report.sections import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

LAST = 50
ALARMS = 30
"""Messages that are shown"""
ALARM = re.compile(
    r"BUG|WARNING|Oops|Kernel panic|general protection|soft lockup|hard LOCKUP|blocked for more than|rcu: INFO|I/O error|[Oo]ut of memory|oom-kill|"
    r"Hardware Error|mce: |AER: |Call Trace|error, dev|timed out|timing out|Link is Down|corruption|unregister_netdevice|table full|nobody cared|Bad page|refcount_t"
)
MAX_POINTS = 2000
"""Messages that the time line has"""


def make(facts: Facts) -> Iterator[Block]:
    records = facts.records
    if not records:
        yield lines([f"the log cannot be read: {facts.log_error}" if facts.log_error else "the log is empty"])
        return
    if records[0].sequence:
        yield lines([f"{records[0].sequence} older messages are no longer in the log: that one is missing proves nothing"])
    alarms = [record for record in records[:-LAST] if ALARM.search(record.text) and not record.facility]
    if alarms:
        yield lines([stamp(record) for record in alarms[-ALARMS:]], f"What stands out before ({len(alarms)})")
    yield lines([line for record in records[-LAST:] for line in whole(record)], f"The last {min(LAST, len(records))} messages")
    step = max(len(records) // MAX_POINTS, 1)
    signs = [bool(ALARM.search(record.text)) for record in records]
    points = [[round(record.time / 1e9, 3), record.level, sign] for number, (record, sign) in enumerate(zip(records, signs, strict=True)) if sign or not number % step]
    yield picture("timeline", {"points": points[-2 * MAX_POINTS :], "end": round(facts.clock / 1e9, 3), "runs": _runs(facts)}, "Messages and last runs over time")


def whole(record: object) -> Iterator[str]:
    """All lines of a message."""
    text = record.text.split("\n")  # type: ignore[attr-defined]
    yield stamp(record)
    for line in text[1:]:
        yield " " * 15 + line


def _runs(facts: Facts) -> list[float]:
    """Seconds at which threads last ran."""
    return sorted(round(thread.last_run / 1e9, 3) for thread in facts.threads.values() if thread.last_run and thread.pid)[-MAX_POINTS:]


SECTION = Section("Kernel log", make)
