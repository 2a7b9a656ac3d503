# SPDX-License-Identifier: GPL-2.0-or-later
"""Superblocks: what is mounted, whether frozen, with which inodes and mounts."""

from __future__ import annotations

from pykd.kernel.lists.linked import chain_for_each, list_for_each_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from _pykd import Dump

MAX_INODES = 1 << 22
"""Of one superblock"""

SB_RDONLY, SB_SYNCHRONOUS, SB_MANDLOCK, SB_DIRSYNC, SB_LAZYTIME = 1 << 0, 1 << 4, 1 << 6, 1 << 7, 1 << 25
"""``super_block.s_flags``, of include/linux/fs.h; they are macros."""

OPTIONS = ((SB_SYNCHRONOUS, "sync"), (SB_DIRSYNC, "dirsync"), (SB_MANDLOCK, "mand"), (SB_LAZYTIME, "lazytime"))
"""Words of /proc/mounts, in its order (show_sb_opts())"""

FROZEN = ("", "write", "pagefault", "fs", "complete")
"""``super_block.s_writers.frozen``: SB_UNFROZEN and then what is shut out so far; ``complete``: the file system is frozen."""
_HOW = ("not", "for writers", "for writers and page faults", "but for its own threads", "fully")


def how_frozen(state: int) -> str:
    """How far :func:`sb_frozen` says that a file system is frozen, in words: ``fully``, ``for writers``."""
    return _HOW[state] if state < len(_HOW) else f"state {state}"


def for_each_super_block(dump: Dump) -> Iterator[Any]:
    """Every ``struct super_block``, the oldest first. :raises FaultError, LimitError: the list cannot be followed to its end."""
    yield from list_for_each_entry(dump, dump.symbol("super_blocks", "").address, "struct super_block", "s_list", what="the list of superblocks")


def filesystem_type(block: Any) -> str:
    """``ext4``, ``fuse.sshfs``: with its subtype. :raises FaultError:"""
    return str(block.s_type.name) + (f".{block.s_subtype}" if block.s_subtype else "")


def sb_frozen(block: Any) -> int:
    """How far a ``struct super_block`` is frozen, by :data:`FROZEN`; 0: not at all. :raises FaultError:"""
    return int(block.s_writers.frozen)


def sb_options(block: Any) -> list[str]:
    """What of its flags /proc/mounts shows (without ``ro``, which a mount has too). :raises FaultError:"""
    flags = block.s_flags
    return [word for bit, word in OPTIONS if flags & bit]


def sb_mounts(dump: Dump, block: Any) -> Iterator[Any]:
    """The ``struct mount`` of a ``struct super_block``. :raises FaultError, LimitError: the list cannot be followed to its end."""
    head = int(block) + block.fieldOffset("s_mounts")
    # A list_head, and a pointer to the first of a chain since v6.18.
    if dump.type("struct mount").member("mnt_next_for_sb") is not None:
        yield from chain_for_each(dump, dump.read_unsigned(head), "struct mount", "mnt_next_for_sb", what="the mounts of a superblock")
    else:
        yield from list_for_each_entry(dump, head, "struct mount", "mnt_instance", what="the mounts of a superblock")


def sb_inodes(dump: Dump, block: Any) -> Iterator[Any]:
    """The ``struct inode`` of a ``struct super_block`` that are in memory. :raises FaultError, LimitError: the list has no end."""
    head = int(block) + block.fieldOffset("s_inodes")
    yield from list_for_each_entry(dump, head, "struct inode", "i_sb_list", limit=MAX_INODES, what="the inodes of a superblock")


def bdev_inodes(dump: Dump) -> Iterator[Any]:
    """The ``struct inode`` whose page cache is that of a block device. :raises FaultError, LimitError: as :func:`sb_inodes`."""
    yield from sb_inodes(dump, dump.object("struct super_block", dump.read_unsigned(dump.symbol("blockdev_superblock", "").address)))
