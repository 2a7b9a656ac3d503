# SPDX-License-Identifier: GPL-2.0-or-later
"""``audit``: whether the kernel audits, who gets the records, and by which rules."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import auditrules
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

ENABLED = {0: "off", 1: "on", 2: "on, and locked"}


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    yield auditrules.status(dump)
    for rule in caught(auditrules.rules(dump)):
        if isinstance(rule, Error):
            yield {"error": fault(rule)}
        else:
            yield {"rule": rule.address, "list": rule.filter, "action": rule.action, "calls": rule.calls, "fields": rule.fields}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    count = 0
    for row in rows:
        if "enabled" in row:
            daemon = "no daemon" if row["pid"] is None else f"daemon is PID {row['pid']}"
            yield f"auditing is {ENABLED.get(row['enabled'], row['enabled'])}; {daemon}; a failure is told by {row['failure']}"
            yield f"{row['backlog']} of {row['backlog_limit']} records wait, {row['lost']} were lost, rate limit {row['rate_limit'] or 'none'}"
            continue
        count += 1
        if "rule" not in row:
            yield f"(a rule is not known) {mark(row)}"
            continue
        calls = [f"-S {','.join(map(str, row['calls']))}"] if row["calls"] else []
        yield " ".join((f"-a {row['action']},{row['list']}", *calls, *(f"-F {field}" for field in row["fields"])))
    if not count:
        yield "no rules"


COMMAND = Command(
    name="audit",
    summary="auditing: its state and its rules",
    topic="kernel",
    description="State and rules as auditctl -s and -l have them; system calls by number. Records that no daemon has read are in log -a.",
    fields={
        "enabled": "0, 1, or 2: until the next boot", "failure": "silent, printk, panic", "pid": "of the daemon; null: none", "rate_limit": "records a second; 0: none",
        "backlog_limit": "records", "lost": "records", "backlog": "records that wait", "rule": "struct audit_krule", "list": "user, task, exit, exclude, filesystem, io_uring",
        "action": "never, always", "calls": "numbers of system calls; none: all", "fields": "NAME, operator, value",
    },
    examples=(("audit", "all"),),
    rows=rows,
    text=text,
)  # fmt: skip
