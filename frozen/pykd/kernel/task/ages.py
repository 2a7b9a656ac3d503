# SPDX-License-Identifier: GPL-2.0-or-later
"""How long ago a thread ran, by the clocks of the run queues, which stop with the system; wall clocks say nothing about that."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.kernel import cpus
from pykd.kernel.task import members, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump


@per_dump
def clock(dump: Dump) -> int:
    """Nanoseconds: the newest ``rq.clock`` of all CPUs; when the last thread began to run, where none can be read; 0 without both."""
    return max(cpus.clocks(dump).values(), default=0) or _last_run(dump)


def _last_run(dump: Dump) -> int:
    try:
        (ran,) = dump.read_plain(threads.addresses(dump), "struct task_struct", (members.path("last_run", dump),))
    except Error:
        return 0
    return max((value for value in ran if not isinstance(value, Error)), default=0)


def seconds_since(dump: Dump, last_run: int) -> float:
    """Seconds from *last_run* (``last_run`` of :data:`pykd.kernel.task.members.PLACES`) to the end; 0 of a thread that never ran, or of damage."""
    now = clock(dump)
    return (now - last_run) / 1e9 if 0 < last_run <= now else 0.0
