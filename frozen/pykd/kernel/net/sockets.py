# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _pykd import Dump

S_IFMT, S_IFSOCK = 0o170000, 0o140000


def socket_of_inode(dump: Dump, inode: Any) -> Any:
    """The ``struct socket`` beside the ``struct inode`` of a socket (SOCKET_I()); None for another inode. :raises FaultError:"""
    if not inode or inode.i_mode & S_IFMT != S_IFSOCK:
        return None
    both = dump.struct_class("struct socket_alloc")
    return dump.object("struct socket", int(inode) - (both.member_offset("vfs_inode") or 0) + (both.member_offset("socket") or 0))
