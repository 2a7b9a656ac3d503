# SPDX-License-Identifier: GPL-2.0-or-later
"""What the firmware told the kernel: the machine (DMI), and where there is memory (e820, x86)."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pykd import Dump

E820_TYPES = {1: "E820_RAM", 2: "E820_RESERVED", 3: "E820_ACPI", 4: "E820_NVS", 5: "E820_UNUSABLE", 7: "E820_PMEM"}
"""``enum e820_type``, arch/x86/include/asm/e820/types.h"""
MAX_E820 = 4096
"""Entries of the table; the kernel has room for 128 and three for each of up to 1024 nodes"""
_DMI_NONE = "DMI_NONE"


class Range(NamedTuple):
    """A range of physical addresses."""

    start: int
    end: int
    """Exclusive"""
    type: int
    """By :data:`E820_TYPES`"""


def memory_map(dump: Dump) -> Iterator[Range | Error]:
    """The entries of ``e820_table``, by address, and the errors of those that cannot be read.

    :raises FaultError, NotFoundError: there is none, or it cannot be read at all.

    ``struct e820_table { u32 nr_entries; struct e820_entry { u64 addr; u64 size; enum e820_type type; } entries[]; }``, as since v4.12.
    """
    table = dump.read_unsigned(dump.symbol("e820_table", "").address)
    count = min(dump.read_unsigned(table, 4), MAX_E820)
    first, size = table + dump.type("struct e820_table").offset_of("entries"), dump.type("struct e820_entry").size
    for number in range(count):
        where = first + size * number
        try:
            start, length, kind = dump.read_unsigned(where), dump.read_unsigned(where + 8), dump.read_unsigned(where + 16, 4)
            yield Range(start, start + length, kind)
        except Error as error:
            yield error


def identification(dump: Dump) -> Iterator[tuple[str, str | Error]]:
    """(name, text) of each field of ``dmi_ident`` (``char *[]``, by ``enum dmi_field``: include/linux/mod_devicetable.h) that the machine has:
    ``DMI_SYS_VENDOR``, …; in place of a text why it cannot be read.

    :raises NotFoundError: the kernel knows no DMI. :raises FaultError: the table cannot be read.
    """
    names = {number: name for name, number in dump.type("enum dmi_field").enumerators() if name != _DMI_NONE}
    table = dump.symbol("dmi_ident", "")
    for number, pointer in enumerate(words_of(dump, dump.read(table.address, table.size // 8 * 8))):
        if pointer and number in names:
            try:
                yield names[number], dump.read_string(pointer).decode("utf-8", "backslashreplace")
            except Error as error:
                yield names[number], error
