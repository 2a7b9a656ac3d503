# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes and threads.

:mod:`pykd.kernel.task.threadlist` finds them. The idle tasks are in no list, the run queues have them.
"""

from __future__ import annotations

from _pykd import Error, FaultError, NotFoundError, current
from pykd.core.memo import per_dump
from pykd.kernel import cpus
from pykd.kernel.task.threadlist import ThreadList

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pykd import Dump, Struct

_FIRST_PIDS = 64
"""How many threads are read at once at first; twice as many each time"""


@per_dump
def listed(dump: Dump) -> ThreadList:
    """All threads as the lists have them, and what is wrong with the lists."""
    return ThreadList(dump)


@per_dump
def addresses(dump: Dump) -> list[int]:
    """Addresses of all threads but the idle ones: each leader and then its threads; not to be changed."""
    first = dump.symbol("init_task", "").address
    return [address for address in listed(dump).all() if address != first]


@per_dump
def idle(dump: Dump) -> list[Struct]:
    """The idle task of each possible CPU whose own is known, ``init_task`` first; at least that."""
    known, _ = _idle(dump)
    return list(known.values())


@per_dump
def _idle(dump: Dump) -> tuple[dict[int, Struct], dict[int, Error]]:
    """By CPU its idle task, or why it is not known; that of the first CPU is ``init_task`` where none else is known."""
    known: dict[int, Struct] = {}
    lost: dict[int, Error] = {}
    for cpu in cpus.possible(dump):
        try:
            if task := _idle_of(dump, cpu):
                known[cpu] = task
        except Error as error:
            lost[cpu] = error
    if not known:
        first = cpus.possible(dump)[0]
        known[first] = dump.object("struct task_struct", dump.symbol("init_task", "").address)
        lost.pop(first, None)
    return known, lost


def _idle_of(dump: Dump, cpu: int) -> Struct | None:
    """``rq.idle`` of a CPU, or ``idle_threads``, which also has it since 29d5e0476e1c ("smp: Provide generic idle thread allocation")
    (in v3.5); None where it has none. :raises Error: of the run queue."""
    try:
        idle: Struct = cpus.cpu_rq(cpu, dump).idle
        return idle or None
    except Error:
        try:
            address = dump.read_unsigned(cpus.address_on(dump.symbol("idle_threads", "").address, cpu, dump))
        except Error:
            address = 0
        if not address:
            raise
    return dump.struct_class("struct task_struct")(address)


@per_dump
def problems(dump: Dump) -> list[str]:
    """What is wrong with the lists of threads and the idle tasks: one sentence for each kind of damage."""
    found = list(listed(dump).problems)
    _, lost = _idle(dump)
    if lost:
        whose = f"tasks of {len(lost)} CPUs are" if len(lost) > 1 else f"task of CPU {min(lost)} is"
        found.append(f"the idle {whose} not known: {next(iter(lost.values()))}")
    return found


def threads(dump: Dump | None = None) -> Iterator[Struct]:
    """``struct task_struct`` of every thread but the idle ones: a leader, then the other threads of its group."""
    dump = dump or current()
    task = dump.struct_class("struct task_struct")
    for address in addresses(dump):
        yield task(address)


def processes(dump: Dump | None = None) -> Iterator[Struct]:
    """``struct task_struct`` of every group leader."""
    dump = dump or current()
    task = dump.struct_class("struct task_struct")
    found = addresses(dump)
    (leaders,) = dump.read_plain(found, "struct task_struct", ("group_leader",))
    return (task(address) for address, leader in zip(found, leaders, strict=True) if address == leader)


class _Pids:
    """Addresses of threads by PID, read as far as somebody asks: the first ones are asked for most."""

    def __init__(self, dump: Dump) -> None:
        self._dump = dump
        self._found = {0: int(idle(dump)[0])}
        self._read = 0

    def find(self, pid: int) -> int | None:
        known = addresses(self._dump)
        while pid not in self._found and self._read < len(known):
            part = known[self._read : self._read + max(self._read, _FIRST_PIDS)]
            self._read += len(part)
            for address, number in zip(part, *self._dump.read_plain(part, "struct task_struct", ("pid",)), strict=True):
                if not isinstance(number, FaultError):
                    self._found.setdefault(number, address)
        return self._found.get(pid)


_by_pid = per_dump(_Pids)


@per_dump
def _known(dump: Dump) -> frozenset[int]:
    return frozenset(addresses(dump)).union(map(int, idle(dump)))


def find(pid: int, dump: Dump | None = None) -> Struct:
    """The thread of that PID in the first namespace; 0 is the idle task of the first CPU.

    :raises NotFoundError:
    """
    dump = dump or current()
    address = _by_pid(dump).find(pid)
    if address is None:
        raise NotFoundError(f"no task has PID {pid}")
    return dump.struct_class("struct task_struct")(address)


def is_task(address: int, dump: Dump | None = None) -> bool:
    """Whether a ``struct task_struct`` of a thread, an idle one too, is at *address*."""
    return int(address) in _known(dump)


def _asking_thread(dump: Dump) -> int:
    """Address of the thread of the running kernel that asks; 0 where it cannot be told, as in a namespace of PIDs."""
    import os

    try:
        with open("/proc/self/comm", encoding="utf-8", errors="surrogateescape") as file:
            name = file.read().rstrip("\n")
        task = find(os.getpid(), dump)
        return int(task) if str(task.comm) == name else 0
    except (Error, OSError):
        return 0


def crashed_thread(dump: Dump) -> int:
    """Address of the ``struct task_struct`` that :func:`panic_task` means."""
    from pykd.kernel.task.panic import panic_cpu

    if dump.live and (task := _asking_thread(dump)):
        return task
    current = {cpu.nr: cpu.current for cpu in dump.cpus() if cpu.current}
    cpu = panic_cpu(dump)
    if cpu in current:
        return current[cpu]
    for task in current.values():
        try:
            if dump.object("struct task_struct", task).pid:
                return task
        except Error:
            continue
    if current:
        return next(iter(current.values()))
    return dump.symbol("init_task", "").address


@per_dump
def panic_task(dump: Dump) -> Struct:
    """The thread whose crash is in the dump: of the CPU that panicked.

    Else of the first CPU that was not idle, else of the first; ``init_task`` where no CPU's task is known. Of a running
    kernel it is the one that asks.
    """
    return dump.struct_class("struct task_struct")(crashed_thread(dump))
