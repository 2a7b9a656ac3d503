# SPDX-License-Identifier: GPL-2.0-or-later
"""``set``: the context that commands mean, and settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Error
from pykd import context, cpus, tasks, taskstate
from pykd.command import Command, CommandError, Option, Row
from pykd.session import Session

_WORDS = {"on": True, "off": False}


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.v:
        yield from ({"setting": name, "value": value} for name, value in session.settings.items())
        return
    if options.c:
        active = cpus.active_tasks(dump)
        if not options.c.isdigit() or int(options.c) not in active:
            raise CommandError(f"no task is known to have run on CPU {options.c}")
        session.task = active[int(options.c)]
    elif options.p:
        session.task = int(tasks.panic_task(dump))
    elif options.arguments and options.arguments[0] in session.settings:
        yield _setting(session, *options.arguments)
        return
    elif options.arguments:
        thread = context.chosen(session, options.arguments[:1])[0]
        if options.a:
            raise CommandError("-a: the tasks that a dump's CPUs were running do not change")
        session.task = thread.address
    yield _context(session)


def _setting(session: Session, name: str, value: str | None = None, *rest: str) -> Row:
    if rest:
        raise CommandError(f"{name} takes one value")
    if value is not None:
        old = session.settings[name]
        if isinstance(old, bool):
            if value not in _WORDS:
                raise CommandError(f"{name} is on or off, not {value}")
            session.settings[name] = _WORDS[value]
        else:
            try:
                number = int(value, 0)
            except ValueError:
                raise CommandError(f"{name} is a number, not {value}") from None
            if name == "radix" and number not in (10, 16):
                raise CommandError("radix is 10 or 16")
            session.settings[name] = number
    return {"setting": name, "value": session.settings[name]}


def _context(session: Session) -> Row:
    dump = session.dump
    thread = context.chosen(session, [])[0]
    row = context.identity(thread)
    task: Any = dump.object("struct task_struct", thread.address)
    row["thread_info"] = thread.address if task.hasField("thread_info") else int(task.stack)
    try:
        state = task.Eval("__state" if task.hasField("__state") else "state")
        names = taskstate.StateNames(taskstate.state_bits(taskstate.state_array(dump)))
        row["state"] = names.name(int(state), task.exit_state)
    except Error as error:
        row["error"] = str(error)
    if thread.address == int(tasks.panic_task(dump)):
        row["note"] = "PANIC"
    elif thread.active:
        row["note"] = "ACTIVE"
    return row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        if "setting" in row:
            value = row["value"]
            shown = {True: "on", False: "off"}[value] if isinstance(value, bool) else value
            yield f"{row['setting']:>14}: {shown}" if options.v else f"{row['setting']}: {shown}"
            continue
        yield f"    PID: {row['pid']}"
        yield f'COMMAND: "{row["comm"]}"'
        yield f"   TASK: {row['task']:x}  [THREAD_INFO: {row['thread_info']:x}]"
        yield f"    CPU: {row['cpu']}"
        state = row["state"] if "state" in row else f"(error: {row['error']})"
        yield f"  STATE: {state}" + (f" ({row['note']})" if "note" in row else "")


COMMAND = Command(
    name="set",
    summary="the context of commands, and settings",
    topic="session",
    options=(
        Option("-c", "CPU", help="the task that the CPU was running"),
        Option("-p", help="the task that panicked"),
        Option("-v", help="show all settings"),
        Option("-a", help="refused: which tasks were active is in the dump"),
    ),
    arguments="[PID|TASK|COMM | SETTING [VALUE]]",
    fields={"pid": "", "task": "", "cpu": "", "comm": "", "thread_info": "", "state": "", "note": "PANIC or ACTIVE", "setting": "", "value": ""},
    rows=rows,
    text=text,
)
