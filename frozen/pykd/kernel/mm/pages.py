# SPDX-License-Identifier: GPL-2.0-or-later
"""``struct page``: where they are, and what their flags are called."""

from __future__ import annotations

from _pykd import Error, FaultError, NotFoundError, RangeError
from pykd.core.memo import per_dump
from pykd.core.rows import fault, mark
from pykd.kernel.mm import sections
from pykd.values.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump


@per_dump
def vmemmap(dump: Dump) -> int:
    """Address of the array of all ``struct page``, as if it began with physical address 0: of ``vmemmap_base`` (x86-64), or as sections have it."""
    if variable := dump.address_of("vmemmap_base", "", default=0):
        return dump.read_unsigned(variable)
    for section in sections.sections(dump):
        if "error" not in section:
            return int(section["coded"])
    raise NotFoundError("no section of memory has a memory map")


def page_of(dump: Dump, physical: int) -> int:
    """Address of the ``struct page`` of a physical address."""
    start: int = vmemmap(dump)
    return start + physical // dump.page_size * dump.type("struct page").size


def physical_of(dump: Dump, page: int) -> int | None:
    """The physical address that a ``struct page`` is for; None if *page* is not in the array."""
    size = dump.type("struct page").size
    number, rest = divmod(page - vmemmap(dump), size)
    return number * dump.page_size if not rest and 0 <= number < dump.max_pfn else None


def virt_to_phys(dump: Dump, address: int) -> int:
    """The physical address of a kernel address, of vmalloc'ed memory too. :raises FaultError: it is not mapped."""
    return dump.translate(int(address), pgd=0)


def phys_to_virt(dump: Dump, physical: int) -> int:
    """The address in the direct map."""
    return dump.direct(physical)


def virt_to_page(dump: Dump, address: int) -> Any:
    """``struct page`` of a kernel address. :raises FaultError: it is not mapped."""
    return dump.object("struct page", page_of(dump, virt_to_phys(dump, address)))


def pfn_to_page(dump: Dump, pfn: int) -> Any:
    """``struct page`` of a page frame."""
    return dump.object("struct page", page_of(dump, pfn * dump.page_size))


def page_to_pfn(dump: Dump, page: int) -> int:
    """Number of the page frame of a ``struct page``. :raises RangeError: it is none."""
    physical = physical_of(dump, int(page))
    if physical is None:
        raise RangeError(f"{int(page):#x} is no struct page")
    return physical // dump.page_size


def page_to_virt(dump: Dump, page: int) -> int:
    """Address in the direct map of the memory of a ``struct page``. :raises RangeError: it is none."""
    return dump.direct(page_to_pfn(dump, page) * dump.page_size)


def page_to_phys(dump: Dump, page: int) -> int:
    """The physical address that a ``struct page`` is for. :raises RangeError: it is none."""
    return page_to_pfn(dump, page) * dump.page_size


def compound_head(dump: Dump, page: int) -> Any:
    """The first ``struct page`` of the compound page that one is in; itself if it is in none. :raises FaultError:"""
    return dump.object("struct page", head_of(int(page), dump.read_unsigned(int(page) + head_offset(dump))))


def page_flags(dump: Dump, page: Any) -> list[str]:
    """Names of the flags of a ``struct page``, without ``PG_``. :raises FaultError:"""
    return names_of(dump, dump.read_unsigned(int(page)))


def flags(dump: Dump) -> list[tuple[str, int]]:
    """Every name that the kernel has for a flag, and the bit's number. :raises NotFoundError:"""
    found = dump.enumerator_type("PG_locked").enumerators()
    end = dict(found).get("__NR_PAGEFLAGS", 32)
    return [(name, bit) for name, bit in found if 0 <= bit < end and name.startswith("PG_")]


@per_dump
def head_offset(dump: Dump) -> int:
    """Offset in ``struct page`` of the word that :func:`head_of` wants. :raises MemberError: this kernel has no such word.

    ``compound_head``; ``compound_info`` since v7.1.
    """
    layout = dump.type("struct page")
    return layout.offset_of("compound_head" if layout.member("compound_head") else "compound_info")


def head_of(page: int, info: int) -> int:
    """The first page of the compound page that *page* is in; itself if it is in none, or the first.

    :param info: its word at :func:`head_offset`: odd in a tail page, where the rest is the address of the head. In ``compound_info`` the rest may
        instead be a mask that makes the head's address of the tail's: ones, and then zeros.
    """
    if not info & 1:
        return page
    rest = info - 1
    is_mask = rest and rest + (rest & -rest) == 1 << 64
    return page & rest if is_mask else rest


@per_dump
def flag_names(dump: Dump) -> dict[int, str]:
    """Names of the flag bits; of several names of a bit the first."""
    names: dict[int, str] = {}
    for name, bit in flags(dump):
        names.setdefault(bit, name.removeprefix("PG_"))
    return names


class Table:
    """Members of consecutive ``struct page``, read at once.

    :ivar first: number of the first page.
    :ivar flags, mappings, indexes, counts: of each page.
    """

    __slots__ = ("counts", "data", "first", "flags", "indexes", "mappings")

    def __init__(self, dump: Dump, first: int, data: bytes) -> None:
        layout = dump.type("struct page")
        size = layout.size
        index = layout.member("index") or layout.member("__folio_index")
        self.first = first
        self.data = data
        words = words_of(dump, data)
        # 53fbef56e07d ("mm: introduce memdesc_flags_t") (in v6.18): flags are in a struct
        self.flags = words[layout.offset_of("flags") // 8 :: size // 8].tolist()
        self.mappings = words[layout.offset_of("mapping") // 8 :: size // 8].tolist()
        self.indexes = words[index.offset // 8 :: size // 8].tolist() if index else [0] * len(self.flags)
        self.counts = words_of(dump, data, "i")[layout.offset_of("_refcount") // 4 :: size // 4].tolist()


def chunks(dump: Dump) -> Iterator[tuple[int, int, bytes | FaultError]]:
    """The memory map of all present sections: (first page, number of pages, bytes), in pieces as large as can be read."""
    size = dump.type("struct page").size
    per_section = (1 << sections.bits(dump)) // dump.page_size
    for section in sections.sections(dump):
        if "error" in section:
            continue
        first, start = section["pfn"], page_of(dump, section["pfn"] * dump.page_size)
        try:
            yield first, per_section, dump.read(start, per_section * size)
            continue
        except FaultError:
            pass
        step = dump.page_size // size or 1
        for number in range(0, per_section, step):
            try:
                yield first + number, step, dump.read(start + number * size, step * size)
            except FaultError as error:
                yield first + number, step, error


def tables(dump: Dump) -> Iterator[tuple[int, Table | None]]:
    """The same as tables, None where a piece cannot be read."""
    for first, _, data in chunks(dump):
        yield first, Table(dump, first, data) if isinstance(data, bytes) else None


def rows(dump: Dump) -> Iterator[dict[str, Any]]:
    """What :func:`row` has, of the pages of all present sections."""
    size, page_size = dump.type("struct page").size, dump.page_size
    names: dict[int, list[str]] = {}
    for first, count, data in chunks(dump):
        address, physical = page_of(dump, first * page_size), first * page_size
        if isinstance(data, FaultError):
            for number in range(count):
                yield {"page": address + number * size, "physical": physical + number * page_size, "error": fault(data)}
            continue
        table = Table(dump, first, data)
        for flags, mapping, index, users in zip(table.flags, table.mappings, table.indexes, table.counts, strict=True):
            found = names.get(flags)
            if found is None:
                found = names[flags] = names_of(dump, flags)
            yield {"page": address, "physical": physical, "mapping": mapping, "index": index, "count": users, "flag_bits": flags, "flags": found}
            address += size
            physical += page_size


def names_of(dump: Dump, flags: int) -> list[str]:
    """Names of the flags that are set."""
    return [name for bit, name in flag_names(dump).items() if flags >> bit & 1]


def row(dump: Dump, address: int) -> dict[str, Any]:
    """What crash shows of a page: address, physical, mapping, index, count, flag_bits, flags (names)."""
    found: dict[str, Any] = {"page": address, "physical": physical_of(dump, address)}
    try:
        table = Table(dump, 0, dump.read(address, dump.type("struct page").size))
        value = table.flags[0]
        found |= {"mapping": table.mappings[0], "index": table.indexes[0], "count": table.counts[0], "flag_bits": value, "flags": names_of(dump, value)}
    except Error as error:
        found["error"] = fault(error)
    return found


TITLE = "      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS"


def text(found: dict[str, Any]) -> str:
    """A line under :data:`TITLE`."""
    line = f"{found['page']:016x} {found['physical'] or 0:>8x} "
    if "flags" in found:
        line += f"{found['mapping']:>16x} {found['index']:>8x} {found['count']:>2} {found['flag_bits']:x} {','.join(found['flags'])}"
    return line.rstrip() + (f" {mark(found)}" if "error" in found else "")
