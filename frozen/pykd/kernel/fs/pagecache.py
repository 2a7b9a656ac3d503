# SPDX-License-Identifier: GPL-2.0-or-later
"""Which files have most pages in memory: of disks, of servers, of tmpfs and of shared memory, and block devices themselves."""

from __future__ import annotations

import heapq

from _pykd import Error
from pykd.core.walk import caught
from pykd.kernel.fs.paths import dentry_path
from pykd.kernel.fs.sbnames import sb_place
from pykd.kernel.fs.superblocks import MAX_INODES, filesystem_type, for_each_super_block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump


def _inodes(dump: Dump, block: Any) -> list[int]:
    head = int(block) + block.fieldOffset("s_inodes")
    back = dump.type("struct inode").offset_of("i_sb_list")
    links, _ = dump.follow(head, limit=MAX_INODES)
    return [link - back for link in links[1:]]


def _counted(dump: Dump) -> Iterator[tuple[int, int]]:
    for block in caught(for_each_super_block(dump)):
        try:
            inodes = [] if isinstance(block, Error) else _inodes(dump, block)
        except Error:
            continue
        for inode, (pages,) in zip(inodes, dump.read_columns(inodes, "struct inode", ("i_data.nrpages",)), strict=True):
            if not isinstance(pages, Error) and pages:
                yield int(pages), inode


def largest(dump: Dump, count: int) -> list[tuple[int, Any]]:
    """(pages, ``struct inode``) of the *count* files with most pages in memory, the largest first. What cannot be read is left out.

    :raises Error: the list of superblocks is not there.
    """
    kind: Any = dump.struct_class("struct inode")
    return [(pages, kind(inode)) for pages, inode in heapq.nlargest(count, _counted(dump))]


def name_of(dump: Dump, inode: Any) -> tuple[str, str, str]:
    """(type, device, path from the root of its file system) of a ``struct inode``; "" in place of what cannot be read, and of the path of one
    that has no name. Never raises."""
    kind = device = path = ""
    try:
        block = inode.i_sb
        kind = filesystem_type(block)
        device = sb_place(dump, block)[0]
        if first := int(inode.i_dentry.first):
            path = dentry_path(dump, first - dump.type("struct dentry").offset_of("d_u.d_alias"))
    except Error:
        pass
    return kind, device, path
