# SPDX-License-Identifier: GPL-2.0-or-later
"""``task``: the task_struct of tasks."""

from __future__ import annotations

from _pykd import Type
from pykd.commands.data.struct_ import formatter_of, structure
from pykd.core.errors import CommandError
from pykd.core.rows import Row
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session
from pykd.values import cdata
from pykd.values.cformat import Formatter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    task = dump.type("struct task_struct")
    formatter = formatter_of(session, options)
    for thread in context.chosen(session, options.arguments):
        row = context.identity(thread)
        if task.member("thread_info"):
            row["thread_info"] = thread.address  # c65eacbe290b ("sched/core: Allow putting thread_info into task_struct") (in v4.9)
        else:
            row["thread_info"] = dump.read_unsigned(thread.address + task.offset_of("stack"))
        structs = ((task, thread.address), (dump.type("struct thread_info"), row["thread_info"]))
        if options.R:
            row["members"] = [one for path in options.R.split(",") for one in _members(formatter, structs, path, options)]
        else:
            row["structs"] = [structure(formatter, type, address, values=options.values) for type, address in structs]
        yield row


def _members(formatter: Formatter, structs: Iterable[tuple[Type, int]], path: str, options: Any) -> Iterator[Row]:
    """The member of that name; a name that both structures have, such as flags, of both. :raises CommandError: none has it"""
    found = [(type, member, address) for type, address in structs if (member := type.member(path))]
    if not found:
        raise CommandError(f"invalid structure member reference: {path}")
    for type, member, address in found:
        row: Row = {"name": path, "type": str(type), "lines": [f"{path} = {formatter.member(member, address, 2)},"]}
        if options.values:
            row["value"] = cdata.member(formatter.dump, member, address)
        yield row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield from context.separated(map(_task, rows))


def _task(row: Row) -> Iterator[str]:
    yield context.header(row)
    yield from (f"  {line}" for one in row.get("members", ()) for line in one["lines"])
    for number, one in enumerate(row.get("structs", ())):
        if number:
            yield ""
        yield from one["lines"]


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
        "structs": "type, address, value member by member, lines of text", "members": "-R: name, type of the struct, value, lines",
    },
    rows=rows,
    text=text,
)
