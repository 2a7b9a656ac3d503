# SPDX-License-Identifier: GPL-2.0-or-later
"""``swap``: swap devices."""

from __future__ import annotations

from pykd.core.rows import Row, mark
from pykd.kernel.mm.swap import swap_rows
from pykd.session.command import Command, centered
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    return swap_rows(session.dump)


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
