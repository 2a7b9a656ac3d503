# SPDX-License-Identifier: GPL-2.0-or-later
"""``acpi``: the tables that the firmware gave the kernel."""

from __future__ import annotations

from _pykd import Error
from pykd.core.rows import Row, fault, mark
from pykd.core.walk import caught
from pykd.kernel import acpi
from pykd.session.command import Command
from pykd.session.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def rows(session: Session, options: Any) -> Iterator[Row]:
    dump = session.dump
    for table in caught(acpi.for_each_table(dump)):
        if isinstance(table, Error):
            yield {"error": fault(table)}
            continue
        row: Row = {"signature": table.signature, "physical": table.physical, "length": table.length}
        try:
            if found := acpi.header(dump, table):
                row |= found._asdict()
        except Error as error:
            row["error"] = fault(error, partial=True)
        yield row


def text(rows: Iterable[Row], options: Any, session: Session) -> Iterator[str]:
    yield "TABLE   PHYSICAL   LENGTH REV OEM    NAME     OEM REVISION COMPILER"
    for row in rows:
        if "signature" not in row:
            yield f"(not known) {mark(row)}"
            continue
        line = f"{row['signature']:<4} {row['physical']:>11x} {row['length']:>8}"
        if "oem" in row:
            line += f" {row['revision']:>3} {row['oem']:<6} {row['table']:<8} {row['oem_revision']:>12x} {row['compiler']}"
        yield f"{line} {mark(row)}".rstrip()


COMMAND = Command(
    name="acpi",
    summary="tables of ACPI",
    topic="kernel",
    description="As the kernel lists them. What a table says of itself is in the firmware's memory, which dumps of makedumpfile are without; a dump that the\n"
    "hypervisor wrote may have it.",
    fields={
        "signature": "", "physical": "address", "length": "bytes", "revision": "of the table", "oem": "", "table": "the OEM's name for it", "oem_revision": "",
        "compiler": "who made it",
    },
    examples=(("acpi", "all"),),
    may_be_empty=True,
    rows=rows,
    text=text,
)  # fmt: skip
