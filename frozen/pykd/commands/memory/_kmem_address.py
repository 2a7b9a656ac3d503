# SPDX-License-Identifier: GPL-2.0-or-later
"""``kmem ADDRESS`` and ``kmem -v``: what is known of an address; memory of vmalloc()."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.commands.memory import _kmem_zones
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.mm import pages
from pykd.kernel.mm.vmalloc import for_each_vmap_area
from pykd.kernel.task.table import Thread
from pykd.session import context
from pykd.session.session import Session
from pykd.values.address import address as to_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def vmalloc(dump: Dump) -> Iterator[Row]:
    """Areas of vmalloc() by address."""
    problems: list[Error] = []
    rows = []
    for area in caught(for_each_vmap_area(dump)):
        try:
            if isinstance(area, Error):
                problems.append(area)
            elif area.vm:
                rows.append({"area": int(area), "vm": int(area.vm), "start": area.va_start, "end": area.va_end})
        except Error as error:
            problems.append(error)
    yield from sorted(rows, key=lambda row: row["start"])
    if problems:
        yield {"error": fault(problems[0], f"{len(problems)} areas or subtrees cannot be read: {problems[0]}")}


def _vmalloc_line(row: Row) -> str:
    if "area" not in row:
        return mark(row)
    return f"{row['area']:016x}  {row['vm']:016x}  {row['start']:016x} - {row['end']:016x}  {row['end'] - row['start']:>7}"


VMALLOC_TITLE = "   VMAP_AREA         VM_STRUCT                 ADDRESS RANGE                SIZE"


def vmalloc_at(dump: Dump, words: list[str]) -> Iterator[Row]:
    """The areas that have one of the addresses; all, if there is none."""
    addresses = [to_address(dump, word) for word in words]
    for row in vmalloc(dump):
        if not words or any(row.get("start", 1) <= address < row.get("end", 0) for address in addresses):
            yield row


def vmalloc_text(rows: Iterable[Row]) -> Iterator[str]:
    yield VMALLOC_TITLE
    yield from map(_vmalloc_line, rows)


def rows(session: Session, word: str, *, physical: bool = False) -> Iterator[Row]:
    """Whatever is known of an address: a symbol, a slab cache, a task or its stack, vmalloc memory, a block of free pages, its page.

    :param physical: *word* is a physical address, whatever it looks like.
    """
    dump = session.dump
    try:
        address = to_address(dump, word)
    except CommandError:
        from pykd.commands.memory import _kmem_slabs

        yield from ({"kind": "slab", "cache": row} for row in _kmem_slabs.rows(session, [word]))
        return
    virtual = not physical and bool(address >> 47)
    if virtual:
        yield from _virtual(session, address)
    page = None if physical else pages.physical_of(dump, address)
    try:
        where = page if page is not None else dump.translate(address) if virtual else address
    except Error as error:
        yield {"kind": "page", "error": fault(error, f"{address:x}: kernel virtual address not found in mem map ({error})")}
        return
    if where // dump.page_size >= dump.max_pfn:
        yield {"kind": "page", "error": fault(f"{address:x}: physical address not found in mem map")}
        return
    found = pages.row(dump, pages.page_of(dump, where))
    try:
        block = _kmem_zones.block_of(dump, found["page"])
    except Error as error:
        yield {"kind": "free", "error": fault(error)}
        block = None
    if block is not None:
        zone, area, first = block
        area.pop("free", None)
        number = (found["page"] - first) // dump.type("struct page").size + 1
        yield {"kind": "free", "zone": zone, "area": area, "first": first, "page": found["page"], "number": number, "address": address}
    yield found | {"kind": "page"}


def _virtual(session: Session, address: int) -> Iterator[Row]:
    dump = session.dump
    if symbol := dump.symbol_at(address):
        yield {
            "kind": "symbol", "address": address, "name": symbol.name, "offset": address - symbol.address, "type": symbol.type, "module": symbol.module,
        }  # fmt: skip
    from pykd.kernel.mm.slabname import SlabNames

    if SlabNames(dump).cache_of(address):
        from pykd.commands.memory import _kmem_slabs

        yield from ({"kind": "slab", "cache": row} for row in _kmem_slabs.rows(session, [f"{address:x}"]))
    thread = _thread(session, address)
    if thread is not None:

        yield context.context_row(session, thread) | {"kind": "task"}
    yield from (row | {"kind": "vmalloc"} for row in vmalloc(dump) if row.get("start", address + 1) <= address < row.get("end", 0))


def _thread(session: Session, address: int) -> Thread | None:
    """The thread whose task_struct or stack *address* is in."""
    dump = session.dump
    threads = context.table(session)
    size = dump.type("struct task_struct").size
    stack = dump.type("union thread_union").size if dump.find_type("union", "thread_union") else 4 * dump.page_size
    stacks = dump.read_columns([thread.address for thread in threads], "struct task_struct", ("stack",))
    for thread, (start,) in zip(threads, stacks, strict=True):
        if thread.address <= address < thread.address + size or (not isinstance(start, Error) and start and start <= address < start + stack):
            return thread
    return None


def text(rows: Iterable[Row]) -> Iterator[str]:
    first = True
    for row in rows:
        if not first:
            yield ""
        first = False
        if "error" in row and row["kind"] in ("free", "page") and "page" not in row:
            yield f"kmem: {row['error']['message']}"
        elif row["kind"] == "symbol":
            offset = f"+{row['offset']}" if row["offset"] else ""
            module = f" [{row['module']}]" if row["module"] else ""
            yield f"{row['address']:x} ({row['type']}) {row['name']}{offset}{module}"
        elif row["kind"] == "slab":
            from pykd.commands.memory import _kmem_slabs

            yield from _kmem_slabs.caches_text([row["cache"]])
        elif row["kind"] == "vmalloc":
            yield from vmalloc_text([row])
        elif row["kind"] == "task":

            yield from context.context_text(row)
        elif row["kind"] == "free":
            yield from _free_text(row)
        else:
            yield pages.TITLE
            yield pages.text(row)


def _free_text(row: Row) -> Iterator[str]:
    yield _kmem_zones.ZONE_TITLE
    yield _kmem_zones.zone_line(row["zone"])
    yield _kmem_zones.AREA_TITLE
    yield _kmem_zones.area_line(row["area"])
    line = f"{row['first']:016x}  "
    count = 1 << row["area"]["order"]
    if count > 1:
        line += f"({row['address']:x} is {_ordinal(row['number'])} of {count} pages) "
    yield line


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{dict(enumerate(('th', 'st', 'nd', 'rd'))).get(number % 10, 'th')}"
