# SPDX-License-Identifier: GPL-2.0-or-later
"""``dmi``: what the firmware says of the machine, as dmidecode."""

from __future__ import annotations

from _pykd import Dump, Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import smbios
from pykd.kernel.firmware import identification
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    try:
        data = smbios.table(dump)
    except Error as error:
        yield from _kept(dump, error)
        return
    for one in smbios.structures(data):
        row: Row = {"handle": one.handle, "type": one.type, "name": smbios.TYPES.get(one.type, f"type {one.type}"), "size": len(one.data)}
        yield row | {"fields": smbios.fields(one), "texts": list(one.texts)}


def _kept(dump: Dump, why: Error) -> Iterator[Row]:
    """What the kernel took out of the table for itself."""
    row: Row = {"name": "kept by the kernel", "fields": {}, "texts": [], "error": fault(why, partial=True)}
    for found in caught(identification(dump)):
        if isinstance(found, Error):
            row["error"] = fault(found, partial=bool(row["fields"]))
        elif not isinstance(found[1], Error):
            row["fields"][found[0]] = found[1]
    if not row["fields"]:
        row["error"].pop("partial", None)
    yield row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    for row in rows:
        if "handle" in row:
            yield f"Handle 0x{row['handle']:04X}, DMI type {row['type']}, {row['size']} bytes"
            yield row["name"]
        else:
            yield f"{row['name']}; the table is not here {mark(row)}"
        yield from (f"\t{name}: {value}" for name, value in row["fields"].items())
        if "handle" in row:
            known = set(row["fields"].values())
            yield from (f"\t{value}" for value in row["texts"] if value.strip() not in known)
            yield ""


COMMAND = Command(
    name="dmi",
    summary="what the firmware says of the machine, as dmidecode",
    topic="kernel",
    description="The structures of the SMBIOS table with their texts. The table is in the firmware's memory, which dumps of makedumpfile are without: then\n"
    "what the kernel kept of it for itself is shown, by its own names.",
    fields={
        "handle": "", "type": "number", "name": "of the type", "size": "bytes of the formatted part", "fields": "by the names that dmidecode has; DMI_… what the kernel kept",
        "texts": "all texts of the structure",
    },
    examples=(("dmi", "all"),),
    rows=rows,
    text=text,
)  # fmt: skip
