# SPDX-License-Identifier: GPL-2.0-or-later
"""``struct page``: where they are, and what their flags are called."""

from __future__ import annotations

from .. import Error, per_dump

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump


@per_dump
def vmemmap(dump: Dump) -> int:
    """Address of the array of all ``struct page``."""
    return dump.read_unsigned(dump.symbol("vmemmap_base", "").address)


def page_of(dump: Dump, physical: int) -> int:
    """Address of the ``struct page`` of a physical address."""
    start: int = vmemmap(dump)
    return start + physical // dump.page_size * dump.type("struct page").size


def physical_of(dump: Dump, page: int) -> int | None:
    """The physical address that a ``struct page`` is for; None if *page* is not in the array."""
    size = dump.type("struct page").size
    number, rest = divmod(page - vmemmap(dump), size)
    return number * dump.page_size if not rest and 0 <= number < dump.max_pfn else None


def flags(dump: Dump) -> list[tuple[str, int]]:
    """Every name that the kernel has for a flag, and the bit's number. :raises NotFoundError:"""
    found = dump.enumerator_type("PG_locked").enumerators()
    end = dict(found).get("__NR_PAGEFLAGS", 32)
    return [(name, bit) for name, bit in found if 0 <= bit < end and name.startswith("PG_")]


def head_of(page: int, info: int) -> int:
    """The first page of the compound page that *page* is in; itself if it is in none, or the first.

    :param info: its ``compound_head``: odd in a tail page, where the rest is the address of the head. In its successor ``compound_info``
        (v7.1) the rest may instead be a mask that makes the head's address of the tail's: ones, and then zeros.
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


def row(dump: Dump, address: int) -> dict[str, Any]:
    """What crash shows of a page: address, physical, mapping, index, count, flags, names."""
    found: dict[str, Any] = {"page": address, "physical": physical_of(dump, address)}
    try:
        page: Any = dump.object("struct page", address)
        # 53fbef56e07d ("mm: introduce memdesc_flags_t") (in v6.18): flags are in a struct
        value = dump.read_unsigned(address)
        found["mapping"] = int(page.mapping)
        member = dump.type("struct page").member("index") or dump.type("struct page").member("__folio_index")
        found["index"] = dump.read_unsigned(address + member.offset) if member else 0
        found["count"] = page._refcount.counter
        found["flags"] = value
        found["names"] = [name for bit, name in flag_names(dump).items() if value >> bit & 1]
    except Error as error:
        found["error"] = str(error)
    return found


TITLE = "      PAGE       PHYSICAL      MAPPING       INDEX CNT FLAGS"


def text(found: dict[str, Any]) -> str:
    """A line under :data:`TITLE`."""
    line = f"{found['page']:016x} {found['physical'] or 0:>9x} "
    if "flags" in found:
        mapping = f"{found['mapping']:016x}" if found["mapping"] else f"{0:>16}"
        line += f"{mapping} {found['index']:>9x} {found['count']:>3} {found['flags']:x} {','.join(found['names'])}"
    return line.rstrip() + (f" (error: {found['error']})" if "error" in found else "")
