# SPDX-License-Identifier: GPL-2.0-or-later
"""Sizes of file systems of the ext family: :mod:`pykd.kernel.fs.ext4` under PyKdump's names."""

from __future__ import annotations

import pykd
from LinuxDump import fs
from LinuxDump.fs import getMount
from LinuxDump.percpu import percpu_counter_sum
from pykd.kernel.fs import ext4
from pykdump import API
from pykdump.Generic import Bunch
from pykdump.highlevel import readSU

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXT3_FEATURE_RO_COMPAT_SPARSE_SUPER = 1


def statfs_Ext3(sbaddr: int) -> Bunch:
    """``f_bsize`` (bytes), ``f_blocks f_bfree f_bavail`` (KB), ``f_files f_ffree`` of the superblock at an address; None where the dump does
    not say.

    :raises TypeError: the dump has no types of ext4.
    """
    try:
        found = ext4.statfs(pykd.current(), readSU("struct super_block", sbaddr))
    except pykd.NotFoundError as error:
        raise TypeError(str(error)) from None
    sizes = (found.blocks, found.free, found.available)
    blocks, free, available = (None if size is None else size * found.block // 1024 for size in sizes)
    return Bunch(
        f_bsize=found.block, f_blocks=blocks, f_bfree=free, f_bavail=available, f_files=found.files, f_ffree=found.files_free,
    )  # fmt: skip


def EXT3_SB(sb: Any) -> Any:
    """The ``struct ext4_sb_info`` of a superblock."""
    return readSU("struct ext4_sb_info", sb.s_fs_info)


def EXT3_HAS_RO_COMPAT_FEATURE(sb: Any, mask: int) -> int:
    return int(EXT3_SB(sb).s_es.s_feature_ro_compat & mask)


def EXT3_DESC_PER_BLOCK(sb: Any) -> int:
    return int(EXT3_SB(sb).s_desc_per_block)


def ext3_get_group_desc(sb: Any, block_group: int) -> Any:
    """The ``struct ext4_group_desc`` of a group. :raises IndexError: there is no such group. :raises FaultError:"""
    info = EXT3_SB(sb)
    if not 0 <= block_group < info.s_groups_count:
        raise IndexError("no such group of blocks")
    block, place = divmod(block_group, int(info.s_desc_per_block))
    if not info.s_group_desc[block]:
        raise IndexError("the group's descriptor is not in memory")
    return readSU("struct ext4_group_desc", int(info.s_group_desc[block].b_data) + place * int(info.s_desc_size))


def ext3_count_free_blocks(sb: Any) -> int:
    """In clusters, which mostly are blocks."""
    return percpu_counter_sum(EXT3_SB(sb).s_freeclusters_counter)


def ext3_count_free_inodes(sb: Any) -> int:
    return percpu_counter_sum(EXT3_SB(sb).s_freeinodes_counter)


def test_root(a: int, b: int) -> int:
    """Whether *a* is 0 or a power of *b*."""
    while a > 1 and a % b == 0:
        a //= b
    return int(a <= 1)


def ext3_group_sparse(group: int) -> bool:
    """Whether a group has copies of the superblock where not all have."""
    return bool(test_root(group, 3) or test_root(group, 5) or test_root(group, 7))


def ext3_bg_has_super(sb: Any, group: int) -> int:
    sparse = EXT3_HAS_RO_COMPAT_FEATURE(sb, EXT3_FEATURE_RO_COMPAT_SPARSE_SUPER)
    return int(not sparse or ext3_group_sparse(group))


def ext3_bg_num_gdb(sb: Any, group: int) -> int:
    return int(EXT3_SB(sb).s_gdb_count) if ext3_bg_has_super(sb, group) else 0


_LINES = (
    ("f_blocks", "size of fs in 1KB blocks"), ("f_bsize", "file system block size"), ("f_bfree", "free blocks"),
    ("f_bavail", "free blocks for non-root"), ("f_files", "inodes"), ("f_ffree", "free inodes"),
)  # fmt: skip


def showExt3() -> None:
    """Print the sizes of each mounted file system of the family."""
    for mount, superblock, kind, _, directory in getMount():
        if kind not in ext4.TYPES or directory.startswith("/dev/"):
            continue
        print(f"\n{mount:#x} {superblock:#x} {kind:>8s}   {directory}")
        try:
            found = statfs_Ext3(superblock)
        except (pykd.Error, TypeError) as error:
            print(f"    cannot be read: {error}")
            continue
        for name, text in _LINES:
            value = found[name]
            print(f"{'(excluded)' if value is None else value:>10}    {text}")


__all__ = [
    "EXT3_DESC_PER_BLOCK", "EXT3_FEATURE_RO_COMPAT_SPARSE_SUPER", "EXT3_HAS_RO_COMPAT_FEATURE", "EXT3_SB", "ext3_bg_has_super",
    "ext3_bg_num_gdb", "ext3_count_free_blocks", "ext3_count_free_inodes", "ext3_get_group_desc", "ext3_group_sparse", "percpu_counter_sum", "showExt3", "statfs_Ext3",
    "test_root",
]  # fmt: skip
__all__ += API.hand_on(globals())
globals().update({name: getattr(fs, name) for name in fs.__all__ if name not in globals()})
__all__ += [name for name in fs.__all__ if name not in __all__]
