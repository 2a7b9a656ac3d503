# SPDX-License-Identifier: GPL-2.0-or-later
"""``swap``: swap devices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Dump, Error
from pykd.core.rows import Row, fault, mark
from pykd.kernel.fs.paths import d_path
from pykd.session.command import Command, centered
from pykd.session.session import Session

SWP_USED = 1
MAX_SWAPFILES = 32


def devices(dump: Dump) -> Iterator[Row]:
    """One row for each swap device in use."""
    count = min(dump.read_unsigned(dump.symbol("nr_swapfiles").address, 4), MAX_SWAPFILES)
    start = dump.symbol("swap_info").address
    for number in range(count):
        address = dump.read_unsigned(start + 8 * number)
        if not address:
            continue
        row: Row = {"address": address, "number": number}
        try:
            info: Any = dump.object("struct swap_info_struct", address)
            if not info.flags & SWP_USED:
                continue
            kilobytes = dump.page_size // 1024
            # 64cf264c7c53 ("mm/swap: inuse_pages all atomic operation") (in v6.14): of SWAP_USAGE_OFFLIST_BIT only the rest counts
            used = info.inuse_pages
            used = used if isinstance(used, int) and type(used) is int else used.counter & (1 << 62) - 1
            row |= {"size": info.pages * kilobytes, "used": used * kilobytes, "priority": info.prio}
            row["type"] = "PARTITION" if info.bdev and info.swap_file.f_inode.i_mode >> 12 == 6 else "FILE"
            row["file"] = d_path(dump, info.swap_file.f_path)
        except Error as error:
            row["error"] = fault(error)
        yield row


def rows(session: Session, options: Any) -> Iterator[Row]:
    yield from devices(session.dump)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield "SWAP_INFO_STRUCT    TYPE       SIZE       USED     PCT  PRI  FILENAME"
    for row in rows:
        line = f"{row['address']:016x}"
        if "size" in row:
            percent = row["used"] * 100 // row["size"] if row["size"] else 0
            size, used = f"{row['size']}k", f"{row['used']}k"
            line += f"  {centered(row.get('type', '?'), 9)} {size:>8} {used:>8} {percent:>7}% {row['priority']:>4}  {row.get('file', '')}"
        yield line + (f" {mark(row)}" if "error" in row else "")


COMMAND = Command(
    name="swap",
    summary="swap devices",
    topic="memory",
    fields={
        "address": "struct swap_info_struct", "number": "type of its entries in page tables",
        "type": "PARTITION or FILE", "size": "kB", "used": "kB", "priority": "", "file": "path",
    },
    rows=rows,
    text=text,
)
