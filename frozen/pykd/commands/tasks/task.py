# SPDX-License-Identifier: GPL-2.0-or-later
"""``task``: the task_struct of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Dump, Member, Type
from pykd.commands.data.struct_ import formatter_of
from pykd.core.errors import CommandError
from pykd.core.rows import Row
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values.cformat import Formatter


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    task = dump.type("struct task_struct")
    for thread in context.chosen(session, options.arguments):
        row = context.identity(thread)
        if task.member("thread_info"):
            row["thread_info"] = thread.address  # c65eacbe290b ("sched/core: Allow putting thread_info into task_struct") (in v4.9)
        else:
            row["thread_info"] = dump.read_unsigned(thread.address + task.offset_of("stack"))
        for path in options.R.split(",") if options.R else ():
            _places(dump, row, path)  # a wrong name ends the command before it has begun
        yield row


def _structs(dump: Dump, row: Row) -> list[tuple[Type, int]]:
    return [(dump.type("struct task_struct"), row["task"]), (dump.type("struct thread_info"), row["thread_info"])]


def _places(dump: Dump, row: Row, path: str) -> list[tuple[Type, Member, int]]:
    """The member of that name; a name that both structures have, such as flags, of both. :raises CommandError: none has it"""
    found = [(type, member, address) for type, address in _structs(dump, row) if (member := type.member(path))]
    if not found:
        raise CommandError(f"invalid structure member reference: {path}")
    return found


def details(session: Session, options: Any, row: Row) -> Row:
    """With values."""
    from pykd.values import cdata

    dump = session.dump
    if not options.R:
        return row | {"structs": {str(type): cdata.value(dump, type, address) for type, address in _structs(dump, row)}}
    structs: dict[str, Row] = {}
    for path in options.R.split(","):
        for type, member, address in _places(dump, row, path):
            structs.setdefault(str(type), {})[path] = cdata.member(dump, member, address)
    return row | {"structs": structs}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    formatter = formatter_of(session, options)
    yield from context.separated(_task(session.dump, row, options, formatter) for row in rows)


def _task(dump: Dump, row: Row, options: Any, formatter: Formatter) -> Iterator[str]:
    yield context.header(row)
    if options.R:
        for path in options.R.split(","):
            yield from (f"  {path} = {formatter.member(member, address, 2)}," for _, member, address in _places(dump, row, path))
        return
    for number, (type, address) in enumerate(_structs(dump, row)):
        if number:
            yield ""
        yield f"{type} {{"
        yield from formatter.members(type, address, 2)
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
        "structs": "by type, member by member; -R: these members",
    },
    rows=rows,
    text=text,
    details=details,
)
