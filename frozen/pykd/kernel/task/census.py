# SPDX-License-Identifier: GPL-2.0-or-later
"""All threads at a glance: who they are, how they sleep, how long ago they ran. Read in one go."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.core.walk import unread
from pykd.kernel import cpus
from pykd.kernel.task import members, table, threads
from pykd.kernel.task.state import state_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump

RECENT = (1, 5, 60)
"""Seconds"""


class Seen(NamedTuple):
    """A thread."""

    address: int
    """Of its task_struct."""
    pid: int
    comm: str
    state: str
    """``TASK_UNINTERRUPTIBLE|TASK_WAKEKILL``"""
    letters: str
    """Two for it: ``UN``"""
    cpu: int
    ago: float | None
    """Milliseconds since it was last put on a CPU, by the clock of that CPU's run queue; None: that cannot be told."""
    parent: int
    """Address of the task_struct of ``real_parent``."""
    mm: int
    """Address of its ``struct mm_struct``, 0 of a kernel thread."""


class Census(NamedTuple):
    """All threads that could be read, in the order of their lists, ``init_task`` first."""

    seen: list[Seen]
    unreadable: int
    """How many could not."""

    def states(self) -> dict[str, int]:
        """How many threads are in each state."""
        counts: dict[str, int] = {}
        for one in self.seen:
            counts[one.state] = counts.get(one.state, 0) + 1
        return counts

    def recent(self) -> dict[int, int]:
        """How many ran within the last :data:`RECENT` seconds."""
        ages = [one.ago for one in self.seen if one.ago is not None]
        return {seconds: sum(age <= seconds * 1000 for age in ages) for seconds in RECENT}


@per_dump
def census(dump: Dump) -> Census:
    """:raises Error: not even the lists of threads can be read."""
    names = state_names(dump)
    clocks = cpus.clocks(dump)
    addresses = threads.listed(dump).all()
    places = members.paths(dump)
    columns = {name: places.get(name, name) for name in ("pid", "comm", "state", "exit_state", "cpu", "last_run", "real_parent", "mm")}
    known: dict[tuple[int, int], tuple[str, str]] = {}
    """Names of states and the letters for them"""
    found: list[Seen] = []
    unreadable = 0
    lists, _ = table.read(dump, addresses, columns)
    damaged = {place for column in lists for place in unread(column)}
    for place, (address, pid, comm, state, exit_state, cpu, last, parent, mm) in enumerate(zip(addresses, *lists, strict=True)):
        if place in damaged:
            if isinstance(pid, Error) or isinstance(state, Error) or isinstance(exit_state, Error):
                unreadable += 1
                continue
            comm, parent, mm = table.UNKNOWN if isinstance(comm, Error) else comm, _or_0(parent), _or_0(mm)
        clock = None if isinstance(cpu, Error) or isinstance(last, Error) else clocks.get(cpu)
        ago = None if clock is None else clock // 1_000_000 - last / 1_000_000
        words = known.get((state, exit_state))
        if words is None:
            words = known[state, exit_state] = names.name(state, exit_state), names.letters(state, exit_state)
        found.append(Seen(address, pid, comm, *words, _or_0(cpu), ago, parent, mm))
    return Census(found, unreadable)


def _or_0(value: Any) -> int:
    return 0 if isinstance(value, Error) else int(value)
