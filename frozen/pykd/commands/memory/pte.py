# SPDX-License-Identifier: GPL-2.0-or-later
"""``pte``: the bits of a page table entry."""

from __future__ import annotations

from _pykd import Error
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

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
    mask = session.dump.layout["encrypted"]
    for word in options.arguments:
        try:
            value = int(word, 16)
        except ValueError:
            raise CommandError(f'invalid input: "{word}"') from None
        row: Row = {"pte": value, "physical": value & ADDRESS & ~mask, "flags": flag_names(value), "present": bool(value & 0x101)}
        if value and not row["present"]:
            row |= swap_entry(value)
            row["swap_file"] = _file_of(session, row["swap_type"])
        yield row


def _file_of(session: Session, number: int) -> str | None:
    """The swap device of that number; None if there is none, or it cannot be read."""
    from pykd.kernel.mm.swap import swap_rows

    try:
        return next((row.get("file") for row in swap_rows(session.dump) if row.get("number") == number), None)
    except Error:
        return None


def swap_entry(value: int) -> Row:
    """The device and page that an entry of a page that is not present means: 5 bits of type above the inverted offset, pgtable_64.h."""
    return {"swap_type": value >> 59, "swap_offset": (~value & ((1 << 59) - 1)) >> 9}


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        entry, physical = f"{row['pte']:x}", f"{row['physical']:x}"
        width, wide = max(len(entry), 3), max(len(physical), 8)
        if row["pte"] and not row["present"]:
            place, offset = row["swap_file"] or str(row["swap_type"]), str(row["swap_offset"])
            wide = max(len(place), 8)
            yield f"{'PTE':^{width}}  {_center('SWAP', wide)}  {_center('OFFSET', len(offset))}".rstrip()
            yield f"{_center(entry, width)}  {_center(place, wide)}  {offset}"
            continue
        yield f"{'PTE':^{width}}  {_center('PHYSICAL', wide)}  FLAGS"
        flags = "|".join(row["flags"]) if row["pte"] else "no mapping"
        yield f"{_center(entry, width)}  {_center(physical, wide)}  ({flags})"


def _center(value: object, width: int) -> str:
    """As str.center(), with the odd blank on the left."""
    return (" " * ((width - len(str(value)) + 1) // 2) + str(value)).ljust(width)


COMMAND = Command(
    name="pte",
    summary="the bits of a page table entry",
    topic="memory",
    arguments="VALUE…",
    fields={
        "pte": "as given", "physical": "address of the page", "flags": "names of the bits set", "present": "maps a page",
        "swap_type": "number of the swap device", "swap_file": "its file, null if there is none of that number", "swap_offset": "page in it",
    },
    rows=rows,
    text=text,
)
