# SPDX-License-Identifier: GPL-2.0-or-later
"""Who has the memory."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel import sysinfo
from pykd.kernel.mm import vmstat
from pykd.kernel.mm.usage import largest_caches, usage
from pykd.kernel.task.processes import largest
from pykd.report.blocks import Block, lines, picture, table
from pykd.report.facts import bytes_text, size
from pykd.report.sections import Section

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from _pykd import Dump
    from pykd.report.facts import Facts

SLABS = 10
PROCESSES = 10


def _largest(title: str, columns: tuple[str, ...], rows: Callable[[Dump], list[list[Any]]], dump: Dump) -> Block:
    try:
        return table(columns, rows(dump), title)
    except Error as error:
        return lines([f"cannot be read: {error}"], title)


def _processes(dump: Dump) -> list[list[Any]]:
    return [[one.pid, one.comm, one.resident, bytes_text(one.resident)] for one in largest(dump)[:PROCESSES] if one.resident]


def _caches(dump: Dump) -> list[list[Any]]:
    return [[name, taken, bytes_text(taken)] for taken, name in largest_caches(dump)[:SLABS]]


def make(facts: Facts) -> Iterator[Block]:
    found = usage(facts.dump)
    page = facts.dump.page_size
    yield picture("bar", {name: pages * page for name, pages in found.parts.items() if pages}, "Memory of the page allocator by use")
    rows = [[name, pages * page, f"{100 * pages / max(found.total, 1):.1f} %", size(pages, page)] for name, pages in found.parts.items() if pages]
    whole = sysinfo.field(facts.dump, "MEMORY") or ""
    rest = f", of the machine's {whole}: without the kernel itself, its tables of pages and what was set aside at boot" if whole[:1].isdigit() else ""
    yield table(("use", "bytes", "share", "size"), rows, f"The {size(found.total, page)} of the page allocator{rest}")
    yield _largest("Largest processes", ("PID", "command", "bytes", "resident"), _processes, facts.dump)
    yield _largest("Largest slab caches", ("cache", "bytes", "size"), _caches, facts.dump)
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
