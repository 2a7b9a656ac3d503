# SPDX-License-Identifier: GPL-2.0-or-later
"""The threads of a dump as a table: read in bulk, one row for each, for commands about all of them."""

from __future__ import annotations

from _pykd import Dump, Error, MemberError
from pykd.core.memo import per_dump
from pykd.core.rows import fault, mark
from pykd.core.walk import or_error, unread
from pykd.kernel import cpus
from pykd.kernel.task import members, memory
from pykd.kernel.task import threads as tasks
from pykd.kernel.task.state import state_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pykd.core.rows import Row

PF_KTHREAD = 0x200000
UNKNOWN = "?"
"""In place of a name that cannot be read"""
_TASK = "struct task_struct"
_IDENTITY = ("pid", "cpu", "comm")
_NOTHING: dict[str, Error] = {}


def header(row: Row) -> str:
    """crash's line that names a task, of a row with the keys of :meth:`Thread.identity`: ``PID: 1        TASK: ffff…  CPU: 0    COMMAND: "init"``."""
    pid, cpu, comm, lost = identity_words(row)
    return f'PID: {pid:<7}  TASK: {row["task"]:016x}  CPU: {cpu:<3}  COMMAND: "{comm}"{lost}'


def identity_words(row: Row) -> tuple[Any, Any, str, str]:
    """pid, cpu and comm of a row with the keys of :meth:`Thread.identity`, :data:`UNKNOWN` for each that could not be read, and two blanks and the
    mark of why, if one could not."""
    if "unavailable" not in row:
        return row["pid"], row["cpu"], row["comm"], ""
    unread = set(_IDENTITY).intersection(row["unavailable"])
    pid, cpu, comm = (UNKNOWN if key in unread else row[key] for key in _IDENTITY)
    return pid, cpu, comm, f"  {mark({'error': row['lost']} if 'lost' in row else row)}" if unread else ""


class Thread:
    """One thread; numbers are 0 where they could not be read, which ``unread`` says, and ``comm`` is :data:`UNKNOWN`."""

    __slots__ = (
        "active", "address", "comm", "cpu", "error", "exit_state", "flags", "last_run", "leader", "lost", "mm", "parent",
        "pid", "policy", "ppid", "prio", "rss", "stack_pointer", "start", "state", "tgid", "unread", "vsz",
    )  # fmt: skip

    address: int
    pid: int
    tgid: int
    ppid: int
    comm: str
    cpu: int
    state: str
    exit_state: int
    active: bool
    """Runs on its CPU."""
    mm: int
    flags: int
    start: int
    """Nanoseconds after boot"""
    parent: int
    """Address of its task_struct, like ``leader``."""
    leader: int
    policy: int
    prio: int
    last_run: int
    """ns"""
    stack_pointer: int
    vsz: int
    """kB, after :func:`add_memory`; so is ``rss``."""
    rss: int
    error: Error | None
    """Of the first thing that could not be read."""
    lost: frozenset[str]
    """Names of the attributes that no thread has, as what says where they are is lost."""
    unread: dict[str, Error]
    """Why each attribute that has no value has none."""

    def __init__(self, address: int) -> None:
        self.address = address
        self.error = None
        self.unread = _NOTHING

    def lacks(self, name: str, why: Error) -> None:
        """One of its attributes could not be read."""
        self.unread = {**self.unread, name: why}
        self.error = self.error or why

    def is_kernel(self) -> bool:
        """A kernel thread or an idle task; a zombie of user space is none, though its memory is gone."""
        return bool(self.flags & PF_KTHREAD) or not self.pid

    def identity(self) -> Row:
        """The keys with which rows name their thread: pid, task, cpu, comm; ``unavailable`` names those that could not be read, and ``lost`` says why."""
        row: Row = {"pid": self.pid, "task": self.address, "cpu": self.cpu, "comm": self.comm}
        if unread := [key for key in _IDENTITY if key in self.unread]:
            row |= {"unavailable": unread, "lost": fault(self.unread[unread[0]], partial=True)}
        return row

    def header(self) -> str:
        """crash's line that names a task."""
        return header(self.identity())


def _columns(dump: Dump) -> dict[str, str]:
    """Our names for what is read of each task_struct, by their path in this kernel."""
    places = members.paths(dump)
    return {
        **places,
        "comm": "comm",
        "exit_state": "exit_state",
        "flags": "flags",
        "mm": "mm",
        "parent": "parent",
        "ppid": f"parent.{places['pid']}",
        "leader": "group_leader",
        "policy": "policy",
        "prio": "prio",
        "start": "start_time",
    }


@per_dump
def threads(dump: Dump) -> list[Thread]:
    """All threads in order of PID, the idle tasks (PID 0) first; not to be changed."""
    idle = [int(task) for task in tasks.idle(dump)]
    found = at(dump, idle + tasks.addresses(dump))
    head = len(idle)
    return found[:head] + sorted(found[head:], key=lambda thread: (thread.pid, thread.address))


def at(dump: Dump, addresses: list[int]) -> list[Thread]:
    """The threads whose task_structs are there, in this order.

    :raises Error: it is not known what a task_struct is.
    """
    columns = _columns(dump)
    lists, lost = read(dump, addresses, columns)
    active: dict[int, int] = {}
    try:
        active = {task: cpu for cpu, task in cpus.active_tasks(dump).items()}
    except Error as error:
        lost["active"] = error
    found = [Thread(address) for address in addresses]
    _fill(found, "error", [next(iter(lost.values()), None)] * len(found))
    _fill(found, "lost", [frozenset(lost)] * len(found))
    filled: dict[str, Sequence[Any]] = {}
    unknown: set[int] = set()
    for key, values in zip(columns, lists, strict=True):
        bad = unread(values)
        filled[key] = _without_errors(found, key, values, bad) if bad else values
        if key in ("state", "exit_state"):
            unknown.update(bad)
    filled["active"] = [address in active for address in addresses]
    states = list(zip(filled["state"], filled["exit_state"], strict=True))
    letters = {state: state_names(dump).letters(*state) for state in set(states)}
    filled["state"] = [letters[state] for state in states]
    for key, column in filled.items():
        _fill(found, key, column)
    for place in unknown:
        found[place].state = "??"
    for thread in found:
        if thread.active:
            thread.cpu = active[thread.address]
            thread.unread = {key: error for key, error in thread.unread.items() if key != "cpu"} if thread.unread else _NOTHING
    return found


def _fill(found: list[Thread], key: str, values: Sequence[Any]) -> None:
    """Set an attribute of each, at the speed at which all of a column can be."""
    any(map(getattr(Thread, key).__set__, found, values))  # all of them: none of these calls returns anything


def _without_errors(found: list[Thread], key: str, values: Sequence[Any], bad: list[int]) -> list[Any]:
    """What stands for those of a column at places that are *bad*; the threads get their errors."""
    filled = list(values)
    for place in bad:
        if key == "ppid":
            filled[place] = -1  # it is the parent whose page is missing
            continue
        found[place].lacks(key, values[place])
        filled[place] = UNKNOWN if key == "comm" else 0
    return filled


def mark_active(dump: Dump, marked: Thread) -> None:
    """Let a thread be the one that its CPU was running, for a dump whose run queues do not tell."""
    cpus.active_tasks(dump)[marked.cpu] = marked.address
    for thread in threads(dump):
        if thread.active and thread.cpu == marked.cpu:
            thread.active = False
    marked.active = True


def read(dump: Dump, addresses: list[int], columns: dict[str, str]) -> tuple[list[list[Any]], dict[str, Error]]:
    """The values of each column for all tasks, plain ones as :meth:`_pykd.Dump.read_plain` gives them, errors among them; and the columns that
    cannot be read of any, as it is lost where they are. ``cpu``, which kernels without SMP have not, is 0 of them.

    :param columns: names, and the paths of the members.
    """
    try:
        return dump.read_plain(addresses, _TASK, list(columns.values())), {}
    except Error:
        dump.type(_TASK)
    lost: dict[str, Error] = {}
    found: list[list[Any]] = []
    for key, path in columns.items():
        try:
            found += dump.read_plain(addresses, _TASK, [path])
        except Error as error:
            if key == "cpu" and isinstance(error, MemberError) and not hasattr(error, "reason") and len(cpus.possible(dump)) == 1:
                found.append([0] * len(addresses))
            else:
                lost[key] = error
                found.append([error] * len(addresses))
    return found, lost


def add_memory(dump: Dump, table: list[Thread]) -> None:
    """Fill in ``vsz`` and ``rss``, see :mod:`pykd.kernel.task.memory`; 0 of a kernel thread."""
    known: dict[tuple[int, int], dict[str, int | Error]] = {}
    for thread in table:
        thread.vsz = thread.rss = 0
        if not thread.mm:
            continue
        process = int(thread.mm), thread.tgid
        if process not in known:
            known[process] = _sizes(dump, *process)
        for key, value in known[process].items():
            if isinstance(value, Error):
                thread.lacks(key, value)
            else:
                setattr(thread, key, value)


def _sizes(dump: Dump, address: int, tgid: int) -> dict[str, int | Error]:
    try:
        mm = dump.object("struct mm_struct", address)
    except Error as error:
        return {"vsz": error, "rss": error}
    return {"vsz": or_error(memory.virtual_size, mm, dump), "rss": or_error(memory.resident_size, mm, tgid, dump)}


class Chooser:
    """Which threads a command's arguments mean: PIDs, task addresses, names, ``'regular expressions'``."""

    def __init__(self, table: list[Thread]) -> None:
        self.table = table
        self.by_number: dict[int, list[Thread]] = {}
        for thread in table:
            for number in {thread.pid, thread.address}:
                self.by_number.setdefault(number, []).append(thread)

    def choose(self, word: str) -> list[Thread]:
        """Threads of one argument; empty if there are none. :raises CommandError: no regular expression"""
        if len(word) > 2 and word[0] == word[-1] == "'":
            return self._matching(word[1:-1])
        if word.isascii() and word.isdecimal() and (found := self.by_number.get(int(word))):
            return found
        if is_number(word) and (found := self.by_number.get(int(word, 16))):
            return found
        name = word.removeprefix("\\")[:15]
        return [thread for thread in self.table if thread.comm == name]

    def _matching(self, text: str) -> list[Thread]:
        import re

        from pykd.core.errors import CommandError

        try:
            pattern = re.compile(text)
        except re.error as error:
            raise CommandError(f"invalid regular expression: {text}: {error}") from None
        return [thread for thread in self.table if pattern.search(thread.comm)]


def is_number(word: str) -> bool:
    """Whether crash takes the word for a PID or an address; the name of a task that looks like one is written with a backslash."""
    digits = word.removeprefix("0x")
    return 0 < len(digits) <= 16 and all(c in "0123456789abcdefABCDEF" for c in digits)
