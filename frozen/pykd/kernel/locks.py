# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutexes, semaphores, read-write semaphores, per-CPU read-write semaphores, rt_mutexes and spinlocks: who waits for one, who holds it.

Waiters stand on the stacks of those who wait. They are in a list whose head is ``wait_list`` of the lock; in new kernels they
are a ring that the lock's ``first_waiter`` points into. With CONFIG_PREEMPT_RT (since v5.15, and in the patches for v5.10) a mutex and
a read-write semaphore are made of an rt_mutex, whose waiters are a tree.
"""

from __future__ import annotations

from _pykd import Error, FaultError, NotFoundError, current
from pykd.core.record import NamedTuple
from pykd.kernel import cpus, waitqueues
from pykd.kernel.lists import rbtree
from pykd.kernel.task import threads as tasks
from pykd.kernel.waitqueues import MAX_WAITERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from _pykd import Dump, Trace

RWSEM_WAITERS = 2
"""Bit of ``rw_semaphore.count``: somebody waits."""
MUTEX_WAITERS = 1
MUTEX_FLAGS = 7
"""Bits of mutex.owner that are no address: MUTEX_FLAG_WAITERS, _HANDOFF, _PICKUP since 3ca0ff571b09 (in v4.10)."""
RWSEM_READER_OWNED = 1
RWSEM_OWNER_FLAGS = 7
"""Bits of rw_semaphore.owner: reader-owned, and non-spinnable, one bit or two. 94a9717b3c40 (in v5.3) and later."""
RWSEM_WRITER_LOCKED = 1
RWSEM_READER_SHIFT = 8
"""Of rw_semaphore.count, ``atomic_long_t``: bit 0 a writer, from bit 8 on the number of readers; bit 63 guards it against overflow."""
RT_MUTEX_HAS_WAITERS = 1
"""Bit of rt_mutex_base.owner that is no address."""
RT_READERS, RT_WRITER = 1 << 31, 1 << 30
"""Of ``rwbase_rt.readers``, ``atomic_t``: READER_BIAS, with which it counts readers, and WRITER_BIAS, all that is there of a writer."""

KINDS = {
    "mutex": ("struct mutex", "struct mutex_waiter"),
    "rwsem": ("struct rw_semaphore", "struct rwsem_waiter"),
    "semaphore": ("struct semaphore", "struct semaphore_waiter"),
    "percpu_rwsem": ("struct percpu_rw_semaphore", "struct wait_queue_entry"),
}
"""Kinds of locks on which threads sleep: their type, and that of their waiters. The last one since 7f26482a872c ("locking/percpu-rwsem:
Remove the embedded rwsem") (in v5.7); its waiters are on a wait queue."""

_RT_PATHS = {"mutex": ("rtmutex", "lock"), "rwsem": ("rwbase.rtmutex", "rtmutex")}
_RT_COUNTS = ("rwbase.readers", "readers")
"""Where a lock keeps the rt_mutex that it is made of, and a rw_semaphore its readers: v5.15, and the rt patches of v5.10."""


class Rwsem(NamedTuple):
    """The state of a ``struct rw_semaphore``."""

    owner: int
    """Address of the task_struct that the owner word names. A reader may be one of many, or gone."""
    by_reader: bool
    """The owner is, or was, a reader."""
    writer: bool
    """A writer holds it."""
    readers: int
    """How many readers hold it."""
    word: int
    """``count`` that says so, unsigned."""


class PerCpuRwsem(NamedTuple):
    """The state of a ``struct percpu_rw_semaphore``."""

    writer: bool
    """A writer has it, or waits for the last readers to leave; which thread that is, the lock does not record."""
    readers: int
    """How many readers hold it: the sum of all CPUs, which are read one after the other."""
    draining: int
    """Address of the task_struct of the writer that waits for readers, 0 if none does."""


class Lock:
    """A lock that somebody waits for."""

    __slots__ = ("address", "kind", "waiters")

    def __init__(self, kind: str, address: int, waiters: list[int]) -> None:
        self.kind = kind
        """One of :data:`KINDS`."""
        self.address = address
        """0 where it could not be told from the stacks."""
        self.waiters = waiters
        """Addresses of the task_structs, first come first."""

    def owners(self, dump: Dump | None = None) -> str:
        """Who holds it, in words."""
        if not self.address:
            return "unknown: the lock's address is not on the stacks"
        try:
            return held_by(dump or current(), self.kind, self.address)
        except Error as error:
            return f"unknown: {error}"

    def owner(self, dump: Dump | None = None) -> int:
        """Address of the owner's task_struct, 0 if none or not known for sure."""
        return owner_of(dump or current(), self.kind, self.address) if self.address else 0


def _offset(dump: Dump, struct: str, path: str) -> int | None:
    member = dump.type(struct).member(path)
    return None if member is None else member.offset


def _read(dump: Dump, address: int, struct: str, path: str, size: int = 8) -> int | None:
    offset = _offset(dump, struct, path)
    return None if offset is None else dump.read_unsigned(address + offset, size)


def _word(dump: Dump, address: int, struct: str, path: str) -> int:
    """:raises NotFoundError: the kernel's struct has no such member."""
    value = _read(dump, address, struct, path)
    if value is None:
        raise NotFoundError(f"{struct} has no {path}")
    return value


# ---- who holds


def rt_mutex_owner(dump: Dump, address: int, *, struct: str = "struct rt_mutex_base", path: str = "owner") -> int:
    """Address of the task_struct that owns a ``struct rt_mutex_base``; 0: not locked.

    :param struct: what it is a part of, and *path* the way to its owner there.
    :raises FaultError, NotFoundError:
    """
    return _word(dump, address, struct, path) & ~RT_MUTEX_HAS_WAITERS


def _rt_owner(dump: Dump, kind: str, address: int) -> int:
    struct = KINDS[kind][0]
    path = next((path for path in _RT_PATHS[kind] if _offset(dump, struct, f"{path}.owner") is not None), "")
    return rt_mutex_owner(dump, address, struct=struct, path=f"{path}.owner" if path else "owner")


def mutex_owner(dump: Dump, address: int) -> int:
    """Address of the task_struct that owns a ``struct mutex``; 0: not locked. :raises FaultError:"""
    owner = _read(dump, address, "struct mutex", "owner")
    return owner & ~MUTEX_FLAGS if owner is not None else _rt_owner(dump, "mutex", address)


def rwsem_state(dump: Dump, address: int) -> Rwsem:
    """Who holds a ``struct rw_semaphore``. :raises FaultError:"""
    owner = _read(dump, address, "struct rw_semaphore", "owner")
    if owner is not None:
        count = _word(dump, address, "struct rw_semaphore", "count")
        readers = (count & (1 << 63) - 1) >> RWSEM_READER_SHIFT
        writer = bool(count & RWSEM_WRITER_LOCKED) and not count >> 63
        return Rwsem(owner & ~RWSEM_OWNER_FLAGS, bool(owner & RWSEM_READER_OWNED), writer, readers, count)
    task = _rt_owner(dump, "rwsem", address)
    count = next((value for path in _RT_COUNTS if (value := _read(dump, address, "struct rw_semaphore", path, 4)) is not None), 0)
    writer = count == RT_WRITER
    return Rwsem(task, False, writer, 0 if writer else count & ~RT_READERS, count)


def percpu_rwsem_state(dump: Dump, address: int) -> PerCpuRwsem:
    """Who holds a ``struct percpu_rw_semaphore``. :raises FaultError:"""
    lock: Any = dump.object("struct percpu_rw_semaphore", address)
    counts = int(lock.read_count)
    readers = sum(dump.read_unsigned(cpus.address_on(counts, cpu, dump), 4) for cpu in cpus.possible(dump)) if counts else 0
    return PerCpuRwsem(bool(lock.block.counter), readers & (1 << 32) - 1, int(lock.writer.task))


def semaphore_last_holder(dump: Dump, address: int) -> int:
    """Address of the task_struct that took a ``struct semaphore`` last; 0 where the kernel does not record it.

    A semaphore has no owner; CONFIG_DETECT_HUNG_TASK_BLOCKER (since v6.16) notes this.

    :raises FaultError:
    """
    return _read(dump, address, "struct semaphore", "last_holder") or 0


def owner_of(dump: Dump, kind: str, address: int) -> int:
    """Address of the task_struct that holds a lock of that kind alone; 0 if none does, or it is not known for sure."""
    try:
        if kind == "mutex":
            return mutex_owner(dump, address)
        if kind == "rwsem":
            state = rwsem_state(dump, address)
            return 0 if state.by_reader else state.owner
    except Error:
        pass
    return 0


def _who(dump: Dump, address: int) -> str:
    """``PID 12 (comm)``"""
    if not tasks.is_task(address, dump):
        return f"a task that exists no more, {address:#x}"
    task: Any = dump.object("struct task_struct", address)
    return f"PID {task.pid} ({task.comm})"


def _count(readers: int) -> str:
    return f"{readers} reader{'s' if readers > 1 else ''}"


def held_by(dump: Dump, kind: str, address: int) -> str:
    """Who holds a lock of that kind, in words: ``PID 12 (comm)``, ``3 readers``, ``nobody``. :raises FaultError, NotFoundError:"""
    if kind == "mutex":
        owner = mutex_owner(dump, address)
        return _who(dump, owner) if owner else "nobody"
    if kind == "rwsem":
        state = rwsem_state(dump, address)
        if state.writer:
            return f"writer {_who(dump, state.owner)}" if state.owner else "a writer"
        last = f", the last to come {_who(dump, state.owner)}" if state.owner and state.by_reader else ""
        return _count(state.readers) + last if state.readers else "nobody"
    if kind == "percpu_rwsem":
        held = percpu_rwsem_state(dump, address)
        if held.draining:
            return f"{_count(held.readers)}; writer {_who(dump, held.draining)} waits for them to leave"
        return "a writer" if held.writer else _count(held.readers) if held.readers else "nobody"
    holder = semaphore_last_holder(dump, address)
    return f"taken last by {_who(dump, holder)}" if holder else "a semaphore does not record it"


# ---- who waits


def _rt_waiters(dump: Dump, kind: str, address: int) -> list[int]:
    struct = KINDS[kind][0]
    root = next((offset for path in _RT_PATHS.get(kind, ()) if (offset := _offset(dump, struct, f"{path}.waiters")) is not None), None)
    if root is None:
        raise NotFoundError(f"{struct} has no list of waiters that is known")
    waiter = dump.type("struct rt_mutex_waiter")
    link = next(member.offset for path in ("tree.entry", "tree_entry") if (member := waiter.member(path)))
    return [dump.read_unsigned(node - link + waiter.offset_of("task")) for node, _ in rbtree.nodes(dump, address + root)]


def has_waiters(dump: Dump, kind: str, address: int) -> bool:
    """Whether the word of a ``mutex`` or ``rwsem`` itself says that somebody waits; who does may be lost. :raises FaultError, NotFoundError:"""
    if kind == "mutex":
        return bool(dump.read_unsigned(address + dump.type("struct mutex").offset_of("owner")) & MUTEX_WAITERS)
    return bool(rwsem_state(dump, address).word & RWSEM_WAITERS)


def waiters_of(dump: Dump, kind: str, address: int) -> list[int]:
    """Address of the ``struct task_struct`` of each thread that waits for a lock of that kind, first come first; of a lock of an rt
    kernel by priority.

    :raises FaultError, NotFoundError:
    """
    struct, waiter = KINDS[kind]
    if kind == "percpu_rwsem":
        queue = address + dump.type(struct).offset_of("waiters")
        return [int(entry.private) for entry in waitqueues.for_each_waiter(dump, queue)]
    head = _offset(dump, struct, "wait_list")
    first = _read(dump, address, struct, "first_waiter") if head is None else dump.read_unsigned(address + head)
    if first is None:
        return _rt_waiters(dump, kind, address)
    link = dump.type(waiter).offset_of("list")
    to_task = dump.type(waiter).offset_of("task") - link
    if head is None:
        # mutex and rwsem keep flags in the low bits of pointers elsewhere; waiters are aligned to 8
        return waitqueues.ring(dump, (first & ~7) + link, to_task)[0] if first & ~7 else []
    return [] if first == address + head else waitqueues.ring(dump, first, to_task)[0]


def find_lock(task: int, kind: str, dump: Dump | None = None) -> Lock | None:
    """The lock of that kind (one of :data:`KINDS`) that a sleeping thread waits for; None if no waiter is on its stack.

    A heuristic: the waiter is a struct on the stack that names the thread and is linked into a sound list; what is left of an earlier
    wait is not.
    """
    dump = dump or current()
    try:
        return _find_percpu(dump, task) if kind == "percpu_rwsem" else _find(dump, task, kind)
    except Error:
        return None


def _find_percpu(dump: Dump, task: int) -> Lock | None:
    queue, waiters = waitqueues.queue_of(dump, task)
    return Lock("percpu_rwsem", queue - dump.type("struct percpu_rw_semaphore").offset_of("waiters"), waiters) if queue else None


def _find(dump: Dump, task: int, kind: str) -> Lock | None:
    struct, waiter = KINDS[kind]
    task_at, link = _offset(dump, waiter, "task"), _offset(dump, waiter, "list")
    if task_at is None or link is None:
        return None
    low, words, trace = waitqueues.stack_words(dump, task)
    head_at = _offset(dump, struct, "wait_list")
    for place, waiters, head in waitqueues.elements_on_stack(dump, task, low, words, link, task_at - link):
        if head and head_at is not None:
            return Lock(kind, head - head_at, waiters)
        if address := _by_pointer(dump, struct, place + link, link, words, trace):
            return Lock(kind, address, waiters)
    return None


def _by_pointer(dump: Dump, struct: str, node: int, link: int, words: Iterable[int], trace: Trace) -> int:
    """Address of the lock whose ``first_waiter`` is in the ring of the waiter with its link at *node*: on the stack or in a saved register."""
    offset = _offset(dump, struct, "first_waiter")
    if offset is None:
        return 0
    ring = {place - link for place in dump.follow(node, limit=MAX_WAITERS)[0]}
    candidates = {value for frame in trace.frames for value in frame.registers.values()}
    candidates.update(words)
    low, high = trace.stack
    for value in candidates:
        # What points into the stack itself is the waiter and its neighbours: locks that others wait for are elsewhere.
        if dump.is_kernel(value) and not value & 7 and not low <= value < high:
            try:
                if dump.read_unsigned(value + offset) & ~7 in ring:
                    return int(value)
            except FaultError:
                continue
    return 0


# ---- spinlocks


class Qspinlock(NamedTuple):
    """The word of a ``struct qspinlock``."""

    locked: int
    """Its lowest byte: not 0 while it is held; by whom is not recorded."""
    pending: bool
    """A CPU spins that is next."""
    tail: int | None
    """The last CPU in the queue behind that one."""


def qspinlock_state(dump: Dump, address: int) -> Qspinlock:
    """Bits 0-7 locked, 8 pending, 16-17 nesting, 18-31 CPU + 1; of kernels for 16384 CPUs and more 9-10 and 11-31. :raises FaultError:"""
    value = dump.read_unsigned(address, 4)
    tail = value >> (11 if 8 * dump.type("struct cpumask").size >= 1 << 14 else 18)
    return Qspinlock(value & 0xFF, bool(value & 0x100), tail - 1 if tail else None)


def spin_is_locked(lock: Any, dump: Dump | None = None) -> bool:
    """Whether a ``spinlock_t`` or ``raw_spinlock_t`` is held. :raises FaultError:"""
    return qspinlock_state(dump or current(), int(lock)).locked != 0
