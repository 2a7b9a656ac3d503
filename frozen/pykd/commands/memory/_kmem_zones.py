# SPDX-License-Identifier: GPL-2.0-or-later
"""``kmem -z -f -F``: zones, their counters and their free pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Dump, Error
from pykd.core.rows import Row
from pykd.kernel.mm import pages, vmstat

MAX_FREE = 1 << 22
"""Blocks in a list of free pages"""


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
                row |= {"size": zone.spanned_pages, "present": zone.present_pages, "watermarks": list(zone._watermark)[:3]}
                row |= {"start_pfn": start, "map_number": start - node.node_start_pfn if row["size"] else 0}
                row["counters"] = vmstat.zone_stats(dump, int(zone) + zone.fieldOffset("vm_stat"))
                if blocks and row["size"]:
                    row["areas"] = list(areas(dump, zone, listed=listed))
            except Error as error:
                row["error"] = str(error)
            yield row


def areas(dump: Dump, zone: Any, *, listed: bool = False) -> Iterator[Row]:
    """Lists of free blocks: one for each order and migrate type; with *listed* their ``struct page`` too, as ``free``."""
    link = dump.type("struct page").offset_of("lru")
    first = int(zone) + zone.fieldOffset("free_area")
    area = dump.type("struct free_area")
    lists = area.member("free_list")
    if lists is None or lists.type.length is None:
        return
    for order in range(len(zone.free_area)):
        for kind in range(lists.type.length):
            head = first + order * area.size + lists.offset + 16 * kind
            row: Row = {"order": order, "list": head, "size": dump.page_size << order}
            try:
                links, why = dump.follow(head, limit=MAX_FREE)
                row |= {"blocks": len(links) - 1, "pages": (len(links) - 1) << order}
                if listed:
                    row["free"] = [one - link for one in links[1:]]
                if why is not None:
                    row["error"] = str(why)
            except Error as error:
                row["error"] = str(error)
            yield row


def zones_text(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield f'NODE: {row["node"]}  ZONE: {row["zone"]}  ADDR: {row["address"]:x}  NAME: "{row["name"]}"'
        if "error" in row:
            yield f"  (error: {row['error']})"
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


def free_text(rows: Iterable[Row], dump: Dump, *, listed: bool = False) -> Iterator[str]:
    found = 0
    complete = True
    last = None
    rows = list(rows)
    several = len({row["node"] for row in rows}) > 1
    for row in rows:
        if several and row["node"] != last:
            yield "NODE"
            yield f"{row['node']:>3}"
            last = row["node"]
        yield ZONE_TITLE
        if "counters" not in row:
            complete = False
            yield f"{row['zone']:>3}   {row['name']:<8}  (error: {row['error']})"
            yield ""
            continue
        yield zone_line(row, dump)
        complete &= all("error" not in area for area in row.get("areas", ()))
        found += sum(area.get("pages", 0) for area in row.get("areas", ()))
        yield from _listed(row) if listed else _counted(row)
        yield ""
    total = vmstat.zone_stats(dump)["NR_FREE_PAGES"]
    yield f"nr_free_pages: {total}  " + ("(verified)" if found == total and complete else f"(found {found})")


ZONE_TITLE = "ZONE  NAME        SIZE    FREE      MEM_MAP       START_PADDR  START_MAPNR"
AREA_TITLE = "AREA    SIZE  FREE_AREA_STRUCT"


def zone_line(row: Row, dump: Dump) -> str:
    """Under :data:`ZONE_TITLE`."""
    start = row["start_pfn"] * dump.page_size if row["size"] else 0
    where = f"{pages.page_of(dump, start):016x}" if row["size"] else "       0        "
    free = row["counters"]["NR_FREE_PAGES"]
    return f"{row['zone']:>3}   {row['name']:<8}{row['size']:>8}{free:>8}  {where}  {_center(f'{start:x}')}  {_center(row['map_number'])}"


def area_line(area: Row) -> str:
    """Under :data:`AREA_TITLE`."""
    return f"{area['order']:>3}  {area['size'] // 1024:>6}k  {area['list']:016x}  "


def _problem(area: Row) -> str:
    return f"  (error: {area['error']})" if "error" in area else ""


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
