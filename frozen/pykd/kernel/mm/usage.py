# SPDX-License-Identifier: GPL-2.0-or-later
"""Who has the memory: parts that add up to all of it, and the largest of each kind."""

from __future__ import annotations

from _pykd import Error
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.core.walk import caught, or_error, readable
from pykd.kernel import cpus
from pykd.kernel.fs.superblocks import bdev_inodes
from pykd.kernel.mm import commit, pages, slablists, vmstat
from pykd.kernel.mm.hugetlb import for_each_hstate, huge_page_size
from pykd.kernel.mm.slabs import caches
from pykd.kernel.mm.vmalloc import for_each_vmap_area
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump


class Usage(NamedTuple):
    """Pages."""

    total: int
    """All that the page allocator was given: MemTotal of /proc/meminfo."""
    parts: dict[str, int]
    """What adds up to the total, in the order in which a bar shows it."""
    hugepages: list[tuple[int, int, int]]
    """(kB a page, pages, free pages) of each size that there are pages of."""


@per_dump
def usage(dump: Dump) -> Usage:
    """By the counters of the kernel, which lag behind by up to 125 pages a counter and CPU. :raises Error: they cannot be read."""
    zone, node, total = vmstat.zone_stats(dump), vmstat.node_stats(dump), commit.total_pages(dump)
    reclaimable, unreclaimable = slab_pages(node)
    kilobytes = dump.page_size // 1024
    # in kB since 991e7673859e ("mm: memcontrol: account kernel stack per node") (in v5.8)
    stacks = node.get("NR_KERNEL_STACK_KB", zone.get("NR_KERNEL_STACK_KB", 0)) // kilobytes
    shared = node.get("NR_SHMEM", 0)
    huge = _hugepages(dump)
    parts = {
        "processes": node.get("NR_ANON_MAPPED", 0),
        "shared memory": shared,
        "page cache": node.get("NR_FILE_PAGES", 0) - shared - node.get("NR_SWAPCACHE", 0),
        "slab that can be reclaimed": reclaimable,
        "slab that cannot be reclaimed": unreclaimable,
        "page tables": node.get("NR_PAGETABLE", zone.get("NR_PAGETABLE", 0)) + node.get("NR_SECONDARY_PAGETABLE", 0),
        "kernel stacks": stacks,
        "per-CPU data": _percpu_pages(dump),
        # its own pages include the stacks, where these are mapped so
        "vmalloc": node.get("NR_VMALLOC", _number(dump, "nr_vmalloc_pages")) - stacks,
        "hugepages": sum(size // kilobytes * pages for size, pages, _ in huge),
        "free": zone.get("NR_FREE_PAGES", 0),
        "free on lists of CPUs": free_on_cpus(dump),
    }
    parts = {name: min(max(pages, 0), total) for name, pages in parts.items()}
    parts["not accounted for"] = max(total - sum(parts.values()), 0)
    return Usage(total, parts, huge)


def slab_pages(node: dict[str, int]) -> tuple[int, int]:
    """Pages of slabs that can be reclaimed, and of those that cannot, of :func:`pykd.kernel.mm.vmstat.node_stats`.

    d42f3245c7e2 ("mm: memcg: convert vmstat slab counters to bytes") (in v5.9) renamed them; in zone and node they are pages still.
    """
    found = (node.get(f"NR_SLAB_{way}_B", node.get(f"NR_SLAB_{way}", 0)) for way in ("RECLAIMABLE", "UNRECLAIMABLE"))
    return next(found), next(found)


def buffer_pages(dump: Dump) -> int:
    """Pages in the page cache of block devices: Buffers of /proc/meminfo. :raises Error: which devices there are cannot be read."""
    counts = dump.read_columns(list(map(int, bdev_inodes(dump))), "struct inode", ("i_data.nrpages",))
    return sum(count for (count,) in counts if not isinstance(count, Error))


def shared_pages(dump: Dump) -> tuple[int, int]:
    """(pages with more than one reference that are not reserved, pages of the memory map that cannot be read). Reads every ``struct page``."""
    reserved = 1 << dump.enumerator("PG_reserved")
    layout = dump.type("struct page")
    step, flags_at, users_at = layout.size, layout.offset_of("flags") // 8, layout.offset_of("_refcount") // 4
    count, missing = 0, 0
    for _, _, data in pages.chunks(dump):
        if not isinstance(data, bytes):
            missing += 1
            continue
        # Most pages have no user or one: only of the others is more looked at.
        users, words = words_of(dump, data, "i")[users_at :: step // 4].tolist(), words_of(dump, data)
        count += sum(not words[place * step // 8 + flags_at] & reserved for place, number in enumerate(users) if number > 1)
    return count, missing


def _number(dump: Dump, name: str) -> int:
    address = dump.address_of(name, "", default=0)
    return dump.read_unsigned(address) if address else 0


def free_on_cpus(dump: Dump) -> int:
    """Free pages that CPUs keep for themselves, which are not among those of the zones.

    28f836b6777b ("mm/page_alloc: split per cpu page lists and zone stats") (in v5.14): ``zone.per_cpu_pageset``, of ``struct per_cpu_pages``;
    ``pageset`` before, whose first member that is.

    :raises FaultError:
    """
    found = 0
    offset = dump.type("struct per_cpu_pages").offset_of("count")
    for _, node in vmstat.nodes(dump):
        for zone in vmstat.zones(node):
            sets = int(zone.per_cpu_pageset if zone.hasField("per_cpu_pageset") else zone.pageset)
            if sets and vmstat.managed_pages(zone):
                found += sum(dump.read_unsigned(cpus.address_on(sets, cpu, dump) + offset, 4) for cpu in cpus.possible(dump))
    return found


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


def largest_caches(dump: Dump) -> list[tuple[int, str]]:
    """(bytes of all its slabs, name) of each slab cache that can be read, the largest first, without looking into the slabs. :raises Error: none can."""
    return sorted(readable(or_error(_cache, dump, cache) for cache in caches(dump)[0]), reverse=True)


def _cache(dump: Dump, cache: Any) -> tuple[int, str]:
    slab = dump.page_size << min(int(cache.oo.x) >> 16, 20)
    return sum(int(each.node.nr_slabs.counter) for each in slablists.nodes(dump, cache)) * slab, str(cache.name)


def vmalloc_callers(dump: Dump) -> list[tuple[int, int, int]]:
    """(bytes, areas, address of the caller) of all memory of vmalloc() by who asked for it, the largest first; what is mapped there and is no
    memory of its own (ioremap()) is not counted. :raises Error: where its trees are cannot be read."""
    found: dict[int, list[int]] = {}
    area: Any
    for area in readable(for_each_vmap_area(dump)):
        try:
            # 688fcbfc06e4 ("mm/vmalloc: modify struct vmap_area to reduce its size") (in v5.4): a lazily freed area has no vm
            if not area.vm or not area.vm.nr_pages:
                continue
            one = found.setdefault(int(area.vm.caller), [0, 0])
            one[0] += int(area.vm.nr_pages) * dump.page_size
            one[1] += 1
        except Error:
            continue
    return sorted(((size, count, caller) for caller, (size, count) in found.items()), reverse=True)
