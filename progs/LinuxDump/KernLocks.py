# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutexes, semaphores, read-write semaphores and spinlocks: who waits for one and who holds it.

Waiters stand on the stacks of those who wait. They are in a list whose head is ``wait_list`` of the lock; in new kernels they
are a ring that the lock's ``first_waiter`` points into.
"""

from __future__ import annotations

import pykd
from pykd.kernel.task import threads as tasks
from pykdump.API import *

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykd import Dump

MAX_WAITERS = 100_000
MUTEX_FLAGS = 7
"""Bits of mutex.owner that are no address: MUTEX_FLAG_WAITERS, _HANDOFF, _PICKUP since 3ca0ff571b09 (in v4.10)."""
RWSEM_READER_OWNED = 1
RWSEM_OWNER_FLAGS = 7
"""Bits of rw_semaphore.owner: reader-owned, and non-spinnable, one bit or two. 94a9717b3c40 (in v5.3) and later."""
RWSEM_WRITER_LOCKED = 1
RWSEM_READER_SHIFT = 8

_KINDS = {
    "mutex": ("struct mutex", "struct mutex_waiter"),
    "rwsem": ("struct rw_semaphore", "struct rwsem_waiter"),
    "semaphore": ("struct semaphore", "struct semaphore_waiter"),
}


class Lock:
    """A lock that somebody waits for."""

    __slots__ = ("address", "kind", "waiters")

    def __init__(self, kind: str, address: int, waiters: list[int]) -> None:
        self.kind = kind
        self.address = address
        """0 where it could not be told from the stacks."""
        self.waiters = waiters
        """Addresses of the task_structs, first come first."""

    def owners(self) -> str:
        """Who holds it, in words."""
        if not self.address:
            return "unknown: the lock's address is not on the stacks"
        try:
            return _OWNER_TEXTS[self.kind](self.address)
        except pykd.Error as error:
            return f"unknown: {error}"

    def owner(self) -> int:
        """Address of the owner's task_struct, 0 if none or not known for sure."""
        if not self.address:
            return 0
        try:
            if self.kind == "mutex":
                return mutex_owner(self.address)
            if self.kind == "rwsem":
                owner, reader, _ = rwsem_state(self.address)
                return 0 if reader else owner
        except pykd.Error:
            pass
        return 0


def _offset(dump: Dump, struct: str, path: str) -> int | None:
    member = dump.type(struct).member(path)
    return None if member is None else member.offset


def _word(dump: Dump, address: int, struct: str, names: tuple[str, ...]) -> int:
    """The first of several members that the struct has, as an unsigned word. :raises NotFoundError:"""
    for name in names:
        offset = _offset(dump, struct, name)
        if offset is not None:
            return dump.read_unsigned(address + offset)
    raise pykd.NotFoundError(f"{struct} has none of {', '.join(names)}")


# ---- who waits

def _ring(dump: Dump, kind: str, first: int) -> tuple[list[int], int]:
    """From the waiter at *first* around the list: task_structs, and the address of the list's head or 0 if it has none."""
    _, waiter = _KINDS[kind]
    task = _offset(dump, waiter, "task")
    link = _offset(dump, waiter, "list")
    assert task is not None and link is not None
    nodes, _ = dump.follow(first + link, limit=MAX_WAITERS)
    found: list[int] = []
    head_at = None
    for i, node in enumerate(nodes):
        try:
            address = dump.read_unsigned(node - link + task)
        except pykd.FaultError:
            address = 0
        if tasks.is_task(address, dump):
            found.append(address)
        else:
            head_at = i if head_at is None else head_at
    if head_at is None:
        return found, 0
    # The walk began in the middle; the oldest waiter follows the head.
    return found[head_at:] + found[:head_at], nodes[head_at]


def _waiters_of(dump: Dump, kind: str, address: int) -> list[int]:
    struct, waiter = _KINDS[kind]
    link = _offset(dump, waiter, "list")
    head = _offset(dump, struct, "wait_list")
    assert link is not None
    if head is None:
        first = _word(dump, address, struct, ("first_waiter",))
        # mutex and rwsem keep flags in the low bits of pointers elsewhere; waiters are aligned to 8
        return _ring(dump, kind, first & ~7)[0] if first & ~7 else []
    node = dump.read_unsigned(address + head)
    return [] if node == address + head else _ring(dump, kind, node - link)[0]


def find_lock(task: int, kind: str, dump: Dump | None = None) -> Lock | None:
    """The lock of that kind (``mutex rwsem semaphore``) that a sleeping thread waits for; None if no waiter is on its stack.

    The waiter is a struct that names the thread and is linked into a sound list; what is left of an earlier wait is not.
    """
    dump = dump or pykd.current()
    try:
        return _find_lock(dump, task, kind)
    except pykd.Error:
        return None


def _find_lock(dump: Dump, task: int, kind: str) -> Lock | None:
    struct, waiter = _KINDS[kind]
    task_at, link = _offset(dump, waiter, "task"), _offset(dump, waiter, "list")
    if task_at is None or link is None:
        return None
    low, high = dump.stack_of_task(task)
    trace = dump.unwind(task)
    if trace.frames and low <= trace.frames[0].sp < high:
        low = trace.frames[0].sp
    data = dump.read_upto(low, high - low)
    words = memoryview(data[: len(data) & ~7]).cast("Q")
    for i, word in enumerate(words):
        if word != task:
            continue
        place = low + 8 * i - task_at
        try:
            following = dump.read_unsigned(place + link)
            if dump.read_unsigned(following + 8) != place + link:
                continue
        except pykd.FaultError:
            continue
        waiters, head = _ring(dump, kind, place)
        if task not in waiters:
            continue
        head_at = _offset(dump, struct, "wait_list")
        if head and head_at is not None:
            return Lock(kind, head - head_at, waiters)
        address = _by_pointer(dump, struct, waiter, place, [word, *words], trace)
        if address:
            return Lock(kind, address, waiters)
    return None


def _by_pointer(dump: Dump, struct: str, waiter: str, place: int, words: list[int], trace: Any) -> int:
    """Address of the lock whose ``first_waiter`` is in the ring of the waiter at *place*: on the stack or in a saved register."""
    offset = _offset(dump, struct, "first_waiter")
    link = _offset(dump, waiter, "list")
    if offset is None or link is None:
        return 0
    ring = {node - link for node in dump.follow(place + link, limit=MAX_WAITERS)[0]}
    candidates = {value for frame in trace.frames for value in frame.registers.values()}
    candidates.update(words)
    low, high = trace.stack
    for value in candidates:
        # What points into the stack itself is the waiter and its neighbours: locks that others wait for are elsewhere.
        if value >> 63 and not value & 7 and not low <= value < high:
            try:
                if dump.read_unsigned(value + offset) & ~7 in ring:
                    return int(value)
            except pykd.FaultError:
                continue
    return 0


def _structs(addresses: list[int]) -> list[Any]:
    return [readSU("struct task_struct", address) for address in addresses]


def get_mutex_waiters(addr: int) -> list[Any]:
    """``struct task_struct`` of those who wait for a mutex."""
    return _structs(_waiters_of(pykd.current(), "mutex", int(addr)))


def get_rwsemaphore_tasks(addr: int) -> list[Any]:
    """``struct task_struct`` of those who wait for a read-write semaphore."""
    return _structs(_waiters_of(pykd.current(), "rwsem", int(addr)))


# ---- who holds

def mutex_owner(addr: int) -> int:
    """Address of the owner's task_struct; 0: not locked. :raises FaultError:"""
    return _word(pykd.current(), int(addr), "struct mutex", ("owner",)) & ~MUTEX_FLAGS


def rwsem_state(addr: int) -> tuple[int, bool, int]:
    """(task_struct that the owner word names, whether it is that of a reader, count). A reader may be one of many, or gone."""
    dump = pykd.current()
    owner = _word(dump, int(addr), "struct rw_semaphore", ("owner",))
    count = _word(dump, int(addr), "struct rw_semaphore", ("count",))
    return owner & ~RWSEM_OWNER_FLAGS, bool(owner & RWSEM_READER_OWNED), count


def _who(address: int) -> str:
    """``PID 12 (comm)``"""
    if not tasks.is_task(address, pykd.current()):
        return f"a task that exists no more, {address:#x}"
    task = readSU("struct task_struct", address)
    return f"PID {task.pid} ({task.comm})"


def mutex_owner_text(addr: int) -> str:
    owner = mutex_owner(addr)
    return _who(owner) if owner else "nobody"


def rwsem_owner_text(addr: int) -> str:
    owner, reader, count = rwsem_state(addr)
    if count & RWSEM_WRITER_LOCKED and not count >> 63:
        return f"writer {_who(owner)}" if owner else "a writer"
    readers = (count & (1 << 63) - 1) >> RWSEM_READER_SHIFT
    if readers:
        last = f", the last to come {_who(owner)}" if owner and reader else ""
        return f"{readers} reader{'s' if readers > 1 else ''}{last}"
    return "nobody"


def semaphore_owner_text(addr: int) -> str:
    """A semaphore has no owner; new kernels note who took it last (CONFIG_DETECT_HUNG_TASK_BLOCKER)."""
    dump = pykd.current()
    offset = _offset(dump, "struct semaphore", "last_holder")
    holder = dump.read_unsigned(int(addr) + offset) if offset is not None else 0
    return f"taken last by {_who(holder)}" if holder else "a semaphore does not record it"


_OWNER_TEXTS = {"mutex": mutex_owner_text, "rwsem": rwsem_owner_text, "semaphore": semaphore_owner_text}


# ---- printing

def _pids(waiters: list[Any]) -> list[tuple[int, str]]:
    return sorted((task.pid, str(task.comm)) for task in waiters)


def _print_waiters(waiters: list[tuple[int, str]]) -> None:
    print(f"    {len(waiters)} waiting:")
    for pid, comm in waiters:
        print(f"\t{pid:7d} {comm}")


def decode_mutex(addr: int) -> None:
    """Print who waits for a mutex and who holds it."""
    print(f"  <struct mutex {int(addr):#x}>")
    _print_waiters(_pids(get_mutex_waiters(addr)))
    print(f"    Owner: {mutex_owner_text(addr)}")


def decode_semaphore(addr: int, v: int = 1) -> list[tuple[int, str]]:
    """(PID, name) of those who wait for a semaphore; printed unless *v* is 0."""
    waiters = _pids(_structs(_waiters_of(pykd.current(), "semaphore", int(addr))))
    if v:
        print(f"  <struct semaphore {int(addr):#x}> count={readSU('struct semaphore', addr).count}")
        _print_waiters(waiters)
    return waiters


def decode_rwsemaphore(addr: int) -> None:
    """Print who waits for a read-write semaphore and who holds it."""
    print(f"  <struct rw_semaphore {int(addr):#x}>")
    _print_waiters(_pids(get_rwsemaphore_tasks(addr)))
    print(f"    Owner: {rwsem_owner_text(addr)}")


# ---- spinlocks

def qspinlock_state(addr: int) -> tuple[int, bool, int | None]:
    """(locked byte, whether a CPU is pending, CPU at the tail of the queue or None) of the word of a ``struct qspinlock``.

    Bits 0-7 locked, 8 pending, 16-17 nesting, 18-31 CPU + 1; with 16384 CPUs and more (9-10, 11-31).
    """
    value = pykd.current().read_unsigned(int(addr), 4)
    tail = value >> 18
    return value & 0xFF, bool(value & 0x100), tail - 1 if tail else None


def ticket_spin_is_locked(lock: Any) -> bool:
    """Whether a ticket lock (kernels before 4.2) is held: the next ticket is not the one that is served."""
    value = int(lock.slock)
    return (value >> 16 & 0xFFFF) != (value & 0xFFFF) if value >> 16 else (value >> 8 & 0xFF) != (value & 0xFF)


def spin_is_locked(lock: Any) -> bool:
    """Whether a ``spinlock_t`` or ``raw_spinlock_t`` is held."""
    if lock.hasField("slock"):
        return ticket_spin_is_locked(lock)
    return qspinlock_state(int(lock))[0] != 0
