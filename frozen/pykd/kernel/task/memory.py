# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory of processes: ``struct mm_struct``, its sizes and its page tables."""

from __future__ import annotations

from pykd.core.memo import per_dump
from pykd.core.walk import unread
from pykd.kernel import cpus
from pykd.kernel.task import members, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump, Struct

RESIDENT = ("MM_FILEPAGES", "MM_ANONPAGES", "MM_SHMEMPAGES")
"""The counters of ``mm_struct.rss_stat`` that make up the resident set, as in ``get_mm_rss()``; the others count swap and page tables."""


@per_dump
def _kinds(dump: Dump) -> list[int]:
    return [dump.enumerator(name) for name in RESIDENT]


@per_dump
def _held_back(dump: Dump) -> dict[int, int]:
    """Pages by ``tgid`` that threads counted and did not yet give to their ``struct mm_struct`` (SPLIT_RSS_COUNTING, until f1a7941243c1 in
    v6.2). Each thread holds back up to 64."""
    if not dump.struct_class("struct task_struct").has_member("rss_stat"):
        return {}
    kinds = _kinds(dump)
    sums: dict[int, int] = {}
    columns = (members.path("tgid", dump), "mm", *(f"rss_stat.count[{kind}]" for kind in kinds))
    lists = dump.read_plain(threads.listed(dump).all(), "struct task_struct", columns)
    damaged = {place for column in lists for place in unread(column)}
    for place, (tgid, mm, *counts) in enumerate(zip(*lists, strict=True)):
        if mm and place not in damaged:
            sums[tgid] = sums.get(tgid, 0) + sum(counts)
    return sums


def resident_pages(mm: Struct, tgid: int, dump: Dump) -> int:
    """Pages in the resident set of a ``struct mm_struct`` as crash counts them, never less than 0.

    :param tgid: of the process that asks: what its threads hold back is counted, not what another that shares the memory does (a child of
        vfork before it calls exec).
    :raises FaultError:
    """
    kinds = _kinds(dump)
    stat = mm.rss_stat
    if isinstance(stat, list):
        # f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter") (in v6.2)
        return max(0, sum(cpus.percpu_counter_sum(stat[kind], dump) for kind in kinds))
    pages: int = sum(stat.count[kind].counter for kind in kinds)
    return max(0, pages + _held_back(dump).get(tgid, 0))


def virtual_size(mm: Struct, dump: Dump) -> int:
    """kB that a ``struct mm_struct`` has mapped. :raises FaultError:"""
    return int(mm.total_vm) * (dump.page_size // 1024)


def resident_size(mm: Struct, tgid: int, dump: Dump) -> int:
    """kB in the resident set of a ``struct mm_struct``, see :func:`resident_pages`. :raises FaultError:"""
    return resident_pages(mm, tgid, dump) * (dump.page_size // 1024)


def page_table(mm: Struct, dump: Dump) -> int:
    """Physical address of the top-level page table of a ``struct mm_struct``: the kernel's, which maps user memory too.

    What a processor has in user mode, with page table isolation, is another one beside it, and maps hardly any of the kernel.

    :raises FaultError:
    """
    return dump.translate(int(mm.pgd), pgd=0)
