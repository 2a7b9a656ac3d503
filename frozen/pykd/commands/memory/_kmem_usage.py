# SPDX-License-Identifier: GPL-2.0-or-later
"""``kmem -i -h -V -o``: how much memory there is and what it is used for."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel.mm import commit, hugetlb, vmstat
from pykd.kernel.mm import usage as memory
from pykd.kernel.mm.swap import swap_rows
from pykd.kernel.sysinfo import size_text
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def usage(session: Session, *, shared: bool = False) -> Iterator[Row]:
    """Rows name, pages and their size in bytes, and of what (``of``) they are a part in percent.

    :param shared: count the pages that have more than one user too, which takes reading every ``struct page``.
    """
    for row in _usage(session, shared):
        yield row | {"size": row["pages"] * session.dump.page_size} if "pages" in row else row


def _usage(session: Session, shared: bool) -> Iterator[Row]:
    dump = session.dump
    zone, node = vmstat.zone_stats(dump), vmstat.node_stats(dump)
    total = commit.total_pages(dump)
    free = zone["NR_FREE_PAGES"]
    yield {"name": "TOTAL MEM", "pages": total}
    yield _part("FREE", free, "TOTAL MEM", total)
    yield _part("USED", total - free, "TOTAL MEM", total)
    if shared:
        yield _shared(dump, total)
    buffers: int | None = None
    try:
        buffers = memory.buffer_pages(dump)
        yield _part("BUFFERS", buffers, "TOTAL MEM", total)
    except Error as error:
        yield {"name": "BUFFERS", "error": fault(error)}
    swapped = node.get("NR_SWAPCACHE", 0)
    yield _part("CACHED", max(node["NR_FILE_PAGES"] - (buffers or 0) - swapped, 0), "TOTAL MEM", total)
    yield _part("SLAB", sum(memory.slab_pages(node)), "TOTAL MEM", total)
    huge_total, huge_free = hugetlb.huge_pages(dump)
    yield {"name": "TOTAL HUGE", "pages": huge_total, "group": True}
    yield _part("HUGE FREE", huge_free, "TOTAL HUGE", huge_total)
    kilobytes = dump.page_size // 1024
    swaps = list(swap_rows(dump))
    swap_total, swap_used = (sum(row.get(key, 0) for row in swaps) // kilobytes for key in ("size", "used"))
    yield {"name": "TOTAL SWAP", "pages": swap_total, "group": True}
    yield _part("SWAP USED", swap_used, "TOTAL SWAP", swap_total)
    yield _part("SWAP FREE", swap_total - swap_used, "TOTAL SWAP", swap_total)
    limit = commit.commit_limit(dump, swap_total)
    yield {"name": "COMMIT LIMIT", "pages": limit, "group": True}
    counted, exact = commit.committed(dump)
    # The text is crash's; /proc/meminfo has the exact number.
    yield _part("COMMITTED", counted, "TOTAL LIMIT", limit) | {"exact": exact}


def _part(name: str, number: int, of: str, total: int) -> Row:
    return {"name": name, "pages": number, "of": of, "percent": number * 100 // total if total else 0}


def _shared(dump: Dump, total: int) -> Row:
    count, missing = memory.shared_pages(dump)
    row = _part("SHARED", count, "TOTAL MEM", total)
    return row | {"error": fault(f"{missing} pages of the memory map cannot be read", partial=True)} if missing else row


def usage_text(rows: Iterable[Row]) -> Iterator[str]:
    yield "                 PAGES        TOTAL      PERCENTAGE"
    for row in rows:
        if row.get("group"):
            yield ""
        if "pages" not in row:
            yield f"{row['name']:>13}  {mark(row)}"
            continue
        size = size_text(row["size"]) if row["pages"] else "0"
        share = f"{row['percent']:>4}% of {row['of']}" if "of" in row else "        ----"
        problem = f"  {mark(row)}" if "error" in row else ""
        yield f"{row['name']:>13}{row['pages']:>9}{size:>13} {share}{problem}"


def huge_pages(dump: Dump) -> Iterator[Row]:
    for state in caught(hugetlb.for_each_hstate(dump)):
        row: Row = {}
        try:
            if isinstance(state, Error):
                raise state
            row |= {"hstate": int(state), "size": hugetlb.huge_page_size(dump, state)}
            row |= {"free": state.free_huge_pages, "total": state.nr_huge_pages, "name": str(state.name)}
        except Error as error:
            row["error"] = fault(error)
        yield row


def huge_text(rows: Iterable[Row]) -> Iterator[str]:
    yield "     HSTATE        SIZE    FREE   TOTAL  NAME"
    for row in rows:
        line = f"{row['hstate']:016x}  " if "hstate" in row else ""
        if "name" in row:
            line += f"{size_text(row['size']).replace(' ', ''):>5}  {row['free']:>6}  {row['total']:>6}  {row['name']}"
        yield line + mark(row)


def counters(dump: Dump) -> Iterator[Row]:
    sections: tuple[tuple[str, Callable[[Dump], dict[str, int]]], ...] = (
        ("VM_ZONE_STAT", vmstat.zone_stats),
        ("VM_NODE_STAT", vmstat.node_stats),
        ("VM_NUMA_STAT", vmstat.numa_stats),
        ("VM_EVENT_STATES", vmstat.events),
    )
    for section, read in sections:
        if section == "VM_NUMA_STAT" and not dump.address_of("vm_numa_stat", default=0):
            continue
        try:
            yield {"section": section, "counters": read(dump)}
        except Error as error:
            yield {"section": section, "error": fault(error), "counters": {}}


def counters_text(rows: Iterable[Row]) -> Iterator[str]:
    found: list[Row] = list(rows)
    events = "VM_EVENT_STATES"
    stat_width = max((len(name) for row in found if row["section"] != events for name in row["counters"]), default=0)
    for number, row in enumerate(found):
        if number:
            yield ""
        yield f"  {row['section']}:"
        if "error" in row:
            yield f"  {mark(row)}"
        width = max((len(name) for name in row["counters"]), default=0) if row["section"] == events else stat_width
        yield from (f"{name:>{width}}: {value}" for name, value in row["counters"].items())
