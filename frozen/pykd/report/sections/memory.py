# SPDX-License-Identifier: GPL-2.0-or-later
"""Who has the memory."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.mm import vmstat
from pykd.kernel.mm.usage import largest_caches, usage
from pykd.kernel.task.processes import largest
from pykd.report.blocks import Block, picture, table
from pykd.report.facts import bytes_text, size
from pykd.report.sections import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pykd.report.facts import Facts

SLABS = 10
PROCESSES = 10


def make(facts: Facts) -> Iterator[Block]:
    found = usage(facts.dump)
    page = facts.dump.page_size
    yield picture("bar", {name: pages * page for name, pages in found.parts.items() if pages}, "Memory")
    rows = [[name, pages * page, f"{100 * pages / max(found.total, 1):.1f} %", size(pages, page)] for name, pages in found.parts.items() if pages]
    yield table(("use", "bytes", "share", "size"), rows, f"Memory: {size(found.total, page)}")
    processes = [[one.pid, one.comm, one.resident, bytes_text(one.resident)] for one in largest(facts.dump)[:PROCESSES] if one.resident]
    yield table(("PID", "command", "bytes", "resident"), processes, "Largest processes")
    yield table(("cache", "bytes", "size"), [[name, taken, bytes_text(taken)] for taken, name in largest_caches(facts.dump)[:SLABS]], "Largest slab caches")
    zones = []
    for number, node in vmstat.nodes(facts.dump):
        for zone in vmstat.zones(node):
            try:
                if managed := vmstat.managed_pages(zone):
                    zones.append([number, vmstat.zone_name(zone), managed, int(zone.vm_stat[0].counter), *vmstat.watermarks(zone)])
            except Error:
                continue
    yield table(("node", "zone", "pages", "free", "min", "low", "high"), zones, "Zones")


SECTION = Section("Memory", make)
