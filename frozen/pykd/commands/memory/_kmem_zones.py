# SPDX-License-Identifier: GPL-2.0-or-later
"""``kmem -z -f -F``: zones, their counters and their free pages."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.rows import Row, fault, mark
from pykd.kernel.mm import pages, vmstat
from pykd.kernel.mm.freelists import free_lists

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def zones(dump: Dump, *, blocks: bool = False, listed: bool = False) -> Iterator[Row]:
    """Zones with their counters.

    :param blocks: their lists of free blocks too.
    :param listed: the blocks themselves too.
    """
    for nid, node in vmstat.nodes(dump):
        for number, zone in enumerate(vmstat.zones(node)):
            row: Row = {"node": nid, "zone": number, "address": int(zone), "name": vmstat.zone_name(zone)}
            try:
                start = zone.zone_start_pfn
                row |= {"size": zone.spanned_pages, "present": zone.present_pages, "watermarks": vmstat.watermarks(zone)}
                row |= {"start_pfn": start, "map_number": start - node.node_start_pfn if row["size"] else 0}
                row |= place(dump, start, row["size"])
                row["counters"] = vmstat.zone_stats(dump, int(zone) + zone.fieldOffset("vm_stat"))
                if blocks and row["size"]:
                    row["areas"] = list(areas(dump, zone, listed=listed))
            except Error as error:
                row["error"] = fault(error)
            yield row


def place(dump: Dump, first: int, size: int) -> Row:
    """Where a zone or node of *size* pages from page frame *first* on begins, and the ``struct page`` of that; 0 of an empty one."""
    start = first * dump.page_size if size else 0
    return {"start": start, "map": pages.page_of(dump, start) if size else 0}


def free_rows(dump: Dump, *, listed: bool) -> Iterator[Row]:
    """The zones with their free blocks, and last how many free pages the kernel counts."""
    yield from zones(dump, blocks=True, listed=listed)
    yield {"nr_free_pages": vmstat.zone_stats(dump)["NR_FREE_PAGES"]}


def areas(dump: Dump, zone: Any, *, listed: bool = False) -> Iterator[Row]:
    """Lists of free blocks: one for each order and migrate type; with *listed* their ``struct page`` too, as ``free``."""
    for one in free_lists(dump, zone):
        count = len(one.blocks)
        row: Row = {"order": one.order, "list": one.head, "size": dump.page_size << one.order, "blocks": count, "pages": count << one.order}
        if listed:
            row["free"] = one.blocks
        if one.error is not None:
            row["error"] = fault(one.error)
        yield row


def zones_text(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield f'NODE: {row["node"]}  ZONE: {row["zone"]}  ADDR: {row["address"]:x}  NAME: "{row["name"]}"'
        if "error" in row:
            yield f"  {mark(row)}"
        elif not row["size"]:
            yield "  [unpopulated]"
        else:
            present = f"  PRESENT: {row['present']}" if row["present"] != row["size"] else ""
            low = "/".join(map(str, row["watermarks"]))
            yield f"  SIZE: {row['size']}{present}  MIN/LOW/HIGH: {low}"
            yield "  VM_STAT:"
            width = max(len(name) for name in row["counters"])
            yield from (f"{name:>{width}}: {value}" for name, value in row["counters"].items())
            yield ""
        yield ""


def free_text(rows: Iterable[Row], *, listed: bool = False) -> Iterator[str]:
    found = 0
    complete = True
    last = None
    rows = list(rows)
    several = len({row["node"] for row in rows if "node" in row}) > 1
    for row in rows:
        if "nr_free_pages" in row:
            yield f"nr_free_pages: {row['nr_free_pages']}  " + ("(verified)" if found == row["nr_free_pages"] and complete else f"(found {found})")
            continue
        if several and row["node"] != last:
            yield "NODE"
            yield f"{row['node']:>3}"
            last = row["node"]
        yield ZONE_TITLE
        if "counters" not in row:
            complete = False
            yield f"{row['zone']:>3}   {row['name']:<8}  {mark(row)}"
            yield ""
            continue
        yield zone_line(row)
        if "error" in row:
            complete = False
            yield mark(row)
        complete &= all("error" not in area for area in row.get("areas", ()))
        found += sum(area.get("pages", 0) for area in row.get("areas", ()))
        yield from _listed(row) if listed else _counted(row)
        yield ""


ZONE_TITLE = "ZONE  NAME        SIZE    FREE      MEM_MAP       START_PADDR  START_MAPNR"
AREA_TITLE = "AREA    SIZE  FREE_AREA_STRUCT"


def zone_line(row: Row) -> str:
    """Under :data:`ZONE_TITLE`."""
    where = f"{row['map']:016x}" if row["size"] else "       0        "
    free = row["counters"]["NR_FREE_PAGES"]
    return f"{row['zone']:>3}   {row['name']:<8}{row['size']:>8}{free:>8}  {where}  {_center(f'{row["start"]:x}')}  {_center(row['map_number'])}"


def area_line(area: Row) -> str:
    """Under :data:`AREA_TITLE`."""
    return f"{area['order']:>3}  {area['size'] // 1024:>6}k  {area['list']:016x}  "


def _problem(area: Row) -> str:
    return f"  {mark(area)}" if "error" in area else ""


def _counted(row: Row) -> Iterator[str]:
    if "areas" in row:
        yield AREA_TITLE + "  BLOCKS  PAGES"
    for area in row.get("areas", ()):
        counts = f"{area['blocks']:>6}  {area['pages']:>5}" if "blocks" in area else ""
        yield (area_line(area) + counts).rstrip() + _problem(area)


def _listed(row: Row) -> Iterator[str]:
    for area in row.get("areas", ()):
        yield AREA_TITLE
        yield area_line(area) + _problem(area)
        yield from (f"{page:016x}" for page in area.get("free", ()))


def block_of(dump: Dump, page: int) -> tuple[Row, Row, int] | None:
    """The zone, the list and the first page of the free block that a page is in; None if it is not free."""
    size = dump.type("struct page").size
    number = (page - pages.vmemmap(dump)) // size
    for zone in zones(dump):
        if "error" in zone or not zone["start_pfn"] <= number < zone["start_pfn"] + zone["size"]:
            continue
        for area in areas(dump, dump.object("struct zone", zone["address"]), listed=True):
            for first in area.get("free", ()):
                if first <= page < first + (size << area["order"]):
                    return zone, area, first
    return None


def _center(value: object, width: int = 11) -> str:
    """As str.center(), with the odd blank on the left."""
    return (" " * ((width - len(str(value)) + 1) // 2) + str(value)).ljust(width)
