# SPDX-License-Identifier: GPL-2.0-or-later
"""Which spinlock a CPU spins for, without debug information: the word that only a lock that is waited for has."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.locks import qspinlock_state
from pykd.kernel.waits.things import function_name
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pykd import Dump, Trace

SLOWPATHS = ("native_queued_spin_lock_slowpath", "__pv_queued_spin_lock_slowpath", "queued_spin_lock_slowpath")
WORDS = 48
"""Of the stack above the function that spins, which are looked at: its own and its callers' saved registers"""
REGISTERS = ("rdi", "rbx", "rbp", "r12", "r13", "r14", "r15", "x0", "x19", "x20", "x21", "x22")
"""In which a lock's address is likely: that of the argument, and those that calls keep"""
ARGUMENTS = ("rdi", "x0")
"""Of a function's first argument"""
_LOCKED = (1, 3)
"""Locked bytes of a ``struct qspinlock``: _Q_LOCKED_VAL, and _Q_SLOW_VAL of guests"""
_UNUSED = 0xFE00
"""Bits of ``qspinlock.val`` that are never set, for machines of less than 16384 CPUs"""
KERNEL = 1 << 63


def spins(trace: Trace) -> bool:
    """Whether a CPU spins for a spinlock."""
    return any(function_name(frame) in SLOWPATHS for frame in trace.frames)


def lock_of(dump: Dump, trace: Trace, spinning: list[int]) -> int:
    """Address of the ``struct qspinlock`` that a CPU spins for; 0: not found.

    It is a guess that its own word confirms: it is held, and one waits as pending, or the last of its queue is a CPU that spins. In a guest
    without paravirtual locks nobody queues (virt_spin_lock()): then the argument that the function still has is the lock, if it is held.

    :param spinning: CPUs that do.
    """
    for candidate in dict.fromkeys(_candidates(dump, trace)):
        if candidate >= KERNEL and not candidate & 3 and _is_waited_for(dump, candidate, spinning):
            return candidate
    frame = next((frame for frame in trace.frames if function_name(frame) in SLOWPATHS), None)
    argument = next((frame.registers[name] for name in ARGUMENTS if name in frame.registers), 0) if frame else 0
    return argument if argument >= KERNEL and not argument & 3 and _is_held(dump, argument) else 0


def _candidates(dump: Dump, trace: Trace) -> Iterator[int]:
    place = next((number for number, frame in enumerate(trace.frames) if function_name(frame) in SLOWPATHS), None)
    if place is None:
        return
    for frame in trace.frames[place : place + 3]:
        yield from (frame.registers[name] for name in REGISTERS if name in frame.registers)
    words = dump.read_upto(trace.frames[place].sp & ~7, 8 * WORDS)
    yield from words_of(dump, words[: len(words) & ~7])


def _is_held(dump: Dump, address: int) -> bool:
    try:
        return dump.read_unsigned(address, 4) in _LOCKED
    except Error:
        return False


def _is_waited_for(dump: Dump, address: int, spinning: list[int]) -> bool:
    try:
        state = qspinlock_state(dump, address)
        if state.locked not in _LOCKED or dump.read_unsigned(address, 4) & _UNUSED:
            return False
    except Error:
        return False
    return state.tail in spinning if state.tail is not None else state.pending


def has_on_stack(dump: Dump, trace: Trace, lock: int) -> bool:
    """Whether a lock's address is on what a CPU has of its stack, or in its registers, and it does not spin itself: it may be past taking it."""
    if spins(trace) or not trace.frames:
        return False
    if any(lock in frame.registers.values() for frame in trace.frames):
        return True
    start, end = trace.frames[0].sp & ~7, trace.stack[1]
    if not start < end <= start + (1 << 16):
        return False
    try:
        return lock in words_of(dump, dump.read(start, end - start)).tolist()
    except Error:
        return False
