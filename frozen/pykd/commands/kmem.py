# SPDX-License-Identifier: GPL-2.0-or-later
"""``kmem``: kernel memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from _pykd import Dump, Error
from pykd import context, cpus, rbtree
from pykd.command import Command, CommandError, Option, Row, UsageError
from pykd.expression import address as to_address
from pykd.kernel import devices, pages, slabobjects, slabs, vmstat
from pykd.kernel.sysinfo import size_text
from pykd.session import Session

MAX_FREE = 1 << 22
"""Blocks in a list of free pages"""


def _problem(error: Error) -> Row:
    return {"error": str(error)}


def _counter(dump: Dump, name: str) -> int:
    return dump.read_signed(dump.symbol(name, "").address)


# -- -i: how much memory there is


def usage(session: Session) -> Iterator[Row]:
    """Rows name, pages, and of what (``of``) they are a part in percent."""
    dump = session.dump
    zone, node = vmstat.zone_stats(dump), vmstat.node_stats(dump)
    total = _counter(dump, "_totalram_pages")
    free = zone["NR_FREE_PAGES"]
    yield {"name": "TOTAL MEM", "pages": total}
    yield _part("FREE", free, "TOTAL MEM", total)
    yield _part("USED", total - free, "TOTAL MEM", total)
    buffers: int | None = None
    try:
        buffers = _buffers(dump)
        yield _part("BUFFERS", buffers, "TOTAL MEM", total)
    except Error as error:
        yield {"name": "BUFFERS", "error": str(error)}
    swapped = node.get("NR_SWAPCACHE", 0)
    yield _part("CACHED", max(node["NR_FILE_PAGES"] - (buffers or 0) - swapped, 0), "TOTAL MEM", total)
    # d42f3245c7e2 ("mm: memcg: convert vmstat slab counters to bytes") (in v5.9) renamed them, and in zone and node they are pages still
    slab = sum(node.get(name, 0) for name in ("NR_SLAB_RECLAIMABLE_B", "NR_SLAB_UNRECLAIMABLE_B"))
    slab += sum(node.get(name, 0) for name in ("NR_SLAB_RECLAIMABLE", "NR_SLAB_UNRECLAIMABLE"))
    yield _part("SLAB", slab, "TOTAL MEM", total)
    huge = [(row["total"] * row["size"] // dump.page_size, row["free"] * row["size"] // dump.page_size) for row in huge_pages(dump)]
    huge_total, huge_free = (sum(column) for column in zip(*huge, strict=True)) if huge else (0, 0)
    yield {"name": "TOTAL HUGE", "pages": huge_total, "group": True}
    yield _part("HUGE FREE", huge_free, "TOTAL HUGE", huge_total)
    from pykd.commands import swap

    kilobytes = dump.page_size // 1024
    swaps = list(swap.devices(dump))
    swap_total, swap_used = (sum(row.get(key, 0) for row in swaps) // kilobytes for key in ("size", "used"))
    yield {"name": "TOTAL SWAP", "pages": swap_total, "group": True}
    yield _part("SWAP USED", swap_used, "TOTAL SWAP", swap_total)
    yield _part("SWAP FREE", swap_total - swap_used, "TOTAL SWAP", swap_total)
    limit = dump.read_unsigned(dump.symbol("sysctl_overcommit_kbytes", "").address) // kilobytes
    if not limit:
        limit = (total - huge_total) * dump.read_unsigned(dump.symbol("sysctl_overcommit_ratio", "").address, 4) // 100
    limit += swap_total
    yield {"name": "COMMIT LIMIT", "pages": limit, "group": True}
    committed: Any = dump.object("struct percpu_counter", dump.symbol("vm_committed_as", "").address)
    yield _part("COMMITTED", max(int(committed.count), 0), "TOTAL LIMIT", limit)


def _part(name: str, number: int, of: str, total: int) -> Row:
    return {"name": name, "pages": number, "of": of, "percent": number * 100 // total if total else 0}


def _buffers(dump: Dump) -> int:
    """Pages in the page cache of block devices."""
    block: Any = dump.object("struct super_block", dump.read_unsigned(dump.symbol("blockdev_superblock", "").address))
    inode = dump.struct_class("struct inode")
    offset = inode.member_offset("i_sb_list") or 0
    links, why = dump.follow(int(block) + block.fieldOffset("s_inodes"), limit=1 << 20)
    if isinstance(why, Error):
        raise why
    counts = dump.read_columns([link - offset for link in links[1:]], "struct inode", ("i_data.nrpages",))
    return sum(count for (count,) in counts if not isinstance(count, Error))


def _usage_text(rows: Iterable[Row], dump: Dump) -> Iterator[str]:
    yield "                 PAGES        TOTAL      PERCENTAGE"
    for row in rows:
        if row.get("group"):
            yield ""
        if "pages" not in row:
            yield f"{row['name']:>13}  (error: {row['error']})"
            continue
        size = size_text(row["pages"] * dump.page_size) if row["pages"] else "0"
        share = f"{row['percent']:>4}% of {row['of']}" if "of" in row else "        ----"
        yield f"{row['name']:>13}{row['pages']:>9}{size:>13} {share}"


# -- -h


def huge_pages(dump: Dump) -> Iterator[Row]:
    if not dump.address_of("hstates"):
        return
    count = min(dump.read_unsigned(dump.symbol("hugetlb_max_hstate", "").address, 4), 16)
    for number in range(count):
        state: Any = dump.object("struct hstate", dump.symbol("hstates", "").address)[number]
        yield {
            "hstate": int(state), "size": dump.page_size << state.order, "free": state.free_huge_pages, "total": state.nr_huge_pages,
            "name": str(state.name),
        }  # fmt: skip


def _huge_text(rows: Iterable[Row]) -> Iterator[str]:
    yield "     HSTATE        SIZE    FREE   TOTAL  NAME"
    for row in rows:
        size = size_text(row["size"]).replace(" ", "")
        yield f"{row['hstate']:016x}  {size:>5}  {row['free']:>6}  {row['total']:>6}  {row['name']}"


# -- -s: slab caches


def slab_caches(session: Session, wanted: list[str]) -> Iterator[Row]:
    dump = session.dump
    counter = slabs.Counter(dump)
    found, why = slabs.caches(dump)
    missing = set(wanted)
    for cache in found:
        row: Row = {"cache": int(cache)}
        try:
            row["name"] = str(cache.name)
        except Error as error:
            row["error"] = str(error)
        names = {row.get("name"), f"{int(cache):x}"}
        if wanted and not names & set(wanted):
            continue
        missing -= names
        try:
            yield counter.count(cache)
        except Error as error:
            yield row | {"error": str(error)}
    if why is not None:
        yield _problem(why)
    if missing:
        raise CommandError(f"no slab cache {sorted(missing)[0]}")


def _slab_text(rows: Iterable[Row]) -> Iterator[str]:
    yield "CACHE             OBJSIZE  ALLOCATED     TOTAL  SLABS  SSIZE  NAME"
    for row in rows:
        line = f"{row['cache']:016x}" if "cache" in row else ""
        if "total" in row:
            line += f" {row['object_size']:>8}  {row['allocated']:>9}  {row['total']:>8}  {row['slabs']:>5}"
            line += f"  {row['slab_size'] // 1024:>4}k  {row['name']}"
        elif "name" in row:
            line += f"  {row['name']}"
        yield line + (f"  (error: {row['error']})" if "error" in row else "")


# -- -S: slabs and objects


def slab_contents(session: Session, wanted: list[str]) -> Iterator[Row]:
    """The rows of :func:`slab_caches` with ``cpus`` and ``nodes``: their slabs and the objects of these."""
    dump = session.dump
    for row in slab_caches(session, wanted):
        if "cache" not in row or "total" not in row:
            yield row
            continue
        try:
            objects = slabobjects.Objects(dump, dump.object("struct kmem_cache", row["cache"]))
            per_cpu: list[int] = []
            row["cpus"] = []
            for cpu, (local, current, partial) in objects.cpu_slabs.items():
                per_cpu += [slab for slab in [current, *partial] if slab]
                row["cpus"].append({
                    "cpu": cpu, "address": local, "slab": objects.describe(current) if current else None,
                    "partial": [objects.describe(slab) for slab in partial],
                })  # fmt: skip
            row["sheaves"] = objects.sheaves
            row["nodes"] = [
                _slab_node(objects, number, node, per_cpu) for number, node in enumerate(objects.counter.nodes(objects.cache))
            ]
            if objects.problems:
                row["error"] = str(objects.problems[0])
        except Error as error:
            row["error"] = str(error)
        yield row


def _slab_node(objects: slabobjects.Objects, number: int, node: Any, per_cpu: list[int]) -> Row:
    partial, full = objects.partial(node), objects.full(node)
    row: Row = {"node": number, "address": int(node), "slabs": node.nr_slabs.counter, "nr_partial": node.nr_partial}
    row["per_cpu"] = sum(slabobjects.node_of(objects.dump, slab) == number for slab in per_cpu)
    row["partial"] = [objects.describe(slab) for slab in partial]
    row["full"] = None if full is None else [objects.describe(slab) for slab in full]
    return row


SLAB_TITLE = "  SLAB              MEMORY            NODE  TOTAL  ALLOCATED  FREE"


def _contents_text(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield from _slab_text([row])
        for cpu in row.get("cpus", ()):
            yield f"CPU {cpu['cpu']} KMEM_CACHE_CPU:"
            yield f"  {cpu['address']:x}"
            yield f"CPU {cpu['cpu']} SLAB:"
            yield from _slab_blocks([cpu["slab"]] if cpu["slab"] else [])
            yield f"CPU {cpu['cpu']} PARTIAL:"
            yield from _slab_blocks(cpu["partial"])
        for holder, held in row.get("sheaves", {}).items():
            yield f"{holder.upper()}:"
            yield from (f"   {address:x}  ({holder})" for address in held)
        for node in row.get("nodes", ()):
            yield "KMEM_CACHE_NODE   NODE  SLABS  PARTIAL  PER-CPU"
            yield f"{node['address']:016x}  {node['node']:>4}  {node['slabs']:>5}  {node['nr_partial']:>7}  {node['per_cpu']:>7}"
            yield f"NODE {node['node']} PARTIAL:"
            yield from _slab_blocks(node["partial"])
            yield f"NODE {node['node']} FULL:"
            yield from ["  (not tracked)"] if node["full"] is None else _slab_blocks(node["full"])
        yield ""


def _slab_blocks(found: list[Row]) -> Iterator[str]:
    if not found:
        yield "  (empty)"
    for row in found:
        yield SLAB_TITLE
        line = f"  {row['slab']:016x}"
        if "memory" in row:
            line += f"  {row['memory']:016x}  {row['node']:>4}  {row['total']:>5}  {row['allocated']:>9}  {row['free']:>4}"
        yield line + (f"  (error: {row['error']})" if "error" in row else "")
        if row.get("objects"):
            yield "  FREE / [ALLOCATED]"
        for one in row.get("objects", ()):
            holder = f"  ({one['holder']})" if one["holder"] else ""
            yield f"   {one['address']:x}{holder}" if one["free"] else f"  [{one['address']:x}]"


# -- -V


def counters(dump: Dump) -> Iterator[Row]:
    sections: tuple[tuple[str, Callable[[Dump], dict[str, int]]], ...] = (
        ("VM_ZONE_STAT", vmstat.zone_stats),
        ("VM_NODE_STAT", vmstat.node_stats),
        ("VM_EVENT_STATES", vmstat.events),
    )
    for section, read in sections:
        try:
            yield {"section": section, "counters": read(dump)}
        except Error as error:
            yield {"section": section, "error": str(error), "counters": {}}


def _counters_text(rows: Iterable[Row]) -> Iterator[str]:
    found: list[Row] = list(rows)
    stat_width = max((len(name) for row in found[:2] for name in row["counters"]), default=0)
    for number, row in enumerate(found):
        if number:
            yield ""
        yield f"  {row['section']}:"
        if "error" in row:
            yield f"  (error: {row['error']})"
        width = stat_width if number < 2 else max((len(name) for name in row["counters"]), default=0)
        yield from (f"{name:>{width}}: {value}" for name, value in row["counters"].items())


# -- -z, -f: zones


def zones(dump: Dump, *, blocks: bool = False) -> Iterator[Row]:
    for nid, node in vmstat.nodes(dump):
        for number, zone in enumerate(vmstat.zones(node)):
            row: Row = {"node": nid, "zone": number, "address": int(zone), "name": vmstat.zone_name(zone)}
            try:
                start = zone.zone_start_pfn
                row |= {"size": zone.spanned_pages, "present": zone.present_pages, "watermarks": list(zone._watermark)[:3]}
                row |= {"start_pfn": start, "map_number": start - node.node_start_pfn if row["size"] else 0}
                row["counters"] = vmstat.zone_stats(dump, int(zone) + zone.fieldOffset("vm_stat"))
                if blocks and row["size"]:
                    row["areas"] = list(_areas(dump, zone))
            except Error as error:
                row["error"] = str(error)
            yield row


def _areas(dump: Dump, zone: Any) -> Iterator[Row]:
    """Lists of free blocks: one for each order and migrate type."""
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
                if why is not None:
                    row["error"] = str(why)
            except Error as error:
                row["error"] = str(error)
            yield row


def _zones_text(rows: Iterable[Row]) -> Iterator[str]:
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


def _free_text(rows: Iterable[Row], dump: Dump) -> Iterator[str]:
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
        yield "ZONE  NAME        SIZE    FREE      MEM_MAP       START_PADDR  START_MAPNR"
        if "counters" not in row:
            complete = False
            yield f"{row['zone']:>3}   {row['name']:<8}  (error: {row['error']})"
            yield ""
            continue
        start = row["start_pfn"] * dump.page_size if row["size"] else 0
        where = f"{pages.page_of(dump, start):016x}" if row["size"] else "       0        "
        free = row["counters"]["NR_FREE_PAGES"]
        yield (
            f"{row['zone']:>3}   {row['name']:<8}{row['size']:>8}{free:>8}  {where}  {_center(f'{start:x}')}  {_center(row['map_number'])}"
        )
        if "areas" in row:
            yield "AREA    SIZE  FREE_AREA_STRUCT  BLOCKS  PAGES"
        for area in row.get("areas", ()):
            line = f"{area['order']:>3}  {area['size'] // 1024:>6}k  {area['list']:016x}"
            if "blocks" in area:
                line += f"  {area['blocks']:>6}  {area['pages']:>5}"
                found += area["pages"]
            if "error" in area:
                complete = False
                line += f"  (error: {area['error']})"
            yield line
        yield ""
    total = vmstat.zone_stats(dump)["NR_FREE_PAGES"]
    yield f"nr_free_pages: {total}  " + ("(verified)" if found == total and complete else f"(found {found})")


def _center(value: object, width: int = 11) -> str:
    """As str.center(), with the odd blank on the left."""
    return (" " * ((width - len(str(value)) + 1) // 2) + str(value)).ljust(width)


# -- -n


def nodes(dump: Dump) -> Iterator[Row]:
    for nid, node in vmstat.nodes(dump):
        try:
            row: Row = {"node": nid, "address": int(node), "size": node.node_spanned_pages, "start_pfn": node.node_start_pfn}
            row["zones"] = [
                {"zone": number, "address": int(zone), "name": vmstat.zone_name(zone), "size": zone.spanned_pages, "start_pfn": zone.zone_start_pfn}
                for number, zone in enumerate(vmstat.zones(node))
            ]
            yield row
        except Error as error:
            yield {"node": nid, "address": int(node), "error": str(error)}
    try:
        yield from _sections(dump)
        yield from _memory_blocks(dump)
    except Error as error:
        yield _problem(error)


SECTION_BITS = 27
"""Of a physical address on x86-64: memory is mapped in pieces of 128 MB."""
SECTION_FLAGS = "PMOE"
"""present, with a memory map, online, early"""


def _sections(dump: Dump) -> Iterator[Row]:
    table = dump.read_unsigned(dump.symbol("mem_section", "").address)
    size = dump.type("struct mem_section").size
    per_root = dump.page_size // size
    per_section = (1 << SECTION_BITS) // dump.page_size
    for number in range(dump.max_pfn // per_section + 1):
        root = dump.read_unsigned(table + 8 * (number // per_root))
        if not root:
            continue
        address = root + number % per_root * size
        coded = dump.read_unsigned(address)
        if not coded & 1:
            continue
        state = "".join(letter for bit, letter in enumerate(SECTION_FLAGS) if coded >> bit & 1)
        start = number * per_section
        # the low bits are flags; the map is coded as if it began at PFN 0
        coded_map = coded & ~0x3F
        yield {
            "section": number, "address": address, "coded": coded_map, "map": coded_map + start * dump.type("struct page").size, "state": state,
            "pfn": start,
        }  # fmt: skip


MEMORY_STATES = {1: "ONLINE", 2: "GOING_OFFLINE", 4: "OFFLINE", 8: "GOING_ONLINE", 16: "CANCEL_ONLINE", 32: "CANCEL_OFFLINE"}


def _memory_blocks(dump: Dump) -> Iterator[Row]:
    """Devices of the memory subsystem, in the order of its list."""
    kind: Any = dump.struct_class("struct memory_block")
    private = devices.private_of(dump, dump.symbol("memory_subsys", "").address, "bus_type")
    if private is None:
        return
    size = 1 << SECTION_BITS
    if dump.address_of("memory_block_size_probed"):
        size = max(size, dump.read_unsigned(dump.symbol("memory_block_size_probed", "").address))
    for device in devices.devices(dump, private, "bus_type"):
        if isinstance(device, Error):
            yield _problem(device)
            continue
        try:
            block = kind(device - kind.member_offset("dev"))
            state, first = int(block.state), block.start_section_nr
            yield {
                "block": int(block), "name": str(block.dev.kobj.name), "start": first << SECTION_BITS, "end": (first << SECTION_BITS) + size - 1,
                "nid": block.nid, "state": MEMORY_STATES.get(state, str(state)), "section_number": first,
            }  # fmt: skip
        except Error as error:
            yield {"error": str(error)}


def _nodes_text(rows: Iterable[Row], dump: Dump) -> Iterator[str]:
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
            start = row["start_pfn"] * dump.page_size
            yield "    MEM_MAP          START_PADDR    START_MAPNR"
            yield f"{pages.page_of(dump, start):016x}    {_center(f'{start:x}', 12)}    {_center(row['start_pfn'])}"
            yield ""
            yield "ZONE  NAME         SIZE       MEM_MAP      START_PADDR  START_MAPNR"
            for zone in row["zones"]:
                start = zone["start_pfn"] * dump.page_size if zone["size"] else 0
                where = f"{pages.page_of(dump, start):016x}" if zone["size"] else "0"
                number = zone["start_pfn"] if zone["size"] else 0
                yield f"{zone['zone']:>3}   {zone['name']:<8}{zone['size']:>9}  {where:>16}  {start:>11x}  {number:>11}"
            yield ""
        else:
            yield f"(error: {row['error']})"


def _section_line(row: Row) -> str:
    return f"{row['section']:>2}  {row['address']:016x}  {row['coded']:016x}  {row['map']:016x}  {row['state']:<4}  {row['pfn']:<16}"


def _block_line(row: Row) -> str:
    return (
        f" {row['block']:016x}   {row['name']:<9} {row['start']:>9x} - {row['end']:>8x}  {row['nid']:<3}  {row['state']:<6}  {row['section_number']:<12}"
    )


# -- -g


def page_flags(dump: Dump, words: list[str]) -> Iterator[Row]:
    """Names of the flags of a page; of a value those that are set in it."""
    try:
        values = [int(word, 16) for word in words]
    except ValueError as error:
        raise CommandError(f"flags are hexadecimal numbers: {error}") from None
    for value in values or [-1]:
        yield from ({"flag": name, "bit": bit} for name, bit in pages.flags(dump) if value >> bit & 1)


# -- -v


def vmalloc(dump: Dump) -> Iterator[Row]:
    """Areas of vmalloc() by address. 72210662c5a2 ("mm: vmalloc: offload free_vmap_area_lock lock") and d093602919ad (in v6.9): several trees."""
    area: Any = dump.struct_class("struct vmap_area")
    problems: list[Error] = []
    roots = [dump.address_of("vmap_area_root")]
    if dump.address_of("vmap_nodes"):
        node = dump.type("struct vmap_node")
        member = node.member("busy.root")
        count = dump.read_unsigned(dump.symbol("nr_vmap_nodes", "").address, 4)
        first = dump.read_unsigned(dump.symbol("vmap_nodes", "").address)
        roots = [first + node.size * number + (member.offset if member else 0) for number in range(min(count, 4096))]
    found = []
    for root in filter(None, roots):
        try:
            found += [node - area.member_offset("rb_node") for node, _ in rbtree.nodes(dump, root, problems.append)]
        except Error as error:
            problems.append(error)
    rows = []
    for address in found:
        try:
            one = area(address)
            if one.vm:
                rows.append({"area": address, "vm": int(one.vm), "start": one.va_start, "end": one.va_end})
        except Error as error:
            problems.append(error)
    yield from sorted(rows, key=lambda row: row["start"])
    if problems:
        yield {"error": f"{len(problems)} areas or subtrees cannot be read: {problems[0]}"}


def _vmalloc_line(row: Row) -> str:
    if "area" not in row:
        return f"(error: {row['error']})"
    return f"{row['area']:016x}  {row['vm']:016x}  {row['start']:016x} - {row['end']:016x}  {row['end'] - row['start']:>7}"


VMALLOC_TITLE = "   VMAP_AREA         VM_STRUCT                 ADDRESS RANGE                SIZE"


# -- ADDR


def about(session: Session, word: str) -> Iterator[Row]:
    """Whatever is known of an address: a symbol, a slab cache, vmalloc memory, a task, its page."""
    dump = session.dump
    address = to_address(dump, word)
    if symbol := dump.symbol_at(address):
        yield {"kind": "symbol", "address": address, "name": symbol.name, "offset": address - symbol.address, "type": symbol.type}
    from pykd.slabname import SlabNames

    if name := SlabNames(dump).cache_of(address):
        yield {"kind": "slab", "caches": list(slab_caches(session, [name])), "slabs": [_slab_around(dump, address)]}
    for row in vmalloc(dump):
        if row.get("start", address + 1) <= address < row.get("end", 0):
            yield row | {"kind": "vmalloc"}
    thread = max((one for one in context.table(session) if one.address <= address), key=lambda one: one.address, default=None)
    if thread is not None and address < thread.address + dump.type("struct task_struct").size:
        yield context.identity(thread) | {"kind": "task"}
    physical = pages.physical_of(dump, address)
    if physical is None:
        try:
            physical = dump.translate(address) if address >> 47 else address
        except Error as error:
            yield {"kind": "page", "error": str(error)}
            return
    if physical // dump.page_size < dump.max_pfn:
        yield pages.row(dump, pages.page_of(dump, physical)) | {"kind": "page"}


def _slab_around(dump: Dump, address: int) -> Row:
    """The slab of an address, with only the object that is there."""
    slab = 0
    try:
        slab = slabobjects.slab_of(dump, address)
        objects = slabobjects.Objects(dump, slabobjects.cache_of(dump, slab))
        row = objects.describe(slab)
        size = objects.cache.size
        row["objects"] = [one for one in row.get("objects", ()) if one["address"] <= address < one["address"] + size]
        return row
    except Error as error:
        return {"slab": slab, "error": str(error)}


def _about_text(rows: Iterable[Row]) -> Iterator[str]:
    first = True
    for row in rows:
        if not first:
            yield ""
        first = False
        if row["kind"] == "symbol":
            offset = f"+{row['offset']}" if row["offset"] else ""
            yield f"{row['address']:x} ({row['type']}) {row['name']}{offset}"
        elif row["kind"] == "slab":
            yield from _slab_text(row["caches"])
            yield from _slab_blocks(row["slabs"])
        elif row["kind"] == "vmalloc":
            yield VMALLOC_TITLE
            yield _vmalloc_line(row)
        elif row["kind"] == "task":
            yield context.header(row)
        elif "page" in row:
            yield pages.TITLE
            yield pages.text(row)
        else:
            yield f"(error: {row['error']})"


def _pages(session: Session, words: list[str]) -> Iterator[Row]:
    dump = session.dump
    if not words:
        yield from (pages.row(dump, pages.page_of(dump, pfn * dump.page_size)) for pfn in range(dump.max_pfn))
        return
    for word in words:
        address = to_address(dump, word)
        physical = pages.physical_of(dump, address)
        if physical is None:
            physical = dump.translate(address) if address >> 47 else address
        if physical // dump.page_size >= dump.max_pfn:
            raise CommandError(f"there is no page at physical address {physical:x}")
        yield pages.row(dump, pages.page_of(dump, physical))


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    if options.i:
        return usage(session)
    if options.s:
        return slab_caches(session, options.arguments)
    if options.S:
        return slab_contents(session, options.arguments)
    if options.V:
        return counters(dump)
    if options.z or options.f:
        return zones(dump, blocks=bool(options.f))
    if options.n:
        return nodes(dump)
    if options.o:
        return ({"cpu": cpu, "offset": cpus.offsets(dump)[cpu]} for cpu in cpus.possible(dump))
    if options.h:
        return huge_pages(dump)
    if options.v:
        return vmalloc(dump)
    if options.g:
        return page_flags(dump, options.arguments)
    if options.p:
        return _pages(session, options.arguments)
    if not options.arguments:
        raise UsageError("an option or an address is missing")
    return (row for word in options.arguments for row in about(session, word))


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    dump = session.dump
    if options.i:
        yield from _usage_text(rows, dump)
    elif options.s:
        yield from _slab_text(rows)
    elif options.S:
        yield from _contents_text(rows)
    elif options.V:
        yield from _counters_text(rows)
    elif options.z:
        yield from _zones_text(rows)
    elif options.f:
        yield from _free_text(rows, dump)
    elif options.n:
        yield from _nodes_text(rows, dump)
    elif options.o:
        yield "PER-CPU OFFSET VALUES:"
        yield from (f"  CPU {row['cpu']}: {row['offset']:x}" for row in rows)
    elif options.h:
        yield from _huge_text(rows)
    elif options.v:
        yield VMALLOC_TITLE
        yield from map(_vmalloc_line, rows)
    elif options.g:
        yield "PAGE-FLAG              BIT  VALUE"
        yield from (f"{row['flag']:<22}{row['bit']:>4}  {1 << row['bit']:07x}" for row in rows)
    elif options.p:
        yield pages.TITLE
        yield from map(pages.text, rows)
    else:
        yield from _about_text(rows)


COMMAND = Command(
    name="kmem",
    summary="kernel memory",
    topic="memory",
    options=(
        Option("-i", help="how much memory there is and what it is used for"),
        Option("-s", help="slab caches: all, or those named"),
        Option("-S", help="slab caches with their slabs and objects: all, or those named"),
        Option("-V", help="counters of the page allocator"),
        Option("-z", help="zones and their counters"),
        Option("-f", help="lists of free pages, checked against the counters"),
        Option("-n", help="nodes, sections, memory blocks"),
        Option("-o", help="per-CPU offsets"),
        Option("-h", help="huge pages"),
        Option("-v", help="memory of vmalloc()"),
        Option("-g", help="names of the flags of a page: all, or of those in the numbers given"),
        Option("-p", help="struct page: all, or of the addresses given"),
    ),
    arguments="[CACHE|ADDRESS|FLAGS]…",
    description="With an address alone: the symbol, slab cache, vmalloc area, task and page that it is in.",
    fields={
        "cache": "struct kmem_cache", "object_size": "bytes", "allocated": "objects", "total": "objects", "slab_size": "bytes",
        "pages": "of 4 kB", "percent": "", "counters": "by name", "area": "struct vmap_area", "page": "struct page", "hstate": "struct hstate",
        "flag": "name", "bit": "",
        "cpus": "slabs of each CPU, with -S", "nodes": "slabs of each node, with -S", "sheaves": "free objects by who holds them, with -S",
    },
    rows=rows,
    text=text,
)
