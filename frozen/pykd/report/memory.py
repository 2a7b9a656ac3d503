# SPDX-License-Identifier: GPL-2.0-or-later
"""Who has the memory: parts that add up to all of it."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.core.walk import caught
from pykd.kernel import cpus
from pykd.kernel.mm import slablists
from pykd.kernel.mm.hugetlb import for_each_hstate, huge_page_size
from pykd.kernel.mm.slabs import caches
from pykd.kernel.task.table import add_memory
from pykd.kernel.task.table import threads as table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _pykd import Dump
    from pykd.report.facts import Facts

PROCESSES = 10


class Memory(NamedTuple):
    """Pages."""

    total: int
    parts: dict[str, int]
    """What adds up to the total, in the order in which a bar shows it."""
    processes: list[tuple[int, str, int]]
    """(PID, name, resident pages) of the largest processes, the largest first; one for each address space."""
    hugepages: list[tuple[int, int, int]]
    """(kB a page, pages, free pages) of each size that there are pages of."""


def memory(facts: Facts) -> Memory:
    """:raises Error: the counters cannot be read."""
    found: Memory = _memory(facts.dump)
    return found


@per_dump
def _memory(dump: Dump) -> Memory:
    from pykd.report.facts import Facts

    facts = Facts(dump)
    zone, node, total = facts.zone_stats, facts.node_stats, facts.total_pages
    slab = _slab(node)
    kilobytes = dump.page_size // 1024
    # in kB since 991e7673859e ("mm: memcontrol: account kernel stack per node") (in v5.8)
    stacks = node.get("NR_KERNEL_STACK_KB", zone.get("NR_KERNEL_STACK_KB", 0)) // kilobytes
    shared = node.get("NR_SHMEM", 0)
    files = max(node.get("NR_FILE_PAGES", 0) - shared - node.get("NR_SWAPCACHE", 0), 0)
    huge = _hugepages(dump)
    parts = {
        "processes": node.get("NR_ANON_MAPPED", 0),
        "shared memory": shared,
        "page cache": files,
        "slab that can be reclaimed": slab[0],
        "slab that cannot be reclaimed": slab[1],
        "page tables": node.get("NR_PAGETABLE", zone.get("NR_PAGETABLE", 0)) + node.get("NR_SECONDARY_PAGETABLE", 0),
        "kernel stacks": stacks,
        "per-CPU data": _percpu_pages(dump),
        "vmalloc": node.get("NR_VMALLOC", facts.number("nr_vmalloc_pages", 8, default=0)),
        "hugepages": sum(size // kilobytes * pages for size, pages, _ in huge),
        "free": zone.get("NR_FREE_PAGES", 0),
    }
    parts = {name: min(max(pages, 0), total) for name, pages in parts.items()}
    # vmalloc's own pages include the stacks, where these are mapped so
    parts["vmalloc"] = max(parts["vmalloc"] - parts["kernel stacks"], 0)
    parts["not accounted for"] = max(total - sum(parts.values()), 0)
    return Memory(total, parts, _processes(dump), huge)


def _slab(node: dict[str, int]) -> tuple[int, int]:
    return tuple(node.get(f"NR_SLAB_{way}_B", node.get(f"NR_SLAB_{way}", 0)) for way in ("RECLAIMABLE", "UNRECLAIMABLE"))  # type: ignore[return-value]


def _percpu_pages(dump: Dump) -> int:
    """``pcpu_nr_populated`` counts one CPU's; all units have the same. 7e8a6304d541 (in v4.19)"""
    try:
        return dump.read_unsigned(dump.symbol("pcpu_nr_populated", "").address) * len(cpus.possible(dump))
    except Error:
        return 0


def _hugepages(dump: Dump) -> list[tuple[int, int, int]]:
    found = []
    for state in caught(for_each_hstate(dump)):
        try:
            if isinstance(state, Error):
                raise state
            if state.nr_huge_pages:
                found.append((huge_page_size(dump, state) // 1024, int(state.nr_huge_pages), int(state.free_huge_pages)))
        except Error:
            continue
    return found


def _processes(dump: Dump) -> list[tuple[int, str, int]]:
    leaders = {}
    for thread in table(dump):
        if thread.mm and (thread.mm not in leaders or thread.pid == thread.tgid):
            leaders[thread.mm] = thread
    every = list(leaders.values())
    add_memory(dump, every)
    every.sort(key=lambda thread: -thread.rss)
    return [(thread.pid, thread.comm, thread.rss * 1024 // dump.page_size) for thread in every[:PROCESSES] if thread.rss]


def largest_caches(facts: Facts) -> list[tuple[int, str]]:
    """(bytes of all its slabs, name) of each slab cache, the largest first, without looking into the slabs."""
    found = []
    for cache in caches(facts.dump)[0]:
        try:
            slab = facts.dump.page_size << min(int(cache.oo.x) >> 16, 20)
            found.append((sum(int(each.node.nr_slabs.counter) for each in slablists.nodes(facts.dump, cache)) * slab, str(cache.name)))
        except Error:
            continue
    return sorted(found, reverse=True)
