# SPDX-License-Identifier: GPL-2.0-or-later
"""The threads of a dump as a table: read in bulk, one row for each, for commands about all of them."""

from __future__ import annotations

from typing import Any

from _pykd import Dump, Error
from pykd.kernel import cpus
from pykd.kernel.task import threads as tasks

STATES = (
    # (bits that must be set, two letters): the first that fits; __state since 2f064a59a11f ("sched: Change
    # task_struct::state") (in v5.14)
    (0x402, "ID"),
    (0x1, "IN"),
    (0x2, "UN"),
    (0x4, "ST"),
    (0x8, "TR"),
    (0x40, "PA"),
    (0x80, "DE"),
    (0x100, "WK"),
    (0x200, "WA"),
    (0x800, "NE"),
    (0x1000, "RT"),
    (0x8000, "FR"),
)

PF_KTHREAD = 0x200000


def state_letters(state: int, exit_state: int) -> str:
    """``RU IN UN ID ST TR ZO DE …`` of the two state words of a task."""
    if exit_state & 0x20:
        return "ZO"
    if exit_state & 0x10:
        return "DE"
    for bits, letters in STATES:
        if state & bits == bits:
            return letters
    return "RU" if not state else "??"


class Thread:
    """One thread; numbers are None where they could not be read."""

    __slots__ = (
        "active", "address", "comm", "cpu", "error", "exit_state", "flags", "last_run", "leader", "mm", "parent",
        "pid", "policy", "ppid", "prio", "rss", "stack_pointer", "start", "state", "tgid", "vsz",
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

    def __init__(self, address: int) -> None:
        self.address = address
        self.error = None

    def is_kernel(self) -> bool:
        """A kernel thread or an idle task; a zombie of user space is none, though its memory is gone."""
        return bool(self.flags & PF_KTHREAD) or not self.pid

    def header(self) -> str:
        """crash's line that names a task."""
        return f'PID: {self.pid:<7}  TASK: {self.address:x}  CPU: {self.cpu:<3}  COMMAND: "{self.comm}"'


def _first(dump: Dump, names: tuple[str, ...]) -> str | None:
    """The first of several members that task_struct has."""
    task = dump.struct_class("struct task_struct")
    return next((name for name in names if task.has_member(name.split(".")[0])), None)


def _columns(dump: Dump) -> dict[str, str]:
    """Our names for what is read of each task_struct, by their path in this kernel."""
    wanted = {
        "pid": ("pid",),
        "tgid": ("tgid",),
        "comm": ("comm",),
        "state": ("__state", "state"),
        "exit_state": ("exit_state",),
        "flags": ("flags",),
        "mm": ("mm",),
        "parent": ("parent",),
        "ppid": ("parent.pid",),
        "leader": ("group_leader",),
        "policy": ("policy",),
        "prio": ("prio",),
        "last_run": ("sched_info.last_arrival", "se.exec_start"),
        "stack_pointer": ("thread.sp",),
        "start": ("start_time",),
        # thread_info.cpu on x86 until bcf9033e5449 ("sched: move CPU field back into thread_info") and since (in v5.16)
        "cpu": ("cpu", "thread_info.cpu"),
    }
    found = {}
    for key, names in wanted.items():
        path = _first(dump, names)
        if path is not None:
            found[key] = path
    return found


def threads(dump: Dump) -> list[Thread]:
    """All threads in order of PID, the idle tasks (PID 0) first."""
    idle = [int(task) for task in tasks.idle(dump)]
    found = at(dump, idle + [int(task) for task in tasks.threads(dump)])
    head = len(idle)
    return found[:head] + sorted(found[head:], key=lambda thread: (thread.pid, thread.address))


def at(dump: Dump, addresses: list[int]) -> list[Thread]:
    """The threads whose task_structs are there, in this order."""
    columns = _columns(dump)
    keys = list(columns)
    active = {task: cpu for cpu, task in cpus.active_tasks(dump).items()}
    rows = dump.read_columns(addresses, "struct task_struct", list(columns.values()))
    found = []
    for address, row in zip(addresses, rows, strict=True):
        thread = Thread(address)
        unknown = False
        for key, value in zip(keys, row, strict=True):
            if key == "ppid" and isinstance(value, Error):
                value = -1  # it is the parent whose page is missing
            elif isinstance(value, Error):
                unknown |= key in ("state", "exit_state")
                thread.error = thread.error or value
                value = "" if key == "comm" else 0
            setattr(thread, key, value)
        thread.active = address in active
        thread.cpu = active.get(address, thread.cpu)
        thread.state = state_letters(int(thread.state), thread.exit_state)
        if unknown:
            thread.state = "??"
        found.append(thread)
    return found


def add_memory(dump: Dump, table: list[Thread]) -> None:
    """Fill in ``vsz`` and ``rss`` in kB.

    :param table: all threads of the dump, as what one holds back counts for all threads of its group.
    """
    kilobytes = dump.page_size // 1024
    sizes: dict[int, tuple[int, int]] = {}
    unknown: dict[int, Error] = {}
    held = _held_back(dump, table)
    mm_class = dump.struct_class("struct mm_struct")
    for thread in table:
        mm = int(thread.mm)
        if mm and mm not in sizes:
            try:
                process: Any = mm_class(mm)
                sizes[mm] = process.total_vm * kilobytes, _shared_counts(process, dump)
            except Error as error:
                sizes[mm], unknown[mm] = (0, 0), error
        thread.error = thread.error or unknown.get(mm)
        thread.vsz, pages = sizes.get(mm, (0, 0))
        thread.rss = max(pages + held.get(thread.tgid, 0), 0) * kilobytes if mm else 0


def _kinds(dump: Dump) -> list[int]:
    return [dump.enumerator(name) for name in ("MM_FILEPAGES", "MM_ANONPAGES", "MM_SHMEMPAGES")]


def _shared_counts(mm: Any, dump: Dump) -> int:
    stat = mm.rss_stat
    if isinstance(stat, list):
        # f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter") (in v6.2)
        return sum(tasks.percpu_counter_sum(stat[kind], dump) for kind in _kinds(dump))
    return sum(stat.count[kind].counter for kind in _kinds(dump))


def _held_back(dump: Dump, table: list[Thread]) -> dict[int, int]:
    """Pages that the threads of a group (by its PID) counted and did not yet give to their mm (SPLIT_RSS_COUNTING, until v6.2)."""
    if not dump.struct_class("struct task_struct").has_member("rss_stat"):
        return {}
    kinds = _kinds(dump)
    sums: dict[int, int] = {}
    rows = dump.read_columns([thread.address for thread in table], "struct task_struct", ("rss_stat.count",))
    for thread, (count,) in zip(table, rows, strict=True):
        if not isinstance(count, Error) and thread.mm:
            sums[thread.tgid] = sums.get(thread.tgid, 0) + sum(count[kind] for kind in kinds)
    return sums


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
