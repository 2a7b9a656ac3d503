# SPDX-License-Identifier: GPL-2.0-or-later
"""Which files have most pages in memory: of disks, of servers, of tmpfs and of shared memory, and block devices themselves."""

from __future__ import annotations

import heapq

from _pykd import Error
from pykd.core.record import NamedTuple
from pykd.core.walk import readable
from pykd.kernel.fs.files import dentries_of
from pykd.kernel.fs.paths import dentry_path, is_unhashed
from pykd.kernel.fs.sbnames import inode_path, sb_place
from pykd.kernel.fs.superblocks import MAX_INODES, filesystem_type, for_each_super_block
from pykd.kernel.mm import contents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MARKS = 24
"""``xarray.xa_flags`` has from this bit on which marks its entries have (ROOT_TAG_SHIFT); of a page cache the first is dirty, the second writeback."""


class Cached(NamedTuple):
    """A file with pages in memory."""

    inode: int
    superblock: int
    pages: int
    """``nrpages``"""
    marked: int
    """1: some may be dirty; 2: some are being written; 3: both"""


def _inodes(dump: Dump, block: Any) -> list[int]:
    head = int(block) + block.fieldOffset("s_inodes")
    back = dump.type("struct inode").offset_of("i_sb_list")
    links, _ = dump.follow(head, limit=MAX_INODES)
    return [link - back for link in links[1:]]


def for_each_cached(dump: Dump) -> Iterator[Cached]:
    """Each file that has pages in memory, by superblock; what cannot be read is left out. :raises Error: the list of superblocks is not there."""
    columns = ["i_data.nrpages"]
    if marks := dump.type("struct inode").member("i_data.i_pages.xa_flags") is not None:
        columns.append("i_data.i_pages.xa_flags")
    block: Any
    for block in readable(for_each_super_block(dump)):
        try:
            inodes, address = _inodes(dump, block), int(block)
        except Error:
            continue
        for inode, values in zip(inodes, dump.read_columns(inodes, "struct inode", columns), strict=True):
            pages, flags = values if marks else (*values, None)
            if not isinstance(pages, Error) and pages:
                yield Cached(inode, address, int(pages), flags >> MARKS & 3 if isinstance(flags, int) else 3)


def largest(dump: Dump, count: int) -> list[tuple[int, Any]]:
    """(pages, ``struct inode``) of the *count* files with most pages in memory, the largest first. What cannot be read is left out.

    :raises Error: the list of superblocks is not there.
    """
    kind: Any = dump.struct_class("struct inode")
    return [(pages, kind(inode)) for pages, inode in heapq.nlargest(count, ((one.pages, one.inode) for one in for_each_cached(dump)))]


def unwritten(dump: Dump, cached: Cached) -> tuple[int, int]:
    """(dirty, under writeback) pages of a file. Files that are on no disk have none. :raises Error: they cannot be counted."""
    inode: Any = dump.object("struct inode", cached.inode)
    if not cached.marked or contents.is_in_memory(inode):
        return 0, 0
    dirty, writeback = contents.dirty_bits(dump)
    counts = [0, 0]
    for run in contents.runs(dump, inode.i_data):
        if run.error is not None:
            raise run.error
        for number, bit in enumerate((dirty, writeback)):
            counts[number] += run.pages if run.flags & bit else 0
    return counts[0], counts[1]


class Name(NamedTuple):
    """What is known of a file by its inode; "" in place of what is not, and of the path of one that has no name."""

    type: str
    device: str
    path: str
    """From the root of its file system"""
    error: Error | None
    """Why something is not known."""


def name_of(dump: Dump, inode: Any) -> Name:
    """Of a ``struct inode``. Never raises."""
    kind = device = path = ""
    lost: Error | None = None
    try:
        block = inode.i_sb
        kind = filesystem_type(block)
        device, _, lost = sb_place(dump, block)
        if (dentry := next(dentries_of(dump, inode), None)) is not None:
            path = dentry_path(dump, int(dentry))
    except Error as error:
        lost = lost or error
    return Name(kind, device, path, lost)


def place_of(dump: Dump, inode: Any) -> str:
    """The path of a ``struct inode`` as PID 1 sees it; of what is mounted nowhere that in its file system alone; "" of what has no name, and
    with `` (deleted)`` of what has it no more. :raises Error: as :func:`pykd.kernel.fs.sbnames.inode_path`."""
    path, dentry = inode_path(dump, inode)
    # d_unlinked(): unhashed, and no root
    return path + (" (deleted)" if dentry is not None and is_unhashed(dentry) and dentry.d_parent != dentry and not int(inode.i_nlink) else "")
