# SPDX-License-Identifier: GPL-2.0-or-later
"""``task``: the task_struct of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pykd import context
from pykd.cformat import Formatter
from pykd.command import Command, CommandError, Option, Row
from pykd.commands.struct_ import formatter_of
from pykd.session import Session


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    formatter = formatter_of(session, options)
    task, thread_info = dump.type("struct task_struct"), dump.type("struct thread_info")
    for thread in context.chosen(session, options.arguments):
        row = context.identity(thread)
        if task.member("thread_info"):
            row["thread_info"] = thread.address  # c65eacbe290b ("sched/core: Allow putting thread_info into task_struct") (in v4.9)
        else:
            row["thread_info"] = dump.read_unsigned(thread.address + task.offset_of("stack"))
        both = ((task, row["task"]), (thread_info, row["thread_info"]))
        if options.R:
            row["members"] = [found for path in options.R.split(",") for found in _members(formatter, both, path)]
        else:
            row["structs"] = [{"name": str(type), "lines": list(formatter.members(type, address, 2))} for type, address in both]
        yield row


def _members(formatter: Formatter, both: Iterable[tuple[Any, int]], path: str) -> list[Row]:
    """The member of that name; a name that both structures have, such as flags, of both. :raises CommandError: none has it"""
    found = [
        {"struct": str(type), "name": path, "value": formatter.member(member, address, 2)} for type, address in both if (member := type.member(path))
    ]
    if not found:
        raise CommandError(f"invalid structure member reference: {path}")
    return found


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield from context.separated(_task(row) for row in rows)


def _task(row: Row) -> Iterator[str]:
    yield context.header(row)
    yield from (f"  {member['name']} = {member['value']}," for member in row.get("members", ()))
    for number, struct in enumerate(row.get("structs", ())):
        if number:
            yield ""
        yield f"{struct['name']} {{"
        yield from struct["lines"]
        yield "}"


COMMAND = Command(
    name="task",
    summary="task_struct contents",
    topic="tasks",
    options=(
        Option("-R", "MEMBER[,MEMBER]", help="these members only"),
        Option("-x", help="integers in hexadecimal"),
        Option("-d", help="integers in decimal"),
    ),
    arguments="[PID|TASK|COMM]…",
    fields={
        "pid": "", "task": "struct task_struct", "cpu": "", "comm": "", "thread_info": "struct thread_info",
        "members": "-R: struct, name, value as text", "structs": "name, and lines of text",
    },
    rows=rows,
    text=text,
    reads=True,
)
