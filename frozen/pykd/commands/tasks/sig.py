# SPDX-License-Identifier: GPL-2.0-or-later
"""``sig``: signal handlers, and signals blocked and pending."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.task import signals
from pykd.kernel.task.table import Thread
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.l:
        yield from ({"number": number, "name": signals.name_of(number)} for number in range(1, signals.LAST + 1))
        return
    if options.s:
        try:
            mask = int(options.s, 16)
        except ValueError:
            raise CommandError(f'invalid input: "{options.s}"') from None
        yield {"mask_bits": mask, "mask": signals.names_in(mask)}
        return
    for thread in context.chosen(session, options.arguments):
        row = _row(session.dump, thread)
        if options.g:
            members = [one for one in context.table(session) if one.tgid == thread.tgid]
            members.sort(key=lambda one: one.pid != one.tgid)
            row = _row(session.dump, members[0])
            row["members"] = [_row(session.dump, member, actions=False) for member in members]
        yield row


def _row(dump: Dump, thread: Thread, *, actions: bool = True) -> Row:
    row = context.identity(thread)
    task: Any = dump.object("struct task_struct", thread.address)
    try:
        signal = task.signal
        if not signal or not task.sighand:
            row["error"] = fault("no signals: the task has ended")
            return row
        row["signal"] = int(signal)
        row["threads"] = signal.nr_threads
        if actions:
            row["actions"] = [_action(action) for action in signals.actions(task.sighand)]
        row["blocked_bits"] = blocked = signals.mask_of(task.blocked)
        row["blocked"] = signals.names_in(blocked)
        row["private"] = _pending(dump, task.pending)
        row["shared"] = _pending(dump, signal.shared_pending)
    except Error as error:
        row["error"] = fault(error)
    return row


def _action(action: Any) -> Row:
    mask, flags = signals.mask_of(action.sa_mask), action.sa_flags
    row: Row = {"address": int(action), "handler": int(action.sa_handler), "mask_bits": mask, "flag_bits": flags}
    return row | {"mask": signals.names_in(mask), "flags": signals.action_flag_names(flags)}


def _pending(dump: Dump, pending: Any) -> Row:
    queue: list[Row] = []
    pends = signals.mask_of(pending.signal)
    row: Row = {"signal_bits": pends, "signals": signals.names_in(pends), "queue": queue}
    for one in caught(signals.queued(dump, pending)):
        if isinstance(one, Error):
            row["error"] = fault(one, partial=True)
        else:
            queue.append({"address": int(one), "siginfo": int(one.info), "number": one.info.si_signo})
    return row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.l:
        yield from (f"[{row['number']}]".rjust(4) + f" {row['name']}" for row in rows)
    elif options.s:
        import textwrap

        yield from (line for row in rows for line in textwrap.wrap(" ".join(row["mask"]), 80, break_on_hyphens=False))
    else:
        yield from context.separated(_task_lines(row) for row in rows)
        yield ""


def _handler(handler: int) -> str:
    return {signals.SIG_DFL: "SIG_DFL", signals.SIG_IGN: "SIG_IGN"}.get(handler, f"{handler:x}")


def _task_lines(row: Row) -> Iterator[str]:
    yield context.header(row)
    if "actions" not in row:
        yield mark(row)
        return
    yield f"SIGNAL_STRUCT: {row['signal']:x}  NR_THREADS: {row['threads']}"
    yield " SIG    SIGACTION        HANDLER       MASK       FLAGS           "
    for number, action in enumerate(row["actions"], 1):
        names = "|".join(action["flags"])
        line = f"[{number}]".rjust(4) + f" {action['address']:x} {_handler(action['handler']):>10} {action['mask_bits']:016x} {action['flag_bits']:x} "
        yield line + (f"({names})" if names else "")
    if "members" in row:
        if "shared" in row:
            yield from _queue_lines("SHARED_PENDING", row["shared"])
        for member in row["members"]:
            yield ""
            yield f"  {context.header(member)}"
            yield from (f"  {line}" for line in _pending_lines(member))
        return
    yield from _pending_lines(row)
    if "shared" in row:
        yield from _queue_lines("SHARED_PENDING", row["shared"])


def _pending_lines(row: Row) -> Iterator[str]:
    if "shared" not in row:
        yield mark(row)
        return
    pending = (row["private"]["signal_bits"] | row["shared"]["signal_bits"]) & ~row["blocked_bits"]
    yield f"SIGPENDING: {'yes' if pending else 'no'}"
    yield f"   BLOCKED: {row['blocked_bits']:016x}"
    yield from _queue_lines("PRIVATE_PENDING", row["private"])


def _queue_lines(title: str, part: Row) -> Iterator[str]:
    yield title
    yield f"    SIGNAL: {part['signal_bits']:016x}"
    if not part["queue"]:
        yield f"  SIGQUEUE: {mark(part) or '(empty)'}"
        return
    yield f"  SIGQUEUE:  SIG  {'SIGINFO':^16}".rstrip()
    yield from (f"             {entry['number']:>3}  {entry['siginfo']:x}" for entry in part["queue"])
    if "error" in part:
        yield f"             {mark(part)}"


COMMAND = Command(
    name="sig",
    summary="signal handling of tasks",
    topic="tasks",
    options=(
        Option("-l", help="list the signals"),
        Option("-s", "SIGSET", help="the signals of a set"),
        Option("-g", help="the task's group: what it shares, then each of its threads"),
    ),
    arguments="[PID|TASK|COMM]…",
    fields={
        "pid": "", "task": "struct task_struct", "cpu": "", "comm": "", "signal": "struct signal_struct", "threads": "in the group",
        "actions": "by signal: address, handler, mask and flags, mask_bits, flag_bits",
        "blocked": "signals", "blocked_bits": "of these", "private": "pending for the thread: signals, signal_bits, queue",
        "shared": "pending for the group", "mask": "-s: signals", "mask_bits": "of these",
        "members": "-g: threads",
    },
    rows=rows,
    text=text,
)
