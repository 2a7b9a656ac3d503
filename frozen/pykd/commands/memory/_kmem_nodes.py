# SPDX-License-Identifier: GPL-2.0-or-later
"""``kmem -n``: nodes, sections, memory blocks."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.commands.memory import _kmem_zones
from pykd.core.rows import Row, fault, mark
from pykd.kernel.mm import memoryblocks, sections, vmstat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def rows(dump: Dump) -> Iterator[Row]:
    for nid, node in vmstat.nodes(dump):
        try:
            row: Row = {"node": nid, "address": int(node), "size": node.node_spanned_pages, "start_pfn": node.node_start_pfn}
            row |= _kmem_zones.place(dump, row["start_pfn"], row["size"])
            row["zones"] = [
                {"zone": number, "address": int(zone), "name": vmstat.zone_name(zone), "size": zone.spanned_pages, "start_pfn": zone.zone_start_pfn}
                | _kmem_zones.place(dump, zone.zone_start_pfn, zone.spanned_pages)
                for number, zone in enumerate(vmstat.zones(node))
            ]
            yield row
        except Error as error:
            yield {"node": nid, "address": int(node), "error": fault(error)}
    try:
        yield from sections.sections(dump)
        yield from _memory_blocks(dump)
    except Error as error:
        yield {"error": fault(error)}


def _memory_blocks(dump: Dump) -> Iterator[Row]:
    bits, size, states = sections.bits(dump), memoryblocks.block_size(dump), memoryblocks.state_names(dump)
    for block in memoryblocks.for_each_memory_block(dump):
        try:
            if isinstance(block, Error):
                raise block
            state, first = int(block.state), block.start_section_nr
            yield {
                "block": int(block), "name": str(block.dev.kobj.name), "start": first << bits, "end": (first << bits) + size - 1,
                "nid": block.nid, "state": states.get(state, str(state)), "section_number": first,
            }  # fmt: skip
        except Error as error:
            yield {"error": fault(error)}


def text(rows: Iterable[Row]) -> Iterator[str]:
    title = None
    for row in rows:
        if "block" in row or "section" in row:
            kind = "block" if "block" in row else "section"
            if kind != title:
                if title != "section":
                    yield "-" * 67
                yield ""
                title = kind
                yield (
                    "   MEM_BLOCK        NAME        PHYSICAL RANGE     NODE  STATE   START_SECTION_NO"
                    if kind == "block"
                    else "NR      SECTION        CODED_MEM_MAP        MEM_MAP       STATE PFN"
                )
            yield _block_line(row) if kind == "block" else _section_line(row)
        elif "zones" in row:
            yield "NODE    SIZE      PGLIST_DATA       BOOTMEM_DATA       NODE_ZONES   "
            for number, zone in enumerate(row["zones"]):
                head = f"{row['node']:>3} {row['size']:>9}   {row['address']:016x}        ----        " if not number else " " * 52
                yield f"{head}{zone['address']:016x}"
            yield "    MEM_MAP          START_PADDR    START_MAPNR"
            yield f"{row['map']:016x}    {_center(f'{row["start"]:x}', 12)}    {_center(row['start_pfn'])}"
            yield ""
            yield "ZONE  NAME         SIZE       MEM_MAP      START_PADDR  START_MAPNR"
            for zone in row["zones"]:
                where = f"{zone['map']:016x}" if zone["size"] else "0"
                number = zone["start_pfn"] if zone["size"] else 0
                yield f"{zone['zone']:>3}   {zone['name']:<8}{zone['size']:>9}  {where:>16}  {zone['start']:>11x}  {number:>11}"
            yield ""
        else:
            yield mark(row)


def _center(value: object, width: int = 11) -> str:
    """As str.center(), with the odd blank on the left."""
    return (" " * ((width - len(str(value)) + 1) // 2) + str(value)).ljust(width)


def _section_line(row: Row) -> str:
    if "error" in row:
        return f"{row['section']:>2}  {row['address']:016x}  {mark(row)}"
    return f"{row['section']:>2}  {row['address']:016x}  {row['coded']:016x}  {row['map']:016x}  {row['state']:<4}  {row['pfn']:<16}"


def _block_line(row: Row) -> str:
    return (
        f" {row['block']:016x}   {row['name']:<9} {row['start']:>9x} - {row['end']:>8x}  {row['nid']:<3}  {row['state']:<6}  {row['section_number']:<12}"
    )
