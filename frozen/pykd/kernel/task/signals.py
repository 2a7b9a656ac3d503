# SPDX-License-Identifier: GPL-2.0-or-later
"""Signals: their names, what a process does with each, what is blocked and what is pending.

``struct signal_struct`` and ``struct sighand_struct`` belong to the process, ``task_struct.blocked`` and ``.pending`` to the thread. A set
of signals is an int here, bit N-1 for signal N, whatever words the kernel's ``sigset_t`` has.
"""

from __future__ import annotations

from pykd.kernel.lists.linked import list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

NAMES = (
    "SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT/SIGIOT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM "
    "SIGTERM SIGSTKFLT SIGCHLD/SIGCLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF "
    "SIGWINCH SIGIO/SIGPOLL SIGPWR SIGSYS/SIGUNUSED"
).split()
"""Of 1 to 31: include/uapi/asm-generic/signal.h, which x86, arm64, riscv, s390 and powerpc have alike"""
FIRST_REAL_TIME, LAST = 32, 64
"""SIGRTMIN, and SIGRTMAX, which is _NSIG"""

ACTION_FLAGS = {
    0x1: "SA_NOCLDSTOP", 0x4000000: "SA_RESTORER", 0x2: "SA_NOCLDWAIT", 0x4: "SA_SIGINFO", 0x8000000: "SA_ONSTACK", 0x10000000: "SA_RESTART",
    0x40000000: "SA_NODEFER", 0x80000000: "SA_RESETHAND",
}  # fmt: skip
"""Bits of ``k_sigaction.sa.sa_flags`` (``unsigned long``), in crash's order"""
MAX_QUEUED = 100_000
SIG_DFL, SIG_IGN = 0, 1
"""In place of a handler's address"""


def name_of(number: int) -> str:
    """``SIGINT``, ``SIGRTMIN+3``, ``SIGRTMAX-1``; two names of one signal have ``/`` between them. *number* is 1 to :data:`LAST`."""
    if number <= len(NAMES):
        return NAMES[number - 1]
    if number == FIRST_REAL_TIME:
        return "SIGRTMIN"
    if number == LAST:
        return "SIGRTMAX"
    return f"SIGRTMIN+{number - FIRST_REAL_TIME}" if number <= 48 else f"SIGRTMAX-{LAST - number}"


def names_in(mask: int) -> list[str]:
    """The first name of each signal in a set."""
    return [name_of(number).partition("/")[0] for number in range(1, LAST + 1) if mask >> (number - 1) & 1]


def action_flag_names(flags: int) -> list[str]:
    """Names of the bits of ``sa_flags``."""
    return [name for bit, name in ACTION_FLAGS.items() if flags & bit]


def mask_of(words: Any) -> int:
    """A ``sigset_t``: ``unsigned long sig[]``, one word on 64-bit machines. :raises FaultError:"""
    value = words.sig
    return sum(word << 64 * i for i, word in enumerate(value if isinstance(value, list) else [value]))


def actions(sighand: Any) -> Iterator[Any]:
    """The ``struct sigaction`` of each signal from 1 on, of a ``struct sighand_struct``: ``sa_handler`` (an address, :data:`SIG_DFL` or
    :data:`SIG_IGN`), ``sa_mask``, ``sa_flags``. :raises FaultError:"""
    return (action.sa for action in sighand.action)


def queued(dump: Dump, pending: Any) -> Iterator[Any]:
    """Each ``struct sigqueue`` of a ``struct sigpending``, oldest first: ``info.si_signo`` (``int``) is its signal.

    A signal may be pending without one: ``pending.signal`` has all that are, also what came when memory for the queue was short.

    :raises FaultError, LimitError: as :func:`pykd.kernel.lists.linked.list_for_each_entry`.
    """
    return list_for_each_entry(dump, int(pending.list), "struct sigqueue", "list", limit=MAX_QUEUED, what="the queue of signals")
