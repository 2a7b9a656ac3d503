# SPDX-License-Identifier: GPL-2.0-or-later
"""``swap``: swap devices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from _pykd import Dump, Error
from pykd.core.rows import Row, fault, mark
from pykd.kernel.mm.swap import for_each_swap, swap_row
from pykd.session.command import Command, centered
from pykd.session.session import Session


def devices(dump: Dump) -> Iterator[Row]:
    """One row for each swap device in use."""
    for info in for_each_swap(dump):
        yield {"error": fault(info)} if isinstance(info, Error) else swap_row(dump, info)


def rows(session: Session, options: Any) -> Iterator[Row]:
    yield from devices(session.dump)


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield "SWAP_INFO_STRUCT    TYPE       SIZE       USED     PCT  PRI  FILENAME"
    for row in rows:
        line = f"{row['address']:016x}" if "address" in row else ""
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
