# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of ACPI that the firmware gave the kernel. The kernel's list of them is in every dump; the tables themselves are in memory that is not the
kernel's, which most dumps are without."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_TABLES = 4096
HEADER = 36
"""sizeof(struct acpi_table_header)"""


class Table(NamedTuple):
    """One of the list."""

    signature: str
    physical: int
    length: int


class Header(NamedTuple):
    """What a table says of itself."""

    revision: int
    oem: str
    table: str
    """The OEM's name for it"""
    oem_revision: int
    compiler: str


def for_each_table(dump: Dump) -> Iterator[Table | Error]:
    """Each table of ``acpi_gbl_root_table_list``, and the errors of those that cannot be read.

    :raises NotFoundError: the kernel knows no ACPI. :raises FaultError: the list cannot be read.
    """
    tables: Any = dump.object("struct acpi_table_list", dump.symbol("acpi_gbl_root_table_list", "").address)
    for number in range(min(int(tables.current_table_count), MAX_TABLES)):
        try:
            one = tables.tables[number]
            signature = dump.read(int(one.signature), 4).decode("ascii", "backslashreplace")
            yield Table(signature, int(one.address), int(one.length))
        except Error as error:
            yield error


def header(dump: Dump, table: Table) -> Header | None:
    """What it says of itself; None of FACS, which has another head. :raises FaultError: it is not in the dump."""
    data = dump.read_physical(table.physical, min(max(table.length, 0), HEADER))
    if len(data) < HEADER or table.signature == "FACS":
        return None

    def text(start: int, end: int) -> str:
        return data[start:end].rstrip(b"\0 ").decode("ascii", "backslashreplace")

    return Header(data[8], text(10, 16), text(16, 24), int.from_bytes(data[24:28], "little"), text(28, 32))
