# SPDX-License-Identifier: GPL-2.0-or-later
"""Which threads a command is about: those it was given, or the context of the session."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel import cpus
from pykd.kernel.task import members, threads
from pykd.kernel.task import table as tasktable
from pykd.kernel.task.memory import page_table
from pykd.kernel.task.state import state_names
from pykd.kernel.task.table import Thread
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def table(session: Session) -> list[Thread]:
    """All threads, read once in a session; of a running kernel once in a command."""
    known: list[Thread] | None = session.state.get("threads")
    if known is None:
        known = session.state["threads"] = tasktable.threads(session.dump)
    return known


def thread_at(session: Session, address: int) -> Thread | None:
    """The thread whose task_struct is at *address*."""
    known: dict[int, Thread] = session.state.setdefault("thread_at", {})
    address = int(address)
    if address not in known and threads.is_task(address, session.dump):
        if "threads" in session.state:
            known |= {thread.address: thread for thread in table(session)}
        else:  # one is read sooner than all
            known[address] = tasktable.at(session.dump, [address])[0]
    return known.get(address)


def chosen(session: Session, words: Iterable[str]) -> list[Thread]:
    """Threads of a command's arguments; of the context where there are none. :raises CommandError:"""
    found: list[Thread] = []
    words = list(words)
    if not words:
        # Of a damaged dump the lists may not lead to it.
        return [thread_at(session, session.task) or tasktable.at(session.dump, [session.task])[0]]
    for word in words:
        try:
            thread = thread_at(session, int(word, 16)) if len(word) > 8 else None
        except ValueError:
            thread = None
        threads = [thread] if thread else tasktable.Chooser(table(session)).choose(word)
        if not threads:
            raise CommandError(f"invalid task or pid value: {word}")
        found += threads
    return found


def cpu_list(session: Session, text: str) -> list[int]:
    """See :func:`pykd.kernel.cpus.parse_list`; of nothing the CPU of the context. :raises CommandError:"""
    return cpus.parse_list(text, session.dump) if text else [chosen(session, [])[0].cpu]


def user_pgd(session: Session) -> int:
    """Physical address of the page tables of the session's task. :raises CommandError: it has no user space"""
    task = session.dump.object("struct task_struct", session.task)
    if not task.mm:
        raise CommandError(f"PID {task.pid} ({task.comm}) has no user space")
    return page_table(task.mm, session.dump)


def memory(session: Session, user: object) -> Dump:
    """The dump; with *user* its user memory of the session's task. :raises CommandError: it has no user space"""
    if not user:
        return session.dump
    from pykd.kernel.mm.usermemory import UserMemory

    return UserMemory(session.dump, user_pgd(session))  # type: ignore[return-value]


def identity(thread: Thread) -> Row:
    """The keys with which rows name their thread."""
    return thread.identity()


def header(row: Row) -> str:
    """crash's line that names a task, of a row with the keys of :func:`identity`."""
    return tasktable.header(row)


def short_header(row: Row) -> str:
    """The same without the CPU, as in lists of tasks on one CPU."""
    pid, _, comm, lost = tasktable.identity_words(row)
    return f'PID: {pid:<5}  TASK: {row["task"]:016x}  COMMAND: "{comm}"{lost}'


def brief(session: Session, address: int) -> Row:
    """Identity of the thread at *address*; with what can be read of it when it is in no list."""
    thread = thread_at(session, address)
    if thread is not None:
        return identity(thread)
    return tasktable.at(session.dump, [address])[0].identity() | {"cpu": -1}


def separated(blocks: Iterable[Iterable[str]]) -> Iterator[str]:
    """Lines of several blocks with an empty line between them."""
    for number, block in enumerate(blocks):
        if number:
            yield ""
        yield from block


def context_row(session: Session, thread: Thread) -> Row:
    """A thread and its state, as ``set`` shows the context."""
    dump = session.dump
    row = identity(thread)
    task: Any = dump.object("struct task_struct", thread.address)
    row["namesakes"] = 1 if thread.pid else sum(not one.pid for one in table(session))
    row["thread_info"] = thread.address if task.hasField("thread_info") else int(task.stack)
    try:
        number = int(task.Eval(members.path("state", dump)))
        row["state"] = state_names(dump).name(number, task.exit_state).replace("__TASK_", "TASK_").replace("TASK_IDLE", "TASK_UNINTERRUPTIBLE|TASK_NOLOAD")
    except Error as error:
        row["error"] = fault(error, partial=True)
    if thread.address == int(threads.panic_task(dump)) and not dump.live:
        row["note"] = "PANIC"
    elif thread.active:
        row["note"] = "ACTIVE"
    return row


def context_text(row: Row) -> Iterator[str]:
    """Lines of a row of :func:`context_row`."""
    yield f"    PID: {row['pid']}"
    yield f'COMMAND: "{row["comm"]}"'
    among = f"(1 of {row['namesakes']})  " if row["namesakes"] > 1 else ""
    yield f"   TASK: {row['task']:x}  {among}[THREAD_INFO: {row['thread_info']:x}]"
    yield f"    CPU: {row['cpu']}"
    state = row["state"] if "state" in row else mark(row)
    yield f"  STATE: {state}" + (f" ({row['note']})" if "note" in row else "")
