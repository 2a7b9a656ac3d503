# SPDX-License-Identifier: GPL-2.0-or-later
"""Which processes have most memory."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.kernel import cpus
from pykd.kernel.task.table import add_memory, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump
    from pykd.kernel.task.table import Thread


class Process(NamedTuple):
    """An address space, by the first process that has it."""

    pid: int
    comm: str
    task: int
    mm: int
    resident: int | None
    """Bytes; None: not known."""
    swapped: int | None
    """Bytes; None: not known."""
    tables: int | None
    """Bytes of its page tables; None: not known."""


@per_dump
def largest(dump: Dump) -> list[Process]:
    """One for each ``struct mm_struct``, that with the largest resident set first.

    :raises Error: the threads cannot be found, or not what memory they have.
    """
    leaders = {}
    every = threads(dump)
    for thread in every:
        if "mm" in thread.lost:
            raise thread.unread["mm"]
        if thread.mm and (thread.mm not in leaders or thread.pid == thread.tgid):
            leaders[thread.mm] = thread
    found = list(leaders.values())
    add_memory(dump, found)
    if found and all("rss" in thread.unread for thread in found):
        raise found[0].unread["rss"]
    found.sort(key=lambda thread: -thread.rss)
    return [_process(dump, thread) for thread in found]


def _process(dump: Dump, thread: Thread) -> Process:
    resident = None if "rss" in thread.unread else thread.rss * 1024
    return Process(thread.pid, thread.comm, thread.address, int(thread.mm), resident, *_more(dump, int(thread.mm)))


def _more(dump: Dump, address: int) -> tuple[int | None, int | None]:
    mm: Any = dump.object("struct mm_struct", address)
    try:
        number = dump.enumerator("MM_SWAPENTS")
        stat = mm.rss_stat
        # f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter") (in v6.2)
        swapped = cpus.percpu_counter_sum(stat[number], dump) if isinstance(stat, list) else int(stat.count[number].counter)
        return max(swapped, 0) * dump.page_size, int(mm.pgtables_bytes.counter)
    except Error:
        return None, None
