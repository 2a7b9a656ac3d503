# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutexes, semaphores, read-write semaphores and spinlocks: :mod:`pykd.kernel.locks` under PyKdump's names."""

from __future__ import annotations

import pykd
from pykd.kernel import locks
from pykd.kernel.locks import Lock, find_lock
from pykdump import API
from pykdump.API import readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "Lock", "decode_mutex", "decode_rwsemaphore", "decode_semaphore", "find_lock", "get_mutex_waiters", "get_rwsemaphore_tasks",
    "mutex_owner", "mutex_owner_text", "qspinlock_state", "rwsem_owner_text", "rwsem_state", "semaphore_owner_text", "spin_is_locked",
    "ticket_spin_is_locked",
]  # fmt: skip
__all__ += API.hand_on(globals())


def _waiters(kind: str, addr: int) -> list[Any]:
    return [readSU("struct task_struct", address) for address in locks.waiters_of(pykd.current(), kind, int(addr))]


def get_mutex_waiters(addr: int) -> list[Any]:
    """``struct task_struct`` of those who wait for a mutex."""
    return _waiters("mutex", addr)


def get_rwsemaphore_tasks(addr: int) -> list[Any]:
    """``struct task_struct`` of those who wait for a read-write semaphore."""
    return _waiters("rwsem", addr)


def mutex_owner(addr: int) -> int:
    """Address of the owner's task_struct; 0: not locked. :raises FaultError:"""
    return locks.mutex_owner(pykd.current(), int(addr))


def rwsem_state(addr: int) -> tuple[int, bool, int]:
    """(task_struct that the owner word names, whether it is that of a reader, count). A reader may be one of many, or gone."""
    state = locks.rwsem_state(pykd.current(), int(addr))
    return state.owner, state.by_reader, state.word


def mutex_owner_text(addr: int) -> str:
    return locks.held_by(pykd.current(), "mutex", int(addr))


def rwsem_owner_text(addr: int) -> str:
    return locks.held_by(pykd.current(), "rwsem", int(addr))


def semaphore_owner_text(addr: int) -> str:
    return locks.held_by(pykd.current(), "semaphore", int(addr))


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
    waiters = _pids(_waiters("semaphore", addr))
    if v:
        print(f"  <struct semaphore {int(addr):#x}> count={readSU('struct semaphore', addr).count}")
        _print_waiters(waiters)
    return waiters


def decode_rwsemaphore(addr: int) -> None:
    """Print who waits for a read-write semaphore and who holds it."""
    print(f"  <struct rw_semaphore {int(addr):#x}>")
    _print_waiters(_pids(get_rwsemaphore_tasks(addr)))
    print(f"    Owner: {rwsem_owner_text(addr)}")


def qspinlock_state(addr: int) -> tuple[int, bool, int | None]:
    """(locked byte, whether a CPU is pending, CPU at the tail of the queue or None) of the word of a ``struct qspinlock``."""
    return locks.qspinlock_state(pykd.current(), int(addr))


def ticket_spin_is_locked(lock: Any) -> bool:
    """Whether a ticket lock (kernels before 4.2) is held: the next ticket is not the one that is served."""
    value = int(lock.slock)
    return (value >> 16 & 0xFFFF) != (value & 0xFFFF) if value >> 16 else (value >> 8 & 0xFF) != (value & 0xFF)


def spin_is_locked(lock: Any) -> bool:
    """Whether a ``spinlock_t`` or ``raw_spinlock_t`` is held."""
    return ticket_spin_is_locked(lock) if lock.hasField("slock") else locks.spin_is_locked(lock, pykd.current())
