# SPDX-License-Identifier: GPL-2.0-or-later
"""``waitq``: the tasks on a wait queue."""

from __future__ import annotations

from _pykd import Error
from pykd.commands.data.struct_ import find_struct
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row, fault
from pykd.core.walk import caught
from pykd.kernel import waitqueues
from pykd.session import context
from pykd.session.command import Command
from pykd.session.session import Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def _head(session: Session, words: list[str]) -> tuple[int, str]:
    """Address and name of the wait queue."""
    name = words[0]
    if len(words) == 2:
        struct, dot, member = name.partition(".")
        entry = find_struct(session, struct).member(member) if dot else None
        if entry is None:
            raise CommandError(f"invalid structure member: {name}")
        return to_address(session.dump, words[1]) + entry.offset, ""
    found = session.dump.address_of(name, default=0)
    if found:
        return found, name
    try:
        return int(name, 16), ""
    except ValueError:
        raise CommandError(f'cannot resolve "{name}"') from None


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("a wait queue is missing")
    dump = session.dump
    head, name = _head(session, options.arguments)
    known = {thread.address: thread for thread in context.table(session)}
    entry = None
    for entry in caught(waitqueues.for_each_waiter(dump, head)):
        if isinstance(entry, Error):
            yield {"error": fault(entry, f"the queue is cut off: {entry}")}
            return
        try:
            task = waitqueues.waiting_task(dump, entry)
        except Error as error:
            yield {"entry": int(entry), "error": fault(error)}
            continue
        if thread := known.get(task):
            yield {"entry": int(entry), "pid": thread.pid, "task": task, "header": thread.header()}
    if entry is None:
        yield {"empty": True, "name": name, "address": head}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        if "empty" in row:
            yield f'wait queue "{row["name"]}" ({row["address"]:x}) is empty' if row["name"] else f"wait queue {row['address']:x} is empty"
        elif "error" in row:
            yield f"waitq: {row['error']['message']}"
        else:
            yield row["header"]


COMMAND = Command(
    name="waitq",
    summary="the tasks on a wait queue",
    topic="tasks",
    arguments="SYMBOL | STRUCT.MEMBER ADDRESS | ADDRESS",
    fields={"entry": "struct wait_queue_entry", "pid": "", "task": "struct task_struct"},
    rows=rows,
    text=text,
)
