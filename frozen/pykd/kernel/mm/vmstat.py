# SPDX-License-Identifier: GPL-2.0-or-later
"""Counters of the page allocator, and nodes and zones."""

from __future__ import annotations

from _pykd import Error, NotFoundError
from pykd.kernel import cpus
from pykd.values.words import bitmap, words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump


def names(dump: Dump, first: str, end: str) -> list[str]:
    """Enumerators from *first* up to *end*, by value; of several of a value the last. :raises NotFoundError:"""
    found: dict[int, str] = {}
    last = dump.enumerator(end)
    for name, value in dump.enumerator_type(first).enumerators():
        if 0 <= value < last:
            found[value] = name
    return [found.get(value, str(value)) for value in range(last)]


def _counters(dump: Dump, address: int, count: int) -> list[int]:
    return words_of(dump, dump.read(address, 8 * count), "q").tolist()


def zone_stats(dump: Dump, address: int | None = None) -> dict[str, int]:
    """Counters of all zones, or of the ``vm_stat`` of one."""
    found = names(dump, "NR_FREE_PAGES", "NR_VM_ZONE_STAT_ITEMS")
    return dict(zip(found, _counters(dump, address or dump.symbol("vm_zone_stat", "").address, len(found)), strict=True))


def node_stats(dump: Dump) -> dict[str, int]:
    found = names(dump, "NR_INACTIVE_ANON", "NR_VM_NODE_STAT_ITEMS")
    return dict(zip(found, _counters(dump, dump.symbol("vm_node_stat", "").address, len(found)), strict=True))


def numa_stats(dump: Dump) -> dict[str, int]:
    """Sums over the CPUs and zones of what f19298b9516c ("mm/vmstat: convert NUMA statistics to basic NUMA counters") (in v5.14) made events of zones.

    :raises NotFoundError: the kernel has none of them, or has them there.
    """
    found = names(dump, "NUMA_HIT", "NR_VM_NUMA_STAT_ITEMS")
    return dict(zip(found, _counters(dump, dump.symbol("vm_numa_stat", "").address, len(found)), strict=True))


def events(dump: Dump) -> dict[str, int]:
    """Sums over the CPUs."""
    found = names(dump, "PGPGIN", "NR_VM_EVENT_ITEMS")
    sums = [0] * len(found)
    base = dump.symbol("vm_event_states").address
    for cpu in cpus.possible(dump):
        for number, value in enumerate(_counters(dump, cpus.address_on(base, cpu, dump), len(found))):
            sums[number] += value
    return dict(zip(found, sums, strict=True))


def nodes(dump: Dump) -> Iterator[tuple[int, Any]]:
    """(number, ``struct pglist_data``) of the online nodes."""
    try:
        table = dump.symbol("node_data", "").address
    except NotFoundError:  # without CONFIG_NUMA there is one
        yield 0, dump.object("struct pglist_data", dump.symbol("contig_page_data", "").address)
        return
    masks = dump.type("nodemask_t").size
    mask = bitmap(dump, dump.read(dump.symbol("node_states", "").address + dump.enumerator("N_ONLINE") * masks, masks))
    for node in range(mask.bit_length()):
        if mask >> node & 1:
            yield node, dump.object("struct pglist_data", dump.read_unsigned(table + 8 * node))


def zones(node: Any) -> list[Any]:
    """``struct zone`` of a node."""
    return list(node.node_zones)


def zone_name(zone: Any) -> str:
    try:
        return str(zone.name)
    except Error:
        return "?"


def managed_pages(zone: Any) -> int:
    """Pages of a ``struct zone`` that can be allocated; a number before 9705bea5f833 ("mm: convert zone->managed_pages to atomic variable")
    (in v5.0). :raises FaultError:"""
    pages = zone.managed_pages
    return int(pages.counter if hasattr(pages, "counter") else pages)


def watermarks(zone: Any) -> list[int]:
    """Pages, the marks min, low and high of a ``struct zone``; without the underscore before "mm: move zone watermark accesses behind an
    accessor" (in v5.0). :raises FaultError:"""
    marks = zone._watermark if zone.hasField("_watermark") else zone.watermark
    return [int(mark) for mark in marks[:3]]
