# SPDX-License-Identifier: GPL-2.0-or-later
"""``pte``: the bits of a page table entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pykd.command import Command, CommandError, Row, UsageError
from pykd.session import Session

FLAGS = (
    (0, "PRESENT"),
    (1, "RW"),
    (2, "USER"),
    (3, "PWT"),
    (4, "PCD"),
    (5, "ACCESSED"),
    (6, "DIRTY"),
    (7, "PSE"),
    (8, "GLOBAL"),
    (63, "NX"),
)
"""arch/x86/include/asm/pgtable_types.h"""

ADDRESS = 0x000F_FFFF_FFFF_F000


def flag_names(value: int) -> list[str]:
    return [name for bit, name in FLAGS if value >> bit & 1]


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("a value is missing")
    mask = session.dump.layout["sme_mask"]
    for word in options.arguments:
        try:
            value = int(word, 16)
        except ValueError:
            raise CommandError(f"invalid value: {word}") from None
        yield {"pte": value, "physical": value & ADDRESS & ~mask, "flags": flag_names(value), "present": bool(value & 0x101)}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        width = max(len(f"{row['pte']:x}"), 3)
        if not row["present"]:
            yield f"{'PTE':^{width}}  (not present)"
            yield f"{row['pte']:x}  " + ("no mapping" if not row["pte"] else f"swapped out or migrating; flags {row['pte'] & 0xFFF:#x}")
            continue
        physical = f"{row['physical']:x}"
        yield f"{'PTE':^{width}}  {'PHYSICAL':^{max(len(physical), 8)}}  FLAGS"
        yield f"{row['pte']:{width}x}  {physical:^{max(len(physical), 8)}}  ({'|'.join(row['flags'])})"


COMMAND = Command(
    name="pte",
    summary="the bits of a page table entry",
    topic="memory",
    arguments="VALUE…",
    fields={"pte": "as given", "physical": "address of the page", "flags": "names of the bits set", "present": "maps a page"},
    rows=rows,
    text=text,
)
