# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects of zsmalloc, in which zram and zswap keep compressed pages: packed without gaps over a few pages."""

from __future__ import annotations

from _pykd import Error, LimitError
from pykd.kernel.mm.pages import page_of, physical_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAGIC = 0x58
"""``zspage.magic``"""
HANDLE = 8
"""Bytes before an object that name its handle"""
_PHYSICAL_BITS = (52, 46, 48, 56, 44)
"""MAX_POSSIBLE_PHYSMEM_BITS by machine, which no dump tells: what leads to a zspage is right"""
MAX_PAGES = 16


def read(dump: Dump, pool: Any, handle: int, size: int) -> bytes:
    """*size* bytes of the object of a handle of a ``struct zs_pool``. :raises Error:"""
    location = dump.read_unsigned(handle)
    for page, index, zspage in _candidates(dump, location):
        kind = pool.size_class[int(getattr(zspage, "class"))]
        step = int(kind.size)
        single = int(kind.objs_per_zspage) == 1 and int(kind.pages_per_zspage) == 1
        start = step * index % dump.page_size
        if not single:
            # Whether a bit below the index is a tag (it was one before 6.12) no dump tells: the object knows its handle.
            if not _names(dump, page, start, handle):
                continue
            start += HANDLE
        if not 0 < size <= step or size > dump.page_size:
            raise LimitError(f"an object of {size} bytes in a class of {step}")
        return _across(dump, page, zspage, start, size)
    raise Error(f"the handle {handle:#x} leads to no object of zsmalloc")


def _names(dump: Dump, page: int, start: int, handle: int) -> bool:
    """Whether the object there begins with that handle, whose lowest bit says that it is allocated."""
    physical = physical_of(dump, page)
    if physical is None or start > dump.page_size - HANDLE:
        return False
    return int.from_bytes(dump.read_physical(physical + start, HANDLE), dump.byteorder) & ~1 == handle


def _candidates(dump: Dump, location: int) -> Iterator[tuple[int, int, Any]]:
    """(``struct page``, number of the object in its zspage, ``struct zspage``) that a handle may mean."""
    shift = dump.page_size.bit_length() - 1
    for bits in _PHYSICAL_BITS:
        for tag in (1, 0):
            index_bits = 64 - (bits - shift) - tag
            value = location >> tag
            frame, index = value >> index_bits, value & (1 << index_bits) - 1
            if not 0 < frame < dump.max_pfn:
                continue
            try:
                page = page_of(dump, frame * dump.page_size)
                zspage: Any = dump.object("struct zspage", dump.read_unsigned(page + _zspage_offset(dump)))
                if int(zspage.magic) == MAGIC and physical_of(dump, page) is not None:
                    yield page, index, zspage
            except Error:
                continue


def _zspage_offset(dump: Dump) -> int:
    """``page.private``; ``zpdesc.zspage`` since v6.14."""
    descriptor = dump.find_type("struct", "zpdesc")
    if descriptor is not None and (member := descriptor.member("zspage")) is not None:
        return member.offset
    return dump.type("struct page").offset_of("private")


def _next_offset(dump: Dump, zspage: Any) -> int:
    """a41ec880aa7b ("zsmalloc: move huge compressed obj from page to zspage") (in v5.17): ``page.index``; before, ``page.freelist``."""
    descriptor = dump.find_type("struct", "zpdesc")
    if descriptor is not None and (member := descriptor.member("next")) is not None:
        return member.offset
    return dump.type("struct page").offset_of("index" if zspage.hasField("huge") else "freelist")


def _across(dump: Dump, page: int, zspage: Any, start: int, size: int) -> bytes:
    """Bytes from *start* of a page, which may go on in the next one."""
    result = b""
    for _ in range(MAX_PAGES):
        physical = physical_of(dump, page)
        if physical is None:
            break
        count = min(size - len(result), dump.page_size - start)
        result += dump.read_physical(physical + start, count)
        if len(result) == size:
            return result
        page, start = dump.read_unsigned(page + _next_offset(dump, zspage)), 0
    raise Error("an object of zsmalloc goes on where there is no page")
