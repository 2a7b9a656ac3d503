# SPDX-License-Identifier: GPL-2.0-or-later
"""``memory``: who has the memory."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.errors import UsageError
from pykd.core.rows import Row, fault, mark
from pykd.kernel.mm import pagecache, usage
from pykd.kernel.task import processes
from pykd.session.command import Command, Option
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

LARGEST = 5
WIDTH = 40
"""Of a bar"""
TITLES = {
    "process": "Largest processes", "file": "Files with most pages in memory", "cache": "Largest slab caches", "vmalloc": "vmalloc by caller",
    "tables": "Largest page tables", "hugepages": "Hugepages",
}  # fmt: skip


def rows(session: Session, options: Any) -> Iterator[Row]:
    try:
        count = int(options.n) if options.n is not None else LARGEST
    except ValueError:
        raise UsageError(f"no number: {options.n}") from None
    dump = session.dump
    found = usage.usage(dump)
    size = dump.page_size
    yield {"kind": "total", "bytes": found.total * size}
    for name, pages in found.parts.items():
        yield {"kind": "part", "name": name, "bytes": pages * size, "share": pages / max(found.total, 1)}
    for kilobytes, pages, free in found.hugepages:
        yield {"kind": "hugepages", "page_bytes": kilobytes * 1024, "pages": pages, "free": free, "bytes": kilobytes * 1024 * pages}
    makers: dict[str, Callable[[Dump, int], Iterator[Row]]] = {"process": _processes, "file": _files, "cache": _caches, "vmalloc": _vmalloc, "tables": _tables}
    for kind, make in makers.items():
        try:
            yield from make(dump, max(count, 0))
        except Error as error:
            yield {"kind": kind, "error": fault(error)}


def _processes(dump: Dump, count: int) -> Iterator[Row]:
    for one in processes.largest(dump)[:count]:
        yield {"kind": "process", "bytes": one.resident, "swapped": one.swapped, "tables": one.tables, "pid": one.pid, "comm": one.comm, "task": one.task, "mm": one.mm}


def _tables(dump: Dump, count: int) -> Iterator[Row]:
    for one in sorted(processes.largest(dump), key=lambda one: -(one.tables or 0))[:count]:
        yield {"kind": "tables", "bytes": one.tables, "pid": one.pid, "comm": one.comm, "task": one.task, "mm": one.mm}


def _files(dump: Dump, count: int) -> Iterator[Row]:
    for pages, inode in pagecache.largest(dump, count):
        kind, device, path, error = pagecache.name_of(dump, inode)
        row: Row = {"kind": "file", "bytes": pages * dump.page_size, "inode": int(inode), "type": kind, "device": device, "path": path}
        yield row if error is None else row | {"error": fault(error, partial=True)}


def _caches(dump: Dump, count: int) -> Iterator[Row]:
    for taken, name in usage.largest_caches(dump)[:count]:
        yield {"kind": "cache", "bytes": taken, "name": name}


def _vmalloc(dump: Dump, count: int) -> Iterator[Row]:
    for taken, areas, caller in usage.vmalloc_callers(dump)[:count]:
        symbol = dump.symbol_at(caller)
        where = f"{symbol.name}+{caller - symbol.address:#x}" if symbol else f"{caller:#x}"
        yield {"kind": "vmalloc", "bytes": taken, "areas": areas, "caller": caller, "name": where, "module": symbol.module if symbol else ""}


# -- text


def size(number: int | None) -> str:
    """``1.5 GB``"""
    if number is None:
        return "?"
    for unit, name in ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB")):
        if abs(number) >= unit:
            return f"{number / unit:.1f} {name}"
    return f"{number / 1024:.0f} kB"


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    last = ""
    for row in rows:
        kind = row["kind"]
        if kind != last and kind in TITLES:
            yield ""
            yield TITLES[kind]
        last = kind
        if "error" in row and "bytes" not in row:
            yield mark(row)
        elif kind == "total":
            yield f"{'memory':<30} {size(row['bytes']):>10}"
        elif kind == "part":
            if row["bytes"]:
                yield f"{row['name']:<30} {size(row['bytes']):>10} {100 * row['share']:>6.1f} %  {'#' * round(WIDTH * row['share'])}".rstrip()
        else:
            yield f"{size(row['bytes']):>12}  {_line(row)} {mark(row)}".rstrip()


def _line(row: Row) -> str:
    kind = row["kind"]
    if kind == "process":
        more = f", {size(row['swapped'])} in swap" if row["swapped"] else ""
        return f"PID {row['pid']} ({row['comm']}){more}"
    if kind == "tables":
        return f"PID {row['pid']} ({row['comm']})"
    if kind == "file":
        path = row["path"] or f"inode {row['inode']:x}{'' if 'error' in row else ', which has no name'}"
        return " ".join(filter(None, (row["type"], row["device"] if row["device"] != row["type"] else "", path)))
    if kind == "vmalloc":
        return f"{row['name']}" + (f" [{row['module']}]" if row["module"] else "") + f", {row['areas']} areas"
    if kind == "hugepages":
        return f"{row['pages']} of {size(row['page_bytes'])}, {row['free']} free"
    return str(row["name"])


COMMAND = Command(
    name="memory",
    summary="who has the memory, in parts that add up to all of it",
    topic="memory",
    options=(Option("-n", "COUNT", help="so many of the largest processes, files, slab caches, callers of vmalloc(), page tables (5)"),),
    description="The parts are the kernel's own counters and add up to MemTotal of /proc/meminfo; what is left is not accounted for: pages that\n"
    "drivers, a balloon or a leak have. Counters lag behind by up to 125 pages each and CPU.\n"
    "Memory of a process is what is resident, so what two of them share is in both. Files include those of tmpfs and shared memory\n"
    "(shm, memfd, deleted ones), and block devices (the buffers of /proc/meminfo).",
    fields={
        "kind": "total, part, hugepages, process, file, cache, vmalloc, tables", "bytes": "", "share": "of the total, 0 to 1", "name": "of a part, cache, caller",
        "page_bytes": "of one huge page", "pages": "", "free": "of these", "pid": "", "comm": "", "task": "struct task_struct", "mm": "struct mm_struct",
        "swapped": "bytes; null: not known", "tables": "bytes of its page tables", "inode": "struct inode", "type": "filesystem",
        "device": "", "path": "from the root of its file system",
        "areas": "how many", "caller": "address behind the call", "module": "of the caller",
    },
    examples=(("memory", "the whole, and the five largest of each kind"), ("memory -n 20", "the twenty largest")),
    rows=rows,
    text=text,
)  # fmt: skip
