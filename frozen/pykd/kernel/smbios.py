# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of SMBIOS (DMI) as it lies in memory: ``dmi_base``, which only dumps with the firmware's memory have; DSP0134, 6.1.2."""

from __future__ import annotations

from _pykd import Error
from pykd.core.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pykd import Dump

MAX_TABLE = 1 << 20
END = 127
TYPES = {
    0: "BIOS Information", 1: "System Information", 2: "Base Board Information", 3: "Chassis Information", 4: "Processor Information", 7: "Cache Information",
    8: "Port Connector Information", 9: "System Slot Information", 11: "OEM Strings", 12: "System Configuration Options", 16: "Physical Memory Array",
    17: "Memory Device", 19: "Memory Array Mapped Address", 32: "System Boot Information", 38: "IPMI Device Information",
    41: "Onboard Device", 43: "TPM Device", 127: "End Of Table",
}  # fmt: skip
_TEXTS = {
    0: ((4, "Vendor"), (5, "Version"), (8, "Release Date")),
    1: ((4, "Manufacturer"), (5, "Product Name"), (6, "Version"), (7, "Serial Number"), (0x19, "SKU Number"), (0x1A, "Family")),
    2: ((4, "Manufacturer"), (5, "Product Name"), (6, "Version"), (7, "Serial Number"), (8, "Asset Tag")),
    3: ((4, "Manufacturer"), (6, "Version"), (7, "Serial Number"), (8, "Asset Tag")),
    4: ((4, "Socket Designation"), (7, "Manufacturer"), (0x10, "Version")),
    17: ((0x10, "Locator"), (0x11, "Bank Locator"), (0x17, "Manufacturer"), (0x18, "Serial Number"), (0x19, "Asset Tag"), (0x1A, "Part Number")),
}  # fmt: skip
"""By type: where in a structure the number of a text is, and what dmidecode calls it"""


class Structure(NamedTuple):
    """One structure of the table."""

    handle: int
    type: int
    data: bytes
    """The formatted part, its head of 4 bytes included"""
    texts: tuple[str, ...]


def table(dump: Dump) -> bytes:
    """The whole table. :raises NotFoundError, FaultError: it is not known, or not in the dump. :raises Error: there is none."""
    base = dump.read_unsigned(dump.symbol("dmi_base", "").address)
    length = dump.read_unsigned(dump.symbol("dmi_len", "").address, 4)
    if not base or not 0 < length <= MAX_TABLE:
        raise Error("the firmware gave no table of SMBIOS")
    return dump.read_physical(base, length)


def structures(data: bytes) -> Iterator[Structure]:
    """Those of a table, up to its end or to where it makes no sense."""
    at = 0
    while at + 4 <= len(data):
        kind, length = data[at], data[at + 1]
        end = data.find(b"\0\0", at + length)
        if length < 4 or end < 0:
            return
        texts = data[at + length : end].split(b"\0") if end > at + length else []
        yield Structure(int.from_bytes(data[at + 2 : at + 4], "little"), kind, data[at : at + length], tuple(text.decode("latin-1") for text in texts))
        if kind == END:
            return
        at = end + 2


def fields(one: Structure) -> dict[str, str]:
    """Texts of a structure by what dmidecode calls them, and what else is known of some types."""
    found: dict[str, str] = {}
    for place, name in _TEXTS.get(one.type, ()):
        if place < len(one.data) and 0 < one.data[place] <= len(one.texts):
            found[name] = one.texts[one.data[place] - 1].strip()
    if one.type == 1 and len(one.data) >= 0x18:
        number = one.data[8:0x18]
        parts = (number[3::-1], number[5:3:-1], number[7:5:-1], number[8:10], number[10:16])
        found["UUID"] = "-".join(part.hex() for part in parts)
    if one.type == 17 and len(one.data) >= 0x0E:
        size = int.from_bytes(one.data[0x0C:0x0E], "little")
        if size == 0x7FFF and len(one.data) >= 0x20:
            found["Size"] = f"{int.from_bytes(one.data[0x1C:0x20], 'little') & 0x7FFF_FFFF} MB"
        elif size not in (0, 0xFFFF):
            found["Size"] = f"{size & 0x7FFF} {'kB' if size & 0x8000 else 'MB'}"
    return found
