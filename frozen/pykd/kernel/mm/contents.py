# SPDX-License-Identifier: GPL-2.0-or-later
"""What a file has in it, as far as its pages are in memory and in the dump."""

from __future__ import annotations

from bisect import bisect_right

from _pykd import Error, FaultError, MemberError, NotFoundError
from pykd.core.members import has_member, offset_of
from pykd.core.memo import per_dump
from pykd.core.record import NamedTuple
from pykd.kernel.fs.superblocks import filesystem_type
from pykd.kernel.lists.xarray import xa_runs
from pykd.kernel.mm import pages
from pykd.kernel.mm.swap import swap_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from _pykd import Dump

IN_MEMORY = ("tmpfs", "ramfs", "rootfs", "devtmpfs", "hugetlbfs")
"""Types of file systems that have a file nowhere else: what has no page was never written."""
PIECE = 1 << 20
"""Bytes that are read at a time"""
MAX_ORDER = 20
"""Of a large folio; more is damage."""


class Piece(NamedTuple):
    """A part of a file."""

    offset: int
    size: int
    data: bytes | None
    """Its bytes; None of a hole, which reads as zeros, and of what is missing."""
    missing: str
    """Why it is not known: ``uncached`` (only on disk), ``swapped``, ``unread`` (a page that was not filled), ``lost`` (the tree of its pages cannot
    be read), or the reason of a FaultError: ``excluded``…; "" of what is."""
    detail: str
    """Where it is, if that is known."""


@per_dump
def _bits(dump: Dump) -> tuple[int, int, int, int]:
    """Masks of ``page.flags``: head, uptodate, dirty, writeback."""
    head, uptodate, dirty, writeback = (1 << dump.enumerator(f"PG_{name}") for name in ("head", "uptodate", "dirty", "writeback"))
    return head, uptodate, dirty, writeback


def dirty_bits(dump: Dump) -> tuple[int, int]:
    """Masks of ``page.flags``: dirty, writeback. :raises NotFoundError:"""
    return _bits(dump)[2:]


@per_dump
def _order_at(dump: Dump) -> tuple[int, int]:
    """Where a head page has the order of its folio: (offset, bytes), of which the low 8 bits count.

    1c5509be58f6 and 59436a8f7ff4 (in v6.3): ``folio._folio_order``, which was ``page[1].compound_order``; ebc1baf5c9b4 ("mm: free up a word in the first
    tail page") (in v6.6): in ``_flags_1``.
    """
    page, folio = dump.type("struct page"), dump.find_type("struct", "folio")
    if old := page.member("compound_order"):
        return page.size + old.offset, 1
    if folio is not None and (member := folio.member("_folio_order")):
        return member.offset, 1
    if folio is not None and (member := folio.member("_flags_1")):
        return member.offset, 8
    raise MemberError("struct folio does not say how large it is")


def page_flags(dump: Dump, page: int) -> int:
    """``flags`` of the ``struct page`` at *page*. :raises FaultError:"""
    return dump.read_unsigned(page + dump.type("struct page").offset_of("flags"))


def folio_pages(dump: Dump, page: int, flags: int) -> int:
    """Pages of the folio that begins with the ``struct page`` at *page*. :raises FaultError:"""
    if not flags & _bits(dump)[0]:
        return 1
    offset, size = _order_at(dump)
    return 1 << min(dump.read_unsigned(page + offset, size) & 0xFF, MAX_ORDER)


class Run(NamedTuple):
    """Consecutive pages of a file that are one thing in its tree."""

    first: int
    """Number of its first page in the file"""
    pages: int
    page: int
    """Address of its ``struct page``; 0: it has none"""
    flags: int
    swap: int
    """What stands for it in the tree, where it is a number: a place in swap space, or what is left of a page that was dropped"""
    error: Error | None


def tree_of(mapping: Any) -> int:
    """Address of the tree of pages of a ``struct address_space``; b93b016313b3 ("page cache: use xa_lock") (in v4.17) has named it anew."""
    return int(mapping) + offset_of(type(mapping), "i_pages" if has_member(mapping, "i_pages") else "page_tree")


def runs(dump: Dump, mapping: Any) -> Iterator[Run]:
    """What the page cache has of a ``struct address_space``, in the order of the file.

    4101196b19d7 ("mm: page cache: store only head pages in i_pages") (in v5.4): each page of a compound page has the head in its slot; 6b24ca4a1a8d ("mm: Use
    multi-index entries in the page cache") (in v5.17): all are one entry.

    :raises FaultError: the tree's root cannot be read.
    """
    size = dump.type("struct page").size
    for index, count, entry in xa_runs(dump, tree_of(mapping)):
        if isinstance(entry, Error):
            yield Run(index, count, 0, 0, 0, entry)
        elif entry & 3:
            yield Run(index, count, 0, 0, entry, None)
        else:
            try:
                flags = page_flags(dump, entry)
                whole = folio_pages(dump, entry, flags)
            except Error as error:
                yield Run(index, count, 0, 0, 0, error)
                continue
            # one slot of a larger page, or the whole of it
            yield Run(index, count, entry + (index & whole - 1) * size, flags, 0, None)


def is_in_memory(inode: Any) -> bool:
    """Whether a ``struct inode`` is of a file that is on no disk. :raises FaultError:"""
    return filesystem_type(inode.i_sb) in IN_MEMORY


class Extent(NamedTuple):
    """A part of a file that is in one place, or in none."""

    offset: int
    size: int
    physical: int
    """Address of its memory; 0: it has none"""
    missing: str
    """As :class:`Piece` has it; of what has memory ""."""
    detail: str


def extents(dump: Dump, inode: Any) -> Iterator[Extent]:
    """All of the file of a ``struct inode``, from its beginning to its end, without gaps; of its pages' memory nothing is read.

    :raises FaultError: its size cannot be read, or the root of the tree of its pages.
    :raises NotFoundError: it is of a kind that has no pages, or is kept in another way.
    """
    kind, mode = filesystem_type(inode.i_sb), int(inode.i_mode) >> 12
    if mode not in (0o10, 0o6):
        raise NotFoundError("it is no regular file and no block device")
    if kind == "hugetlbfs":
        raise NotFoundError("pages of hugetlbfs are not read")
    end = int(inode.i_size)
    gap = "" if kind in IN_MEMORY else "uncached"
    at = 0
    for run in runs(dump, inode.i_mapping):
        start, stop = (min(number * dump.page_size, end) for number in (run.first, run.first + run.pages))
        if start > at:
            yield Extent(at, start - at, 0, gap, "")
        if stop > (start := max(start, at)):
            yield Extent(start, stop - start, *_place(dump, run, start, kind in IN_MEMORY))
            at = stop
    if end > at:
        yield Extent(at, end - at, 0, gap, "")


def _place(dump: Dump, run: Run, start: int, in_memory: bool) -> tuple[int, str, str]:
    """physical, missing and detail of what is at *start* in a file."""
    if run.error is not None:
        return 0, "lost", str(run.error)
    if not run.page:
        return (0, "swapped", _swap_place(run.swap)) if in_memory else (0, "uncached", "")
    if not run.flags & _bits(dump)[1]:
        # a page of tmpfs that is reserved and not written to reads as zeros
        return 0, "" if in_memory else "unread", ""
    physical = pages.physical_of(dump, run.page)
    if physical is None:
        return 0, "lost", f"{run.page:#x} is no page"
    return physical + start - run.first * dump.page_size, "", ""


def pieces(dump: Dump, inode: Any) -> Iterator[Piece]:
    """The same with what is in memory, read. :raises FaultError, NotFoundError:"""
    for extent in extents(dump, inode):
        if not extent.physical:
            yield Piece(extent.offset, extent.size, None, extent.missing, extent.detail)
            continue
        for at in range(0, extent.size, PIECE):
            yield from _read(dump, extent.physical + at, extent.offset + at, min(PIECE, extent.size - at))


def _read(dump: Dump, physical: int, offset: int, size: int) -> Iterator[Piece]:
    """Physical memory as pieces of a file, those that cannot be read between the others."""
    step = dump.page_size
    try:
        yield Piece(offset, size, dump.read_physical(physical, size), "", "")
        return
    except FaultError as error:
        if size <= step:
            yield Piece(offset, size, None, error.reason, "")
            return
    for done in range(0, size, step):
        yield from _read(dump, physical + done, offset + done, min(step, size - done))


class Image:
    """A file that is read here and there.

    :ivar size: bytes
    """

    def __init__(self, dump: Dump, inode: Any) -> None:
        """:raises FaultError, NotFoundError: as :func:`extents`"""
        self.size = int(inode.i_size)
        self._dump = dump
        self._extents = list(extents(dump, inode))
        self._starts = [extent.offset for extent in self._extents]

    def read(self, offset: int, size: int) -> bytes:
        """Up to *size* bytes, fewer at the end of the file. :raises Error: a part of them is missing; the text says why."""
        parts = []
        stop = min(offset + size, self.size)
        while offset < stop:
            extent = self._extents[bisect_right(self._starts, offset) - 1]
            count = min(stop, extent.offset + extent.size) - offset
            if extent.physical:
                parts.append(self._dump.read_physical(extent.physical + offset - extent.offset, count))
            elif extent.missing:
                raise Error(f"{extent.missing}: {extent.size} bytes of the file at {extent.offset}")
            else:
                parts.append(bytes(count))
            offset += count
        return b"".join(parts)


def _swap_place(entry: int) -> str:
    """Which device a value in the tree of a tmpfs file names, and which of its pages (xa_mk_value() of a swp_entry_t)."""
    number, page = swap_place(entry >> 1)
    return f"swap {number} page {page}"


def joined(found: Iterable[Piece]) -> Iterator[Piece]:
    """The same with neighbours that are missing for one reason, or are holes, as one."""
    last: Piece | None = None
    for piece in found:
        if last is not None and piece.data is None and last.missing == piece.missing and last.detail == piece.detail:
            last = last._replace(size=last.size + piece.size)
            continue
        if last is not None:
            yield last
        last = None if piece.data is not None else piece
        if piece.data is not None:
            yield piece
    if last is not None:
        yield last
