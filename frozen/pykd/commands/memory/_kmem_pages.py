# SPDX-License-Identifier: GPL-2.0-or-later
"""``kmem -p -m -g``: pages, members of ``struct page``, names of its flags."""

from __future__ import annotations

from _pykd import Dump, Error, Member, Type
from pykd.core.errors import CommandError
from pykd.core.rows import Row, fault, mark
from pykd.kernel.mm import pages
from pykd.values.address import address as to_address
from pykd.values.words import bit_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def physical(dump: Dump, word: str) -> int:
    """The physical address that *word* is about: of a ``struct page``, of a virtual address, or itself. :raises CommandError, FaultError:"""
    address = to_address(dump, word)
    found = pages.physical_of(dump, address)
    if found is None:
        found = dump.translate(address) if address >> 47 else address
    if found // dump.page_size >= dump.max_pfn:
        raise CommandError(f"{address:x}: physical address not found in mem map")
    return found


def rows(dump: Dump, words: list[str]) -> Iterator[Row]:
    """The pages of the addresses; without any all pages."""
    if not words:
        return pages.rows(dump)
    addresses = [pages.page_of(dump, physical(dump, word)) for word in words]
    return (pages.row(dump, address) for address in addresses)


def member_rows(dump: Dump, names: str, words: list[str]) -> Iterator[Row]:
    """Members of ``struct page``: ``page``, and by name number or, of a struct, a list of its words."""
    layout = dump.type("struct page")
    members = []
    for name in names.split(","):
        member = layout.member(name)
        if member is None:
            raise CommandError(f"invalid page struct member: {name}")
        members.append((name, member))
    addresses = [pages.page_of(dump, physical(dump, word)) for word in words]
    return _members_of(dump, members, addresses) if words else _members_of_all(dump, members)


def _members_of(dump: Dump, members: list[tuple[str, Member]], addresses: list[int]) -> Iterator[Row]:
    size = dump.type("struct page").size
    for address in addresses:
        try:
            yield {"page": address} | _values(dump, members, dump.read(address, size), 0)
        except Error as error:
            yield {"page": address, "error": fault(error)}


def _members_of_all(dump: Dump, members: list[tuple[str, Member]]) -> Iterator[Row]:
    size = dump.type("struct page").size
    for first, count, data in pages.chunks(dump):
        address = pages.page_of(dump, first * dump.page_size)
        for number in range(count):
            row: Row = {"page": address + number * size}
            yield row | (_values(dump, members, data, number * size) if isinstance(data, bytes) else {"error": fault(data)})


def _values(dump: Dump, members: list[tuple[str, Member]], data: bytes, start: int) -> Row:
    found: Row = {}
    for name, member in members:
        part = data[start + member.offset : start + member.offset + member.type.strip().size]
        if member.bit_size is not None:
            found[name] = bit_field(dump, data[start : start + 64], member.bit_offset, member.bit_size)
        elif _is_number(member.type):
            found[name] = int.from_bytes(part, dump.byteorder, signed=member.type.strip().signed)
        else:
            step = 8 if len(part) % 8 == 0 else 4 if len(part) % 4 == 0 else 1
            found[name] = [int.from_bytes(part[i : i + step], dump.byteorder) for i in range(0, len(part), step)]
    return found


def _is_number(type: Type) -> bool:
    return type.strip().kind in ("int", "enum", "pointer")


def members_text(rows: Iterable[Row], shown: Sequence[tuple[str, int, bool]]) -> Iterator[str]:
    """crash's columns: integers in decimal, but flags, pointers and the words of structs in hexadecimal.

    :param shown: as :func:`columns` has them.
    """
    yield "      PAGE        " + "  ".join(name for name, _, _ in shown)
    for row in rows:
        if "error" in row:
            yield f"{row['page']:016x}  {mark(row)}"
            continue
        cells = [_cell(row[name], size, hexadecimal) for name, size, hexadecimal in shown]
        yield f"{row['page']:016x}  " + "  ".join(cells) + "  "


def columns(dump: Dump, names: str) -> list[tuple[str, int, bool]]:
    """Of members of ``struct page``, separated by commas: name, bytes, and whether crash shows their numbers in hexadecimal."""
    layout = dump.type("struct page")
    members = ((name, member.type.strip()) for name in names.split(",") if (member := layout.member(name)) is not None)
    return [(name, type.size, type.kind == "pointer" or name.startswith("flags")) for name, type in members]


def _cell(value: int | list[int], size: int, hexadecimal: bool) -> str:
    if isinstance(value, list):
        digits = 2 * size // max(len(value), 1)
        return ",".join(f"{one:0{digits}x}" for one in value)
    return f"{value:0{2 * size}x}" if hexadecimal else str(value)


def flag_rows(dump: Dump, words: list[str]) -> Iterator[Row]:
    """Names of the flags of a page; of a value those that are set in it, each with the value as ``flag_bits``."""
    if not words:
        yield from ({"flag": name, "bit": bit} for name, bit in pages.flags(dump))
    for word in words:
        try:
            value = int(word, 16)
        except ValueError as error:
            raise CommandError(f"flags are hexadecimal numbers: {error}") from None
        yield {"flag_bits": value, "set": [{"flag": name, "bit": bit} for name, bit in pages.flags(dump) if value >> bit & 1],
               "unset": [name for name, bit in pages.flags(dump) if not value >> bit & 1]}  # fmt: skip


def flags_text(rows: Iterable[Row]) -> Iterator[str]:
    rows = list(rows)
    names = [name for row in rows for name in ([row["flag"]] if "flag" in row else [*(one["flag"] for one in row["set"]), *row["unset"]])]
    width = max(map(len, names), default=9)
    first = True
    for row in rows:
        if "flag_bits" not in row:
            if first:
                yield f"{'PAGE-FLAG':<{width}} BIT  VALUE"
            yield f"{row['flag']:<{width}}  {row['bit']:>2}  {1 << row['bit']:07x}"
        else:
            if not first:
                yield ""
            yield f"FLAGS: {row['flag_bits']:x}"
            yield f"  {'PAGE-FLAG':<{width}} BIT  VALUE"
            yield from (f"  {one['flag']:<{width}}  {one['bit']:>2}  {1 << one['bit']:07x}" for one in row["set"])
            if not row["set"]:
                yield "  (none found)"
        first = False
