# SPDX-License-Identifier: GPL-2.0-or-later
"""Locks as older kernels kept them: values for the table in compat.py that take more than a path."""

from __future__ import annotations

from _pykd import FaultError
from pykd.compat.parts import Count, Elements, Parts
from pykd.kernel import locks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump, Struct

MAX_WAITERS = 1 << 20
"""A ring of more is damaged."""


def _dump_of(obj: Struct) -> Dump:
    return type(obj).PYT_dump


class Waiters(Elements):
    """Stands for the ``list_head`` of those who wait for a lock; they are a ring that the lock points into, without a head."""

    links: Any
    """The class of ``struct list_head``."""

    def hasField(self, name: str) -> bool:
        return name in ("next", "prev")

    @property
    def next(self) -> Any:
        return self.links(self.addresses[0] if self.addresses else 0)

    @property
    def prev(self) -> Any:
        return self.links(self.addresses[-1] if self.addresses else 0)


def waiters(lock: Struct) -> Waiters:
    """``wait_list`` of a ``struct mutex``, ``rw_semaphore`` or ``semaphore``: links of the waiters, first come first."""
    dump = _dump_of(lock)
    first: Any = lock.first_waiter
    links: list[int] = []
    if first:
        links, end = dump.follow(int(first) + first.fieldOffset("list"), limit=MAX_WAITERS)
        if isinstance(end, FaultError) and not links:
            raise end
    found = Waiters(links)
    found.links = dump.struct_class("struct list_head")
    return found


def _owned_by(lock: Struct, flags: int) -> tuple[int, int]:
    """The word in ``owner``, and the address of the task in it."""
    word = _dump_of(lock).read_unsigned(int(lock) + lock.fieldOffset("owner"))
    return word, word & ~flags


def _task(lock: Struct, address: int, word: int) -> Any:
    # An atomic_long_t has a counter; a program for new kernels asks for that.
    task: Any = _dump_of(lock).struct_class("struct task_struct")(address)
    task.counter = word
    return task


def mutex_owner(mutex: Struct) -> Any:
    """The ``struct task_struct *`` that it was, with the ``counter`` of the ``atomic_long_t`` that it is."""
    word, address = _owned_by(mutex, locks.MUTEX_FLAGS)
    return _task(mutex, address, word)


def rwsem_owner(semaphore: Struct) -> Any:
    """As mutex_owner; 1 where the owners are readers, as before 94a9717b3c40 ("locking/rwsem: Make rwsem->owner an atomic_long_t") (in v5.3)."""
    word, address = _owned_by(semaphore, locks.RWSEM_OWNER_FLAGS)
    return _task(semaphore, 1 if word & locks.RWSEM_READER_OWNED else address, word)


def mutex_count(mutex: Struct) -> Parts:
    """``mutex.count``: 1 if nobody has it, 0 if somebody has, less if others wait for it."""
    word, address = _owned_by(mutex, locks.MUTEX_FLAGS)
    return Parts(counter=1 if not address else -1 if word & locks.MUTEX_WAITERS else 0)


def rt_waiters(lock: Struct) -> Waiters:
    """``wait_list`` of a lock that an rt kernel makes of an rt_mutex: links of the waiters, by priority, in its tree."""
    from pykd.kernel.lists import rbtree

    dump = _dump_of(lock)
    found = Waiters(node for node, _ in rbtree.nodes(dump, int(lock) + lock.fieldOffset("wait_list")))
    found.links = dump.struct_class("struct list_head")
    return found


def rt_owner(lock: Struct) -> Any:
    """As mutex_owner, of such a lock; of a rw_semaphore the writer."""
    word, address = _owned_by(lock, locks.RT_MUTEX_HAS_WAITERS)
    return _task(lock, address, word)


def rt_count(semaphore: Struct) -> Count:
    """``count`` of a rw_semaphore: how many readers have it, -1 if a writer has it."""
    readers = _dump_of(semaphore).read_unsigned(int(semaphore) + semaphore.fieldOffset("count"), 4)
    return Count(-1 if readers == locks.RT_WRITER else readers & ~locks.RT_READERS)
