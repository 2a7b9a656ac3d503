# SPDX-License-Identifier: GPL-2.0-or-later
"""``waitq``: the tasks on a wait queue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Dump, Error
from pykd.commands.data.struct_ import find_struct
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.kernel.task.table import Thread
from pykd.session import context
from pykd.session.command import Command
from pykd.session.session import Session
from pykd.values.expression import address as to_address


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


def _entries(dump: Dump, head: int) -> tuple[list[int], Any]:
    """Addresses of the entries, and what cut the list off.

    ``wait_queue_head_t.head`` and ``wait_queue_entry.entry`` since 2055da97389a ("sched/wait: Disambiguate wq_entry->task_list and
    wq_head->task_list naming") (in v4.13), ``task_list`` before; simple wait queues have both.
    """
    for queue, link_names, entry_type, entry_names in (
        ("struct wait_queue_head", ("head", "task_list"), "struct wait_queue_entry", ("entry", "task_list")),
        ("struct __wait_queue_head", ("task_list",), "struct __wait_queue", ("task_list",)),
    ):
        try:
            head_type, entry = dump.type(queue), dump.type(entry_type)
        except Error:
            continue
        link = next(member for name in link_names if (member := head_type.member(name)))
        inner = next(member for name in entry_names if (member := entry.member(name)))
        start = head + link.offset
        first = dump.read_unsigned(start)
        if first in (0, start):
            return [], None
        addresses, why = dump.follow(first, stop=start, limit=1_000_000)
        return [address - inner.offset for address in addresses], why
    raise CommandError("the dump has no type for wait queues")


def _task_of(dump: Dump, entry: int, known: dict[int, Thread]) -> int:
    """The waiting task: ``private`` of the entry where that is one, else ``polling_task`` of a poll_wqueues."""
    wait = dump.object("struct wait_queue_entry", entry)
    private = int(wait.private)
    if private in known:
        return private
    symbol = dump.symbol_at(int(wait.func))
    if symbol is not None and symbol.name == "pollwake" and private:
        return int(dump.object("struct poll_wqueues", private).polling_task)
    return 0


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("a wait queue is missing")
    dump = session.dump
    head, name = _head(session, options.arguments)
    known = {thread.address: thread for thread in context.table(session)}
    entries, why = _entries(dump, head)
    if not entries:
        yield {"empty": True, "name": name, "address": head}
    for entry in entries:
        try:
            task = _task_of(dump, entry, known)
        except Error as error:
            yield {"entry": entry, "error": str(error)}
            continue
        if thread := known.get(task):
            yield {"entry": entry, "pid": thread.pid, "task": task, "header": thread.header()}
    if why is not None:
        yield {"error": f"the queue is cut off: {why}"}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        if "empty" in row:
            yield f'wait queue "{row["name"]}" ({row["address"]:x}) is empty' if row["name"] else f"wait queue {row['address']:x} is empty"
        elif "error" in row:
            yield f"waitq: {row['error']}"
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
