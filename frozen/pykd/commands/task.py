# SPDX-License-Identifier: GPL-2.0-or-later
"""``task``: the task_struct of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pykd import context
from pykd.command import Command, CommandError, Option, Row
from pykd.commands.struct_ import formatter_of
from pykd.session import Session


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    task = dump.type("struct task_struct")
    for thread in context.chosen(session, options.arguments):
        row = context.identity(thread)
        if task.member("thread_info"):
            row["thread_info"] = thread.address  # c65eacbe290b ("sched/core: Allow putting thread_info into task_struct") (in v4.9)
        else:
            row["thread_info"] = dump.read_unsigned(thread.address + task.offset_of("stack"))
        yield row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield from context.separated(_task(row, options, session) for row in rows)


def _task(row: Row, options: Any, session: Session) -> Iterator[str]:
    formatter = formatter_of(session, options)
    task, thread_info = session.dump.type("struct task_struct"), session.dump.type("struct thread_info")
    yield context.header(row)
    if options.R:
        for path in options.R.split(","):
            # a name that both have, such as flags, is shown of both
            found = [(member, address) for type, address in ((task, row["task"]), (thread_info, row["thread_info"])) if (member := type.member(path))]
            if not found:
                raise CommandError(f"invalid structure member reference: {path}")
            yield from (f"  {path} = {formatter.member(member, address, 2)}," for member, address in found)
        return
    for type, address in ((task, row["task"]), (thread_info, row["thread_info"])):
        if type is thread_info:
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
    fields={"pid": "", "task": "struct task_struct", "cpu": "", "comm": "", "thread_info": "struct thread_info"},
    rows=rows,
    text=text,
    reads=True,
)
