# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory: what it is used for, whether it is in pieces, who has most of it."""

from __future__ import annotations

from _pykd import Error
from pykd.kernel.mm import commit, vmstat
from pykd.kernel.task import members, memory, threads
from pykd.programs.crashinfo.notes import problem, warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _pykd import Dump
    from pykd.core.rows import Row
    from pykd.session.session import Session

MUCH = 25
"""Percent of all memory that one process has."""


def usage(session: Session, *, fast: bool) -> Iterator[Row]:
    """Rows of ``kmem -i``, and what is unusual in them.

    :param fast: without the pages that have more than one user, for which the whole memory map is read.
    """
    found = list(session.rows("kmem", "-i" if fast else "-i=shared"))
    yield from (row | {"kind": "memory"} for row in found)
    sizes = {row["name"]: row["pages"] for row in found if "pages" in row}
    shares = {row["name"]: row["percent"] for row in found if "percent" in row}
    # With plenty of free memory the rest does not matter.
    if shares.get("FREE", 100) > 10:
        return
    if (committed := shares.get("COMMITTED", 0)) > 100:
        yield warning(f"Commited {committed}%")
    huge = sizes.get("TOTAL HUGE", 0)
    if huge > sizes["TOTAL MEM"] / 2 and shares["HUGE FREE"] > 30:
        gigabytes = huge * session.dump.page_size / (1 << 30)
        yield warning(f"{gigabytes:2.1f} GB of huge memory reserved but {shares['HUGE FREE']}% of it is not used")
    if sizes.get("TOTAL SWAP", 0) > sizes["TOTAL MEM"] / 5 and shares["SWAP USED"] > 15:
        yield warning("Significant swapping")


def fragmentation(session: Session) -> Iterator[Row]:
    """The free blocks of the zone where most of the kernel's memory is, if there are none of 8 or 32 KB left."""
    zones = [row for row in session.rows("kmem", "-f") if "areas" in row]
    node = [row for row in zones if row["node"] == zones[0]["node"]]
    if not node:
        return
    zone = next((row for row in node if row["name"] == "Normal"), node[-1])
    blocks: dict[int, int] = {}
    for area in zone["areas"]:
        blocks[area["size"] // 1024] = blocks.get(area["size"] // 1024, 0) + area.get("blocks", 0)
    if any("error" in area for area in zone["areas"]):
        return  # what cannot be counted is not to be judged
    short = next((size for size in (8, 32) if blocks.get(size, 0) < 2 and not any(number for large, number in blocks.items() if large > size)), None)
    if short:
        yield {"kind": "free_blocks", "zone": zone["name"], "blocks": [{"size": size << 10, "blocks": number} for size, number in blocks.items()]}
        yield warning(f"fragmentation: {short}Kb")


def free_blocks_text(row: Row) -> Iterator[str]:
    yield f"ZONE {row['zone']}"
    yield from (f"  {one['size'] >> 10:>6d}k {one['blocks']:8d} blocks" for one in row["blocks"])


def writeback(dump: Dump, verbose: int) -> Iterator[Row]:
    """How much of memory is on its way to disks, against what may be."""
    pages = vmstat.node_stats(dump).get("NR_WRITEBACK", 0)
    total = commit.total_pages(dump)
    limit = dump.read_signed(dump.symbol("vm_dirty_ratio", "").address, 4)
    share = 100 * pages / total if total else 0.0
    if share > limit:
        yield warning(f" NR_WRITEBACK/TOTALRAM={share:5.2f}% > vm_dirty_ratio={limit}%")
    elif verbose:
        yield {"kind": "writeback", "percent": share, "limit": limit}


def slabs(session: Session) -> Iterator[Row]:
    """Slab caches that are damaged; what the dump lacks is no damage."""
    bad = [row for row in session.rows("kmem", "-s") if "error" in row and row["error"]["reason"] == "damaged"]
    if bad:
        yield problem("SLAB corruption")
        yield from ({"kind": "bad_slab", "text": row["error"]["message"]} for row in bad)


def processes(dump: Dump) -> Iterator[Row]:
    """How much memory all processes have, and which of them have very much."""
    total = commit.total_pages(dump) or 1
    leaders = list(threads.listed(dump).groups)
    mm_class = dump.struct_class("struct mm_struct")
    sum_of, seen, large, lost = 0, set(), [], []
    for pid, comm, mm in zip(*dump.read_plain(leaders, "struct task_struct", (members.path("pid", dump), "comm", "mm")), strict=True):
        if not isinstance(mm, Error) and not mm:
            continue
        try:
            if isinstance(mm, Error):
                raise mm
            pages = memory.resident_pages(mm_class(mm), pid, dump)
        except Error as error:
            lost.append(error)
            continue
        if mm not in seen:  # of a child of vfork it is the parent's
            sum_of += pages
        seen.add(mm)
        if pages * 100 > total * MUCH:
            large.append(warning(f"PID={pid} CMD={comm} uses {100 * pages / total:5.1f}% of total memory"))
    yield from large
    if lost:
        yield problem(f"The memory of {len(lost)} processes is not known: {lost[0]}")
    yield {"kind": "resident", "pages": sum_of, "percent": 100 * sum_of / total}


def resident_text(rows: Iterable[Row]) -> Iterator[str]:
    yield from (f"RSS_TOTAL={row['pages']} pages, %mem={row['percent']:7.1f}" for row in rows)
