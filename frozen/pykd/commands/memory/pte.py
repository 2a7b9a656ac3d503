# SPDX-License-Identifier: GPL-2.0-or-later
"""``pte``: the bits of a page table entry."""

from __future__ import annotations

from _pykd import Error
from pykd.core.errors import CommandError, UsageError
from pykd.core.rows import Row
from pykd.kernel import machine
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    if not options.arguments:
        raise UsageError("a value is missing")
    of = machine.of(session.dump)
    for word in options.arguments:
        try:
            value = int(word, 16)
        except ValueError:
            raise CommandError(f'invalid input: "{word}"') from None
        row: Row = {"pte": value, "physical": of.target(session.dump, value), "flags": of.flag_names(value), "present": of.is_present(value)}
        if value and not row["present"]:
            row["swap_type"], row["swap_offset"] = of.swap_entry(value)
            row["swap_file"] = _file_of(session, row["swap_type"])
        yield row


def _file_of(session: Session, number: int) -> str | None:
    """The swap device of that number; None if there is none, or it cannot be read."""
    from pykd.kernel.mm.swap import swap_rows

    try:
        return next((row.get("file") for row in swap_rows(session.dump) if row.get("number") == number), None)
    except Error:
        return None


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
