# SPDX-License-Identifier: GPL-2.0-or-later
"""``sig``: signal handlers, and signals blocked and pending."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Dump, Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel.task.table import Thread
from pykd.session import context
from pykd.session.command import Command, Option
from pykd.session.session import Session

NAMES = (
    "SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT/SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM "
    "SIGTERM SIGSTKFLT SIGCHLD/SIGCLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF "
    "SIGWINCH SIGIO/SIGPOLL SIGPWR SIGSYS/SIGUNUSED"
).split()
"""Of 1 to 31, arch/x86/include/uapi/asm/signal.h"""

LAST = 64
ACTION_FLAGS = (
    (0x1, "SA_NOCLDSTOP"),
    (0x2, "SA_NOCLDWAIT"),
    (0x4, "SA_SIGINFO"),
    (0x8000000, "SA_ONSTACK"),
    (0x10000000, "SA_RESTART"),
    (0x40000000, "SA_NODEFER"),
    (0x80000000, "SA_RESETHAND"),
    (0x4000000, "SA_RESTORER"),
)
ACTION_ORDER = (0x1, 0x4000000, 0x2, 0x4, 0x8000000, 0x10000000, 0x40000000, 0x80000000)


def name_of(number: int) -> str:
    """``SIGINT``, ``SIGRTMIN+3``, ``SIGRTMAX-1``."""
    if number <= len(NAMES):
        return NAMES[number - 1]
    if number == 32:
        return "SIGRTMIN"
    if number == LAST:
        return "SIGRTMAX"
    return f"SIGRTMIN+{number - 32}" if number <= 48 else f"SIGRTMAX-{LAST - number}"


def _mask(words: Any) -> int:
    value = words.sig
    return sum(word << 64 * i for i, word in enumerate(value if isinstance(value, list) else [value]))


def rows(session: Session, options: Any) -> Iterator[Row]:
    if options.l:
        yield from ({"number": number, "name": name_of(number)} for number in range(1, LAST + 1))
        return
    if options.s:
        try:
            mask = int(options.s, 16)
        except ValueError:
            raise CommandError(f'invalid input: "{options.s}"') from None
        yield {"mask": mask, "names": [name_of(number).partition("/")[0] for number in range(1, LAST + 1) if mask >> (number - 1) & 1]}
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
            row["actions"] = [_action(action) for action in task.sighand.action]
        row["blocked"] = _mask(task.blocked)
        row["private"] = _pending(dump, task.pending)
        row["shared"] = _pending(dump, signal.shared_pending)
    except Error as error:
        row["error"] = fault(error)
    return row


def _action(action: Any) -> dict[str, int]:
    handler = action.sa
    return {"address": int(action), "handler": int(handler.sa_handler), "mask": _mask(handler.sa_mask), "flags": handler.sa_flags}


def _pending(dump: Dump, pending: Any) -> dict[str, Any]:
    head = int(pending.list)
    queue = []
    addresses, why = dump.follow(dump.read_unsigned(head), stop=head, limit=100_000)
    if addresses and addresses[0] != head:
        member = dump.type("struct sigqueue").member("list")
        back = member.offset if member else 0
        for address in addresses:
            info: Any = dump.object("struct sigqueue", address - back).info
            queue.append({"address": address - back, "siginfo": int(info), "number": info.si_signo})
    return {"signal": _mask(pending.signal), "queue": queue, "cut": why is not None and str(why)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    if options.l:
        yield from (f"[{row['number']}]".rjust(4) + f" {row['name']}" for row in rows)
    elif options.s:
        import textwrap

        yield from (line for row in rows for line in textwrap.wrap(" ".join(row["names"]), 80, break_on_hyphens=False))
    else:
        yield from context.separated(_task_lines(row) for row in rows)
        yield ""


def _handler(handler: int) -> str:
    return {0: "SIG_DFL", 1: "SIG_IGN"}.get(handler, f"{handler:x}")


def _task_lines(row: Row) -> Iterator[str]:
    yield context.header(row)
    if "actions" not in row:
        yield mark(row)
        return
    yield f"SIGNAL_STRUCT: {row['signal']:x}  NR_THREADS: {row['threads']}"
    yield " SIG    SIGACTION        HANDLER       MASK       FLAGS           "
    flags_of = dict(ACTION_FLAGS)
    for number, action in enumerate(row["actions"], 1):
        names = "|".join(flags_of[bit] for bit in ACTION_ORDER if action["flags"] & bit)
        line = f"[{number}]".rjust(4) + f" {action['address']:x} {_handler(action['handler']):>10} {action['mask']:016x} {action['flags']:x} "
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
    pending = (row["private"]["signal"] | row["shared"]["signal"]) & ~row["blocked"]
    yield f"SIGPENDING: {'yes' if pending else 'no'}"
    yield f"   BLOCKED: {row['blocked']:016x}"
    yield from _queue_lines("PRIVATE_PENDING", row["private"])


def _queue_lines(title: str, part: dict[str, Any]) -> Iterator[str]:
    yield title
    yield f"    SIGNAL: {part['signal']:016x}"
    if not part["queue"]:
        yield "  SIGQUEUE: (empty)"
        return
    yield f"  SIGQUEUE:  SIG  {'SIGINFO':^16}".rstrip()
    yield from (f"             {entry['number']:>3}  {entry['siginfo']:x}" for entry in part["queue"])


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
        "pid": "", "task": "struct task_struct", "cpu": "", "comm": "", "signal": "struct signal_struct", "threads": "in the group", "actions": "by signal",
        "blocked": "set", "private": "pending for the thread", "shared": "pending for the group",
        "members": "-g: threads",
    },
    rows=rows,
    text=text,
)
